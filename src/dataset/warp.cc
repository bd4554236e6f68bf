#include "dataset/warp.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hepatica {
namespace {

constexpr float kAir = -1000;

/// Majority over n x n pixels of a mask; empty stays empty.
std::vector<uint8_t> shrunk_mask(const std::vector<uint8_t>& mask, int64_t width, int64_t height, int64_t n) {
  if (mask.empty()) return {};
  std::vector<uint8_t> small;
  for (int64_t y = 0; y < height / n; ++y)
    for (int64_t x = 0; x < width / n; ++x) {
      int64_t inside = 0;
      for (int64_t v = y * n; v < y * n + n; ++v)
        for (int64_t u = x * n; u < x * n + n; ++u) inside += mask[size_t(v * width + u)] != 0;
      small.push_back(2 * inside >= n * n);
    }
  return small;
}

/// Means over n x n pixels, where n does not divide the size the rest is left out.
LearningSlice shrunk(const LearningSlice& slice, int64_t n) {
  LearningSlice small;
  small.width = slice.width / n;
  small.height = slice.height / n;
  small.hu.resize(small.pixels());
  small.liver = shrunk_mask(slice.liver, slice.width, slice.height, n);
  small.lesion = shrunk_mask(slice.lesion, slice.width, slice.height, n);
  for (int64_t y = 0; y < small.height; ++y) {
    for (int64_t x = 0; x < small.width; ++x) {
      float sum = 0;
      for (int64_t v = y * n; v < y * n + n; ++v)
        for (int64_t u = x * n; u < x * n + n; ++u) sum += slice.hu[size_t(v * slice.width + u)];
      small.hu[size_t(y * small.width + x)] = sum / float(n * n);
    }
  }
  return small;
}

float linear_at(const LearningSlice& slice, double x, double y) {
  if (x <= -0.5 || y <= -0.5 || x >= double(slice.width) - 0.5 || y >= double(slice.height) - 0.5) return kAir;
  const double fx = std::clamp(x, 0.0, double(slice.width - 1)), fy = std::clamp(y, 0.0, double(slice.height - 1));
  const int64_t x0 = std::min<int64_t>(int64_t(fx), slice.width - 2),
                y0 = std::min<int64_t>(int64_t(fy), slice.height - 2);
  const float tx = float(fx - double(x0)), ty = float(fy - double(y0));
  const float* row = slice.hu.data() + y0 * slice.width + x0;
  const float top = row[0] + tx * (row[1] - row[0]);
  const float* next = row + slice.width;
  const float bottom = next[0] + tx * (next[1] - next[0]);
  return top + ty * (bottom - top);
}

uint8_t nearest_at(const LearningSlice& slice, const std::vector<uint8_t>& mask, double x, double y) {
  const int64_t i = int64_t(std::floor(x + 0.5)), j = int64_t(std::floor(y + 0.5));
  if (i < 0 || j < 0 || i >= slice.width || j >= slice.height) return 0;
  return mask[size_t(j * slice.width + i)];
}

/// The box around the ellipse inscribed in `box`, moved by the inverse of the warp's affine part, unclipped.
Box2 moved(const Box2& box, const Warp& warp) {
  const double determinant = warp.a[0][0] * warp.a[1][1] - warp.a[0][1] * warp.a[1][0];
  const double inverse[2][2] = {{warp.a[1][1] / determinant, -warp.a[0][1] / determinant},
                                {-warp.a[1][0] / determinant, warp.a[0][0] / determinant}};
  // Box edges lie half a pixel off the pixel centres that the warp speaks of.
  const double dx = box.center_x() - 0.5 - warp.center_in[0], dy = box.center_y() - 0.5 - warp.center_in[1];
  const double x = inverse[0][0] * dx + inverse[0][1] * dy + warp.center_out[0] + 0.5;
  const double y = inverse[1][0] * dx + inverse[1][1] * dy + warp.center_out[1] + 0.5;
  const double a = 0.5 * box.width(), b = 0.5 * box.height();
  const double half_x = std::hypot(inverse[0][0] * a, inverse[0][1] * b);
  const double half_y = std::hypot(inverse[1][0] * a, inverse[1][1] * b);
  return {x - half_x, y - half_y, x + half_x, y + half_y};
}

/// Clipped to the image; nullopt where less than a quarter of its area is left.
std::optional<Box2> clipped(const Box2& box, int64_t width, int64_t height) {
  const Box2 inside{
      std::max(0.0, box.x0), std::max(0.0, box.y0), std::min(double(width), box.x1), std::min(double(height), box.y1)};
  if (inside.x1 <= inside.x0 || inside.y1 <= inside.y0 || inside.area() < 0.25 * box.area()) return std::nullopt;
  return inside;
}

void move_boxes(const LearningSlice& from, const Warp& warp, LearningSlice& to) {
  for (const LesionBox& lesion : from.lesions) {
    if (const auto box = clipped(moved(lesion.box, warp), to.width, to.height)) {
      to.lesions.push_back(lesion);
      to.lesions.back().box = *box;
    }
  }
  if (from.target) to.target = moved(*from.target, warp);
}

/// A plane beside `slice` as `warped` gives it on the pixels of `like`; empty stays empty.
std::vector<float> warped_beside(const LearningSlice& slice,
                                 const std::vector<float>& plane,
                                 const Warp& warp,
                                 const LearningSlice& like) {
  if (plane.empty()) return {};
  LearningSlice alone;
  alone.width = slice.width;
  alone.height = slice.height;
  alone.spacing_mm = slice.spacing_mm;
  alone.hu = plane;
  return warped(alone, warp, like.width, like.height, like.spacing_mm).hu;
}

}  // namespace

