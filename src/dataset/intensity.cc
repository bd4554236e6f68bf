#include "dataset/intensity.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hepatica {
namespace {

constexpr float kContrastTop = 300;
/// A painted blob becomes a labelled lesion by the pixels that it changes by this much, where they span this far.
constexpr float kSeenHu = 10;
constexpr double kSeenMm = 5;

std::vector<float> gaussian(double sigma) {
  const int reach = std::max(1, int(std::ceil(3 * sigma)));
  std::vector<float> taps;
  double sum = 0;
  for (int t = -reach; t <= reach; ++t) {
    taps.push_back(float(std::exp(-0.5 * t * t / (sigma * sigma))));
    sum += taps.back();
  }
  for (float& tap : taps) tap = float(tap / sum);
  return taps;
}

/// 1 inside the liver, softened by about a pixel.
std::vector<float> soft_liver(const LearningSlice& slice, double sigma_px) {
  std::vector<float> soft(slice.liver.begin(), slice.liver.end());
  for (float& value : soft) value = value != 0 ? 1.0f : 0.0f;
  blur(soft, slice.width, slice.height, sigma_px);
  return soft;
}

/// An irregular disc: its radius varies with the angle by a few harmonics.
struct Blob {
  double x, y, radius, aspect, turn, wave[3], phase[3];

  Blob(double center_x, double center_y, double radius_px, Rng& rng)
      : x(center_x),
        y(center_y),
        radius(radius_px),
        aspect(rng.uniform(0.7, 1.4)),
        turn(rng.uniform(0, std::numbers::pi)) {
    for (int n = 0; n < 3; ++n) {
      wave[n] = rng.uniform(0, 0.12);
      phase[n] = rng.uniform(0, 2 * std::numbers::pi);
    }
  }
  /// Distance from the centre in units of the radius there.
  double level(double u, double v) const {
    const double c = std::cos(turn), s = std::sin(turn);
    const double a = (c * (u - x) + s * (v - y)) * aspect, b = (-s * (u - x) + c * (v - y)) / aspect;
    const double angle = std::atan2(b, a);
    double edge = radius;
    for (int n = 0; n < 3; ++n) edge *= 1 + wave[n] * std::sin((n + 2) * angle + phase[n]);
    return std::hypot(a, b) / edge;
  }
  double reach() const { return 2.2 * radius; }
};

/// Calls body(index, level) for the pixels of the blob's bounding square whose level is below `most`.
template <class Body>
void for_pixels(const LearningSlice& slice, const Blob& blob, double most, Body body) {
  const int64_t x0 = std::max<int64_t>(0, int64_t(blob.x - blob.reach())),
                y0 = std::max<int64_t>(0, int64_t(blob.y - blob.reach()));
  const int64_t x1 = std::min(slice.width - 1, int64_t(blob.x + blob.reach()));
  const int64_t y1 = std::min(slice.height - 1, int64_t(blob.y + blob.reach()));
  for (int64_t y = y0; y <= y1; ++y) {
    for (int64_t x = x0; x <= x1; ++x) {
      const double level = blob.level(double(x), double(y));
      if (level < most) body(size_t(y * slice.width + x), level);
    }
  }
}

float smooth_step(double level, double edge) { return float(1 / (1 + std::exp((level - 1) / edge))); }

std::vector<size_t> pixels_where(const LearningSlice& slice, bool liver) {
  std::vector<size_t> all;
  for (size_t i = 0; i < slice.hu.size(); ++i) {
    const bool inside = !slice.liver.empty() && slice.liver[i];
    if (liver ? inside : !inside && slice.hu[i] > 10 && slice.hu[i] < 200) all.push_back(i);
  }
  return all;
}

double radius_px(const LearningSlice& slice, const BlobOptions& options, Rng& rng) {
  return rng.log_uniform(options.radius_low_mm, options.radius_high_mm) / slice.spacing_mm;
}

void coarsen_plane(std::vector<float>& plane, const LearningSlice& slice, int64_t factor) {
  const int64_t width = (slice.width + factor - 1) / factor, height = (slice.height + factor - 1) / factor;
  std::vector<float> coarse(size_t(width * height)), count(size_t(width * height));
  for (int64_t y = 0; y < slice.height; ++y) {
    for (int64_t x = 0; x < slice.width; ++x) {
      const size_t cell = size_t(y / factor * width + x / factor);
      coarse[cell] += plane[size_t(y * slice.width + x)];
      count[cell] += 1;
    }
  }
  for (size_t i = 0; i < coarse.size(); ++i) coarse[i] /= count[i];
  for (int64_t y = 0; y < slice.height; ++y) {
    const double v = std::clamp((double(y) + 0.5) / double(factor) - 0.5, 0.0, double(height - 1));
    const int64_t v0 = std::min<int64_t>(int64_t(v), std::max<int64_t>(0, height - 2)),
                  v1 = std::min(v0 + 1, height - 1);
    for (int64_t x = 0; x < slice.width; ++x) {
      const double u = std::clamp((double(x) + 0.5) / double(factor) - 0.5, 0.0, double(width - 1));
      const int64_t u0 = std::min<int64_t>(int64_t(u), std::max<int64_t>(0, width - 2)),
                    u1 = std::min(u0 + 1, width - 1);
      const float s = float(u - double(u0)), t = float(v - double(v0));
      const float top = coarse[size_t(v0 * width + u0)] * (1 - s) + coarse[size_t(v0 * width + u1)] * s;
      const float bottom = coarse[size_t(v1 * width + u0)] * (1 - s) + coarse[size_t(v1 * width + u1)] * s;
      plane[size_t(y * slice.width + x)] = top * (1 - t) + bottom * t;
    }
  }
}

}  // namespace

