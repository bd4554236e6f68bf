#include "dataset/patch.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hepatica {
namespace {

constexpr uint8_t kHalf = 128;  // of 255

using Point = std::array<double, 3>;  // z, y, x
using Matrix = std::array<Point, 3>;

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c{};
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j)
      for (size_t k = 0; k < 3; ++k) c[i][j] += a[i][k] * b[k][j];
  return c;
}

/// A turn in the plane of two axes.
Matrix turn(size_t a, size_t b, double angle) {
  Matrix m{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  m[a][a] = m[b][b] = std::cos(angle);
  m[a][b] = -std::sin(angle);
  m[b][a] = std::sin(angle);
  return m;
}

/// Source voxels from voxels of the patch, about both middles.
Matrix draw_matrix(const PatchAugmentOptions& options, Rng& rng) {
  const auto angle = [&] { return rng.uniform(-1, 1) * options.rotation_deg * std::numbers::pi / 180; };
  const double about_z = angle(), about_y = angle(), about_x = angle();
  const double scale = options.scale_high > options.scale_low ? rng.log_uniform(options.scale_low, options.scale_high)
                                                              : options.scale_low;
  Matrix m = product(turn(1, 2, about_z), product(turn(0, 2, about_y), turn(0, 1, about_x)));
  for (Point& row : m)
    for (double& value : row) value /= scale;
  return m;
}

/// The eight voxels around a point, with their weights; those outside the volume have none.
struct Corners {
  std::array<size_t, 8> offset{};
  std::array<float, 8> weight{};

  Corners(const Size3& size, const Point& at) {
    std::array<int64_t, 3> low{};
    Point part{};
    for (size_t a = 0; a < 3; ++a) {
      low[a] = int64_t(std::floor(at[a]));
      part[a] = at[a] - double(low[a]);
    }
    for (size_t n = 0; n < 8; ++n) {
      double w = 1;
      size_t place = 0;
      for (size_t a = 0; a < 3; ++a) {
        const int64_t up = int64_t(n >> (2 - a)) & 1, index = low[a] + up;
        w *= index < 0 || index >= size[a] ? 0 : up ? part[a] : 1 - part[a];
        place = place * size_t(size[a]) + size_t(std::clamp<int64_t>(index, 0, size[a] - 1));
      }
      offset[n] = place;
      weight[n] = float(w);
    }
  }
};

Patch warped_patch(const GridVolume& volume, const Size3& start, const Size3& size, const Matrix& m) {
  Patch patch;
  patch.values.reserve(size_t(size[0] * size[1] * size[2]));
  patch.liver.reserve(patch.values.capacity());
  Point middle{};
  for (size_t a = 0; a < 3; ++a) middle[a] = 0.5 * double(size[a] - 1);
  for (int64_t z = 0; z < size[0]; ++z)
    for (int64_t y = 0; y < size[1]; ++y)
      for (int64_t x = 0; x < size[2]; ++x) {
        const Point from{double(z) - middle[0], double(y) - middle[1], double(x) - middle[2]};
        Point at{};
        for (size_t a = 0; a < 3; ++a)
          at[a] = m[a][0] * from[0] + m[a][1] * from[1] + m[a][2] * from[2] + middle[a] + double(start[a]);
        const Corners corners(volume.size, at);
        float value = 0, liver = 0;
        for (size_t n = 0; n < 8; ++n) {
          value += corners.weight[n] * volume.values[corners.offset[n]];
          liver += corners.weight[n] * float(volume.liver[corners.offset[n]]);
        }
        patch.values.push_back(value);
        patch.liver.push_back(liver / 255);
      }
  return patch;
}

/// Turns the order of the voxels along the axes that are drawn.
void flip(Patch& patch, const Size3& size, const std::array<bool, 3>& flipped) {
  if (flipped == std::array<bool, 3>{}) return;
  Patch out = patch;
  for (int64_t z = 0; z < size[0]; ++z)
    for (int64_t y = 0; y < size[1]; ++y)
      for (int64_t x = 0; x < size[2]; ++x) {
        const int64_t w = flipped[0] ? size[0] - 1 - z : z, v = flipped[1] ? size[1] - 1 - y : y;
        const int64_t u = flipped[2] ? size[2] - 1 - x : x;
        const auto to = size_t((z * size[1] + y) * size[2] + x), from = size_t((w * size[1] + v) * size[2] + u);
        out.values[to] = patch.values[from];
        out.liver[to] = patch.liver[from];
      }
  patch = std::move(out);
}

/// Varies the grey values slice by slice in HU, and clips them again.
void vary(Patch& patch,
          const Size3& size,
          double spacing_mm,
          const HuRange& hu,
          const IntensityOptions& options,
          const Rng& rng) {
  const auto pixels = size_t(size[1] * size[2]);
  const auto low = float(hu.low), width = float(hu.high - hu.low);
  for (size_t z = 0; z < size_t(size[0]); ++z) {
    LearningSlice slice;
    slice.height = size[1];
    slice.width = size[2];
    slice.spacing_mm = spacing_mm;
    const auto first = patch.values.begin() + int64_t(z * pixels);
    std::transform(
        first, first + int64_t(pixels), std::back_inserter(slice.hu), [&](float value) { return low + value * width; });
    const std::vector<float> before = slice.hu;
    Rng same = rng.fork(0), own = rng.fork(1 + z);
    vary_intensity(slice, options, same, own);
    for (size_t v = 0; v < pixels; ++v)
      if (slice.hu[v] != before[v]) first[int64_t(v)] = std::clamp((slice.hu[v] - low) / width, 0.0f, 1.0f);
  }
}

/// The voxel that is number `n` of those which are half liver or more.
Size3 liver_voxel(const GridVolume& volume, int64_t n) {
  const auto above = std::upper_bound(volume.liver_before.begin(), volume.liver_before.end(), n);
  const int64_t z = above - volume.liver_before.begin() - 1;
  const int64_t pixels = volume.size[1] * volume.size[2];
  n -= volume.liver_before[size_t(z)];
  for (int64_t v = 0;; ++v)
    if (volume.liver[size_t(z * pixels + v)] >= kHalf && n-- == 0) return {z, v / volume.size[2], v % volume.size[2]};
}

}  // namespace

