#include "phantom/scanner.h"

#include <algorithm>
#include <cmath>

namespace hepatica::phantom {
namespace {

/// Weights of a Gaussian from its centre outwards, summing to 1 over both sides.
std::vector<float> half_kernel(float sigma) {
  if (sigma < 0.2f) return {1};
  std::vector<float> half(size_t(std::ceil(2.6f * sigma)) + 1);
  float sum = 0;
  for (size_t i = 0; i < half.size(); ++i) {
    half[i] = std::exp(-0.5f * float(i * i) / (sigma * sigma));
    sum += i == 0 ? half[i] : 2 * half[i];
  }
  for (float& w : half) w /= sum;
  return half;
}

/// Sum of products of two symmetric kernels.
float product(const std::vector<float>& a, const std::vector<float>& b) {
  float sum = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) sum += (i == 0 ? 1 : 2) * a[i] * b[i];
  return sum;
}

void blur_rows(std::vector<float>& picture, int columns, int rows, const std::vector<float>& half) {
  const int reach = int(half.size()) - 1;
  std::vector<float> padded(size_t(columns + 2 * reach)), sum(static_cast<size_t>(columns));
  for (int j = 0; j < rows; ++j) {
    float* row = picture.data() + size_t(j) * size_t(columns);
    std::fill(padded.begin(), padded.begin() + reach, row[0]);
    std::copy(row, row + columns, padded.begin() + reach);
    std::fill(padded.end() - reach, padded.end(), row[columns - 1]);
    const float* centre = padded.data() + reach;
    for (int i = 0; i < columns; ++i) sum[size_t(i)] = half[0] * centre[i];
    for (int r = 1; r <= reach; ++r) {
      const float w = half[size_t(r)];
      for (int i = 0; i < columns; ++i) sum[size_t(i)] += w * (centre[i - r] + centre[i + r]);
    }
    std::copy(sum.begin(), sum.end(), row);
  }
}

void blur_columns(std::vector<float>& picture, int columns, int rows, const std::vector<float>& half) {
  const int reach = int(half.size()) - 1;
  const std::vector<float> from = picture;
  const auto row = [&](int j) { return from.data() + size_t(std::clamp(j, 0, rows - 1)) * size_t(columns); };
  for (int j = 0; j < rows; ++j) {
    float* to = picture.data() + size_t(j) * size_t(columns);
    for (int i = 0; i < columns; ++i) to[i] = half[0] * row(j)[i];
    for (int r = 1; r <= reach; ++r) {
      const float w = half[size_t(r)];
      const float *up = row(j - r), *down = row(j + r);
      for (int i = 0; i < columns; ++i) to[i] += w * (up[i] + down[i]);
    }
  }
}

/// Sum of four 16-bit uniforms: near normal, unit variance.
float quick_normal(uint64_t bits) {
  const float sum =
      float(bits & 0xffff) + float((bits >> 16) & 0xffff) + float((bits >> 32) & 0xffff) + float(bits >> 48);
  return (sum - 2 * 65535.0f) * (1 / (65535.0f * 0.57735f));
}

/// Streaks of an implant: alternate rays of too much and too little.
float metal_streak(F3 q, float phase) {
  const float r = std::sqrt(q.x * q.x + q.y * q.y) + 1;
  const float angle = std::atan2(q.y, q.x);
  return 420 * std::exp(-r / 45) * (std::cos(7 * angle + phase) + 0.7f * std::cos(12 * angle + 2 * phase)) *
         ramp(3, 12, r);
}

void add_streaks(Canvas& canvas, const Anatomy& a, float strength, Rng& rng) {
  std::vector<float> lines(size_t(canvas.rows()));
  for (float& line : lines) line = quick_normal(rng.next());
  const float amplitude = strength * (a.arms ? 14.0f : 5.0f);
  const float phase = float(rng.uniform(0, 6.28));
  const bool metal = a.metal && canvas.meets({a.metal_at - F3{9, 9, 9}, a.metal_at + F3{9, 9, 9}}, 0);
  canvas.each([&](size_t k, F3 p) {
    if (canvas.skin[k] > 0 && !metal) return;
    const float inside = ramp(1.1f, 0.3f, std::fabs(p.x) / a.body.half_width);
    canvas.hu[k] += amplitude * lines[k / size_t(canvas.columns())] * inside;
    if (!metal) return;
    const F3 q = p - a.metal_at;
    canvas.hu[k] += metal_streak(q, phase);
    if (length(q) < 6) canvas.hu[k] = 3000;
  });
}

}  // namespace