void change_contrast(LearningSlice& slice, double gain, double gamma, double offset) {
  slice.for_planes([&](std::vector<float>& plane) {
    for (float& hu : plane) {
      if (hu > 0 && hu <= kContrastTop)
        hu = kContrastTop * std::pow(float(gain) * hu / kContrastTop, float(gamma));
      else if (hu > kContrastTop)
        hu *= float(gain);
      hu += float(offset);
    }
  });
}

void add_noise(LearningSlice& slice, double sigma, double grain_px, Rng& rng) {
  std::vector<float> noise(slice.pixels());
  for (float& value : noise) value = float(rng.normal());
  double scale = sigma;
  if (grain_px > 0) {
    blur(noise, slice.width, slice.height, grain_px);
    double squares = 0;
    for (const float value : noise) squares += double(value) * value;
    scale = sigma / std::sqrt(squares / double(noise.size()) + 1e-12);
  }
  slice.for_planes([&](std::vector<float>& plane) {
    for (size_t i = 0; i < noise.size(); ++i) plane[i] += float(scale) * noise[i];
    // The next plane's noise is another part of the same field.
    std::rotate(noise.begin(), noise.begin() + std::ptrdiff_t(noise.size() / 3), noise.end());
  });
}

void blur(std::vector<float>& values, int64_t width, int64_t height, double sigma_px) {
  const std::vector<float> taps = gaussian(sigma_px);
  const int64_t reach = int64_t(taps.size() / 2);
  std::vector<float> padded, out(values.size());
  padded.resize(size_t(width + 2 * reach));
  for (int64_t y = 0; y < height; ++y) {
    const float* row = values.data() + y * width;
    for (int64_t x = -reach; x < width + reach; ++x)
      padded[size_t(x + reach)] = row[std::clamp<int64_t>(x, 0, width - 1)];
    float* to = out.data() + y * width;
    std::fill(to, to + width, 0.0f);
    for (size_t t = 0; t < taps.size(); ++t)
      for (int64_t x = 0; x < width; ++x) to[x] += taps[t] * padded[size_t(x) + t];
  }
  std::fill(values.begin(), values.end(), 0.0f);
  for (int64_t y = 0; y < height; ++y) {
    float* to = values.data() + y * width;
    for (size_t t = 0; t < taps.size(); ++t) {
      const float* row = out.data() + std::clamp<int64_t>(y + int64_t(t) - reach, 0, height - 1) * width;
      for (int64_t x = 0; x < width; ++x) to[x] += taps[t] * row[x];
    }
  }
}

void sharpen(LearningSlice& slice, double sigma_px, double amount) {
  slice.for_planes([&](std::vector<float>& plane) {
    std::vector<float> smooth = plane;
    blur(smooth, slice.width, slice.height, sigma_px);
    for (size_t i = 0; i < smooth.size(); ++i) plane[i] += float(amount) * (plane[i] - smooth[i]);
  });
}

void coarsen(LearningSlice& slice, int64_t factor) {
  slice.for_planes([&](std::vector<float>& plane) { coarsen_plane(plane, slice, factor); });
}

void shift_liver(LearningSlice& slice, double delta) {
  if (slice.liver.empty()) return;
  const std::vector<float> soft = soft_liver(slice, 0.7);
  for (size_t i = 0; i < soft.size(); ++i) slice.hu[i] += float(delta) * soft[i];
}