void GridVolume::count_liver() {
  const int64_t pixels = size[1] * size[2];
  liver_before.assign(1, 0);
  for (int64_t z = 0; z < size[0]; ++z) {
    const auto slice = liver.begin() + z * pixels;
    liver_before.push_back(liver_before.back() +
                           std::count_if(slice, slice + pixels, [](uint8_t share) { return share >= kHalf; }));
  }
}

size_t foreground_patches(size_t batch, double share) {
  if (share <= 0) return 0;
  return std::clamp<size_t>(size_t(std::llround(double(batch) * share)), 1, batch);
}

Size3 draw_start(const GridVolume& volume, const Size3& patch, Rng& rng) {
  Size3 start{};
  for (size_t a = 0; a < 3; ++a) {
    const int64_t room = volume.size[a] - patch[a];
    start[a] = rng.integer(std::min<int64_t>(0, room), std::max<int64_t>(0, room));
  }
  return start;
}

Size3 draw_liver_start(const GridVolume& volume, const Size3& patch, double jitter, Rng& rng) {
  const int64_t count = volume.liver_before.back();
  if (count == 0) return draw_start(volume, patch, rng);
  Size3 start = liver_voxel(volume, rng.integer(0, count - 1));
  for (size_t a = 0; a < 3; ++a) {
    const int64_t room = volume.size[a] - patch[a], reach = int64_t(jitter * double(patch[a]));
    start[a] += rng.integer(-reach, reach) - patch[a] / 2;
    start[a] = std::clamp(start[a], std::min<int64_t>(0, room), std::max<int64_t>(0, room));
  }
  return start;
}

Patch cut_patch(const GridVolume& volume, const Size3& start, const Size3& size) {
  const auto count = size_t(size[0] * size[1] * size[2]);
  Patch patch{std::vector<float>(count, 0.0f), std::vector<float>(count, 0.0f)};
  const int64_t x0 = std::max<int64_t>(0, -start[2]), x1 = std::min(size[2], volume.size[2] - start[2]);
  for (int64_t z = 0; z < size[0]; ++z)
    for (int64_t y = 0; y < size[1]; ++y) {
      const int64_t k = z + start[0], j = y + start[1];
      if (k < 0 || j < 0 || k >= volume.size[0] || j >= volume.size[1]) continue;
      const int64_t from = (k * volume.size[1] + j) * volume.size[2] + start[2], to = (z * size[1] + y) * size[2];
      for (int64_t x = x0; x < x1; ++x) {
        patch.values[size_t(to + x)] = volume.values[size_t(from + x)];
        patch.liver[size_t(to + x)] = float(volume.liver[size_t(from + x)]) / 255;
      }
    }
  return patch;
}

Patch varied_patch(const GridVolume& volume,
                   const Size3& start,
                   const Size3& size,
                   double spacing_mm,
                   const HuRange& hu,
                   const PatchAugmentOptions& options,
                   const Rng& rng) {
  Rng shape = rng.fork(0);
  const bool warp = shape.chance(options.warp);
  Patch patch = warp ? warped_patch(volume, start, size, draw_matrix(options, shape)) : cut_patch(volume, start, size);
  const bool z = shape.chance(options.flip_z), y = shape.chance(options.flip_y), x = shape.chance(options.flip_x);
  flip(patch, size, {z, y, x});
  vary(patch, size, spacing_mm, hu, options, rng.fork(1));
  return patch;
}

PatchAugmentOptions patch_augment_options(const Block& block) {
  PatchAugmentOptions o;
  OptionReader reader(block);
  o.warp = reader.number("warp", o.warp, 0, 1);
  o.rotation_deg = reader.number("rotation_deg", o.rotation_deg, 0, 180);
  o.scale_low = reader.number("scale_low", o.scale_low, 0.1, 10);
  o.scale_high = reader.number("scale_high", o.scale_high, o.scale_low, 10);
  o.flip_x = reader.number("flip_x", o.flip_x, 0, 1);
  o.flip_y = reader.number("flip_y", o.flip_y, 0, 1);
  o.flip_z = reader.number("flip_z", o.flip_z, 0, 1);
  read_intensity_options(reader, o);
  reader.finish();
  return o;
}

}  // namespace hepatica