void blur(std::vector<float>& picture, int columns, int rows, float sigma) {
  const std::vector<float> half = half_kernel(sigma);
  if (half.size() == 1) return;
  blur_rows(picture, columns, rows, half);
  blur_columns(picture, columns, rows, half);
}

std::vector<float> coloured_noise(int columns, int rows, float pixel_mm, float kernel, Rng& rng) {
  std::vector<float> fine(size_t(columns) * size_t(rows));
  for (float& value : fine) value = quick_normal(rng.next());
  const float sigma = mix(0.85f, 0.4f, kernel) / pixel_mm, low = 2.3f * sigma, cut = 0.75f;
  std::vector<float> broad = fine;
  blur(fine, columns, rows, sigma);
  blur(broad, columns, rows, low);
  const std::vector<float> a = half_kernel(sigma), b = half_kernel(low);
  const float aa = product(a, a), ab = product(a, b), bb = product(b, b);
  const float norm = 1 / std::sqrt(std::max(1e-6f, aa * aa - 2 * cut * ab * ab + cut * cut * bb * bb));
  for (size_t i = 0; i < fine.size(); ++i) fine[i] = norm * (fine[i] - cut * broad[i]);
  return fine;
}

void paint_table(Canvas& canvas, const Anatomy& a) {
  const float top = a.body.half_depth + 9,
              size = a.growth.child ? 1 / a.scale : 1;  // tables do not shrink with children
  Bounds bounds{{-230 * size, top - 60 * size, -1e4f}, {230 * size, top + 32 * size, 1e4f}};
  canvas.each(bounds, 0, [&](size_t k, F3 p) {
    const float x = p.x / size, y = (p.y - top) / size + 0.0009f * x * x;
    if (y < 0 || y > 26 || std::fabs(x) > 215) return;
    const bool shell = y < 1.6f || y > 24.4f || std::fabs(x) > 213;
    canvas.hu[k] = shell ? -60.0f : -955.0f;
  });
}

namespace {

/// Noise of this body over that of the mean one.
float noise_of_size(const Anatomy& a) {
  if (a.growth.child) return float(child_noise(2 * a.body.half_width * a.scale, 2 * a.body.half_depth * a.scale));
  return std::pow(a.body.half_width * a.body.half_depth / (158.0f * 115.0f), 0.4f);
}

}  // namespace

void scan(Canvas& canvas, const Anatomy& a, const ScannerOptions& scanner, float world_scale, Rng& rng) {
  const float pixel = canvas.pixel() * world_scale, kernel = float(scanner.kernel);
  blur(canvas.hu, canvas.columns(), canvas.rows(), mix(0.75f, 0.35f, kernel) / pixel);
  if (scanner.streaks > 0 || a.metal) add_streaks(canvas, a, float(scanner.streaks), rng);
  if (scanner.noise_hu > 0) {
    const std::vector<float> noise = coloured_noise(canvas.columns(), canvas.rows(), pixel, kernel, rng);
    const float level = float(scanner.noise_hu) * noise_of_size(a), rx = 1 / a.body.half_width,
                ry = 1 / a.body.half_depth;
    canvas.each([&](size_t k, F3 p) {
      const float u = p.x * rx, v = p.y * ry;
      canvas.hu[k] += noise[k] * level * std::max(0.55f, 1.05f - 0.45f * (u * u + v * v));
    });
  }
  if (scanner.field_of_view_mm > 0) {
    const float radius = 0.5f * float(scanner.field_of_view_mm) / world_scale;
    canvas.each([&](size_t k, F3 p) {
      if (p.x * p.x + p.y * p.y > radius * radius) canvas.hu[k] = -1024;
    });
  }
}

}  // namespace hepatica::phantom