Warp draw_warp(const LearningSlice& slice,
               int64_t width,
               int64_t height,
               double spacing_mm,
               const WarpOptions& options,
               Rng& rng) {
  Warp warp;
  const double angle = rng.uniform(-1, 1) * options.rotation_deg * std::numbers::pi / 180;
  const double scale = options.scale_high > options.scale_low ? rng.log_uniform(options.scale_low, options.scale_high)
                                                              : options.scale_low;
  const double aspect = std::exp(rng.uniform(-1, 1) * options.stretch);
  const double flip_x = rng.chance(options.flip_x) ? -1 : 1, flip_y = rng.chance(options.flip_y) ? -1 : 1;
  const double step = spacing_mm / slice.spacing_mm / scale;
  warp.a[0][0] = step * aspect * flip_x * std::cos(angle);
  warp.a[0][1] = -step * flip_x * std::sin(angle);
  warp.a[1][0] = step * aspect * flip_y * std::sin(angle);
  warp.a[1][1] = step * flip_y * std::cos(angle);
  const double sides[2] = {double(width), double(height)}, sizes[2] = {double(slice.width), double(slice.height)};
  for (int axis = 0; axis < 2; ++axis) {
    warp.center_in[axis] = 0.5 * (sizes[axis] - 1);
    warp.center_out[axis] = 0.5 * (sides[axis] - 1) + rng.uniform(-1, 1) * options.shift * sides[axis];
  }
  for (int wave = 0; wave < 3 && options.elastic_mm > 0; ++wave) {
    const double length = rng.uniform(60, 220) / spacing_mm, turn = rng.uniform(0, 2 * std::numbers::pi);
    const double k = 2 * std::numbers::pi / length, most = options.elastic_mm / slice.spacing_mm / 3;
    warp.waves.push_back({{rng.uniform(-1, 1) * most, rng.uniform(-1, 1) * most},
                          k * std::cos(turn),
                          k * std::sin(turn),
                          rng.uniform(0, 2 * std::numbers::pi)});
  }
  return warp;
}

LearningSlice warped(const LearningSlice& slice, const Warp& warp, int64_t width, int64_t height, double spacing_mm) {
  const double step = std::sqrt(std::abs(warp.a[0][0] * warp.a[1][1] - warp.a[0][1] * warp.a[1][0]));
  const int64_t n = step >= 1.7 ? int64_t(std::floor(step + 0.3)) : 1;
  const LearningSlice small = n > 1 ? shrunk(slice, n) : LearningSlice{};
  const LearningSlice& source = n > 1 ? small : slice;
  LearningSlice out;
  out.width = width;
  out.height = height;
  out.spacing_mm = spacing_mm;
  out.phase = slice.phase;
  out.liver_hu = slice.liver_hu;
  out.label = slice.label;
  out.hu.resize(out.pixels());
  if (!slice.liver.empty()) out.liver.resize(out.pixels());
  if (!slice.lesion.empty()) out.lesion.resize(out.pixels());
  for (int64_t v = 0; v < height; ++v) {
    for (int64_t u = 0; u < width; ++u) {
      const double du = double(u) - warp.center_out[0], dv = double(v) - warp.center_out[1];
      double x = warp.a[0][0] * du + warp.a[0][1] * dv + warp.center_in[0];
      double y = warp.a[1][0] * du + warp.a[1][1] * dv + warp.center_in[1];
      for (const Warp::Wave& wave : warp.waves) {
        const double s = std::sin(wave.kx * double(u) + wave.ky * double(v) + wave.phase);
        x += wave.amplitude[0] * s;
        y += wave.amplitude[1] * s;
      }
      if (n > 1) {
        x = (x + 0.5) / double(n) - 0.5;
        y = (y + 0.5) / double(n) - 0.5;
      }
      out.hu[size_t(v * width + u)] = linear_at(source, x, y);
      if (!slice.liver.empty()) out.liver[size_t(v * width + u)] = nearest_at(source, source.liver, x, y);
      if (!slice.lesion.empty()) out.lesion[size_t(v * width + u)] = nearest_at(source, source.lesion, x, y);
    }
  }
  move_boxes(slice, warp, out);
  out.above = warped_beside(slice, slice.above, warp, out);
  out.below = warped_beside(slice, slice.below, warp, out);
  return out;
}

}  // namespace hepatica
