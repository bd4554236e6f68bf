#include "image/resize.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace hepatica {
namespace {

constexpr int kFractionBits = 22;

/// Fixed-point weights of one output pixel, from source pixel `first` on.
struct Taps {
  int64_t first = 0;
  std::vector<int64_t> weights;
};

std::vector<Taps> triangle_taps(int64_t source, int64_t target) {
  const double scale = double(source) / double(target), reach = std::max(1.0, scale);
  std::vector<Taps> all(static_cast<size_t>(target));
  for (int64_t u = 0; u < target; ++u) {
    const double center = (double(u) + 0.5) * scale;
    Taps& taps = all[size_t(u)];
    taps.first = std::max<int64_t>(0, int64_t(center - reach + 0.5));
    const int64_t end = std::min(source, int64_t(center + reach + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int64_t s = taps.first; s < end; ++s) {
      weights.push_back(std::max(0.0, 1.0 - std::abs((double(s) - center + 0.5) / reach)));
      sum += weights.back();
    }
    for (double weight : weights)
      taps.weights.push_back(int64_t(0.5 + (sum > 0 ? weight / sum : weight) * (1 << kFractionBits)));
  }
  return all;
}

/// Weighted sum of values `step` apart, rounded to 8 bits.
uint8_t weighted(const uint8_t* from, int64_t step, const std::vector<int64_t>& weights) {
  int64_t sum = int64_t(1) << (kFractionBits - 1);
  for (int64_t weight : weights) {
    sum += weight * *from;
    from += step;
  }
  return uint8_t(std::clamp<int64_t>(sum >> kFractionBits, 0, 255));
}

}  // namespace

std::vector<uint8_t> resize_bilinear(std::span<const uint8_t> pixels,
                                     int64_t width,
                                     int64_t height,
                                     int64_t channels,
                                     int64_t out_width,
                                     int64_t out_height) {
  HEPATICA_ASSERT(pixels.size() == size_t(width * height * channels));
  std::vector<uint8_t> rows(pixels.begin(), pixels.end());
  if (width != out_width) {
    const std::vector<Taps> taps = triangle_taps(width, out_width);
    rows.resize(size_t(height * out_width * channels));
    for (int64_t y = 0; y < height; ++y)
      for (int64_t u = 0; u < out_width; ++u)
        for (int64_t c = 0; c < channels; ++c)
          rows[size_t((y * out_width + u) * channels + c)] = weighted(
              pixels.data() + (y * width + taps[size_t(u)].first) * channels + c, channels, taps[size_t(u)].weights);
  }
  if (height == out_height) return rows;
  const std::vector<Taps> taps = triangle_taps(height, out_height);
  const int64_t stride = out_width * channels;
  std::vector<uint8_t> result(size_t(out_height * stride));
  for (int64_t v = 0; v < out_height; ++v)
    for (int64_t i = 0; i < stride; ++i)
      result[size_t(v * stride + i)] =
          weighted(rows.data() + taps[size_t(v)].first * stride + i, stride, taps[size_t(v)].weights);
  return result;
}

PlaneImage planes_from_pixels(std::span<const uint8_t> pixels, int64_t width, int64_t height, int64_t channels) {
  HEPATICA_ASSERT(pixels.size() == size_t(width * height * channels));
  PlaneImage image{channels, width, height, std::vector<float>(pixels.size())};
  const auto area = size_t(width * height), count = size_t(channels);
  for (size_t i = 0; i < area; ++i)
    for (size_t c = 0; c < count; ++c) image.values[c * area + i] = float(pixels[i * count + c]) / 255.0f;
  return image;
}

}  // namespace hepatica