void erase_liver(LearningSlice& slice, double hu, Rng& rng) {
  if (liver_area(slice) == 0) return;
  // Twice grown and softened, so that no rim of the liver stays behind as a hint.
  std::vector<float> soft = soft_liver(slice, 2.0);
  std::vector<float> texture(slice.pixels());
  for (float& value : texture) value = float(rng.normal());
  const double grain = rng.uniform(1, 5);
  blur(texture, slice.width, slice.height, grain);
  const double spread = rng.uniform(0, 45) * 2 * grain;
  for (size_t i = 0; i < soft.size(); ++i) {
    const float cover = std::min(1.0f, 4 * soft[i]);
    slice.hu[i] += cover * (float(hu + spread * texture[i]) - slice.hu[i]);
  }
  std::fill(slice.liver.begin(), slice.liver.end(), uint8_t(0));
  slice.lesions.clear();
  slice.liver_hu.reset();
}

void occlude(LearningSlice& slice, int count, double side_mm, Rng& rng) {
  for (int n = 0; n < count; ++n) {
    const int64_t w = int64_t(rng.uniform(0.2, 1) * side_mm / slice.spacing_mm);
    const int64_t h = int64_t(rng.uniform(0.2, 1) * side_mm / slice.spacing_mm);
    const int64_t x0 = rng.integer(0, std::max<int64_t>(0, slice.width - w)),
                  y0 = rng.integer(0, std::max<int64_t>(0, slice.height - h));
    const float value = float(rng.uniform(-50, 255));
    for (int64_t y = y0; y < std::min(slice.height, y0 + h); ++y)
      for (int64_t x = x0; x < std::min(slice.width, x0 + w); ++x) slice.hu[size_t(y * slice.width + x)] = value;
  }
}

void paint_blobs_inside(LearningSlice& slice, const BlobOptions& options, Rng& rng) {
  const std::vector<size_t> liver = pixels_where(slice, true);
  if (liver.size() < 30) return;
  const std::vector<float> soft = soft_liver(slice, 0.7);
  for (int n = 0; n < options.count; ++n) {
    const size_t center = liver[size_t(rng.integer(0, int64_t(liver.size()) - 1))];
    const Blob blob(double(center % size_t(slice.width)),
                    double(center / size_t(slice.width)),
                    radius_px(slice, options, rng),
                    rng);
    const float delta = float(rng.uniform(options.delta_low, options.delta_high));
    const double edge = rng.uniform(0.02, 0.2);
    // A rim of another value, as in ring enhancement, in a third of them.
    const float rim = rng.chance(0.33) ? float(rng.uniform(options.delta_low, options.delta_high)) : 0.0f;
    const float core = rng.chance(0.25) ? float(rng.uniform(options.delta_low, 0)) : 0.0f;
    Box2 seen{1e9, 1e9, -1e9, -1e9};
    for_pixels(slice, blob, 1.6, [&](size_t i, double level) {
      float add = delta * smooth_step(level, edge) + core * smooth_step(2 * level, edge);
      if (rim != 0) add += rim * float(std::exp(-0.5 * std::pow((level - 1) / 0.12, 2)));
      slice.hu[i] += add * soft[i];
      if (std::abs(add * soft[i]) < kSeenHu) return;
      const double x = double(i % size_t(slice.width)), y = double(i / size_t(slice.width));
      seen = {std::min(seen.x0, x), std::min(seen.y0, y), std::max(seen.x1, x + 1), std::max(seen.y1, y + 1)};
    });
    if (std::max(seen.width(), seen.height()) * slice.spacing_mm >= kSeenMm) slice.lesions.push_back({seen, "", false});
  }
}

void paint_blobs_outside(LearningSlice& slice, const BlobOptions& options, Rng& rng) {
  const std::vector<size_t> tissue = pixels_where(slice, false);
  if (tissue.size() < 100) return;
  const double liver = median_liver_hu(slice).value_or(slice.liver_hu.value_or(100));
  std::vector<float> soft = soft_liver(slice, 0.7);
  soft.resize(slice.pixels(), 0.0f);
  for (int n = 0; n < options.count; ++n) {
    const size_t center = tissue[size_t(rng.integer(0, int64_t(tissue.size()) - 1))];
    const Blob blob(double(center % size_t(slice.width)),
                    double(center / size_t(slice.width)),
                    radius_px(slice, options, rng),
                    rng);
    const float value = float(std::clamp(liver + rng.uniform(options.delta_low, options.delta_high), 5.0, 250.0));
    const double edge = rng.uniform(0.02, 0.1);
    const float sigma = float(rng.uniform(3, 20));
    for_pixels(slice, blob, 1.6, [&](size_t i, double level) {
      const float cover = smooth_step(level, edge) * (1 - soft[i]);
      slice.hu[i] += cover * (value + sigma * float(rng.normal()) - slice.hu[i]);
    });
  }
}

}  // namespace hepatica
