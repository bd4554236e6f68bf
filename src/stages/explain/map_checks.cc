#include "stages/explain/map_checks.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"
#include "stats/rank_correlation.h"

namespace hepatica {
namespace {

constexpr double kBlur = 1.0 / 20;  // of the side

/// Pixels from the map's highest value to its lowest.
std::vector<size_t> descending(std::span<const float> map) {
  std::vector<size_t> order(map.size());
  std::iota(order.begin(), order.end(), size_t(0));
  Rng(0).shuffle(order);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return map[a] > map[b]; });
  return order;
}

/// Gaussian weights reaching three standard deviations, index 0 in the middle.
std::vector<double> gaussian(double sigma) {
  std::vector<double> weights;
  for (int64_t d = 0; double(d) <= 3 * sigma; ++d) weights.push_back(std::exp(-0.5 * double(d * d) / (sigma * sigma)));
  return weights;
}

/// Along one axis of a channel; weights beyond the border are dropped and the rest normalised.
void blur_line(float* first, int64_t count, int64_t step, const std::vector<double>& weights) {
  std::vector<float> line(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) line[size_t(i)] = first[i * step];
  const auto reach = int64_t(weights.size()) - 1;
  for (int64_t i = 0; i < count; ++i) {
    double sum = 0, total = 0;
    for (int64_t j = std::max<int64_t>(0, i - reach); j <= std::min(count - 1, i + reach); ++j) {
      const double weight = weights[size_t(std::abs(i - j))];
      sum += weight * line[size_t(j)];
      total += weight;
    }
    first[i * step] = float(sum / total);
  }
}

PlaneImage blurred(PlaneImage image) {
  const std::vector<double> weights = gaussian(kBlur * double(image.width));
  for (int64_t c = 0; c < image.channels; ++c) {
    float* channel = image.values.data() + c * image.width * image.height;
    for (int64_t y = 0; y < image.height; ++y) blur_line(channel + y * image.width, image.width, 1, weights);
    for (int64_t x = 0; x < image.width; ++x) blur_line(channel + x, image.height, image.width, weights);
  }
  return image;
}

double probability_of(const std::vector<double>& logits, size_t chosen) {
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - logits[chosen]);
  return 1 / sum;
}

/// From `start` towards `end`, the pixels in `order` changed first.
FidelityCurve curve_between(const CropModel& model,
                            const PlaneImage& start,
                            const PlaneImage& end,
                            size_t chosen,
                            const std::vector<size_t>& order,
                            int64_t steps) {
  HEPATICA_ASSERT(steps >= 1 && order.size() * size_t(start.channels) == start.values.size());
  std::vector<PlaneImage> images{start};
  size_t done = 0;
  for (int64_t step = 1; step <= steps; ++step) {
    images.push_back(images.back());
    const size_t upto = order.size() * size_t(step) / size_t(steps);
    for (; done < upto; ++done)
      for (size_t c = 0; c < size_t(start.channels); ++c) {
        const size_t at = c * order.size() + order[done];
        images.back().values[at] = end.values[at];
      }
  }
  FidelityCurve curve;
  for (const std::vector<double>& logits : model.logits(images))
    curve.probability.push_back(probability_of(logits, chosen));
  for (size_t s = 1; s < curve.probability.size(); ++s)
    curve.area += 0.5 * (curve.probability[s - 1] + curve.probability[s]) / double(steps);
  return curve;
}

}  // namespace

FidelityCurve deletion_curve(
    const CropModel& model, const PlaneImage& crop, size_t chosen, std::span<const float> map, int64_t steps) {
  PlaneImage empty = crop;
  std::fill(empty.values.begin(), empty.values.end(), 0.0f);
  return curve_between(model, crop, empty, chosen, descending(map), steps);
}

FidelityCurve insertion_curve(
    const CropModel& model, const PlaneImage& crop, size_t chosen, std::span<const float> map, int64_t steps) {
  return curve_between(model, blurred(crop), crop, chosen, descending(map), steps);
}

std::optional<double> map_correlation(std::span<const float> first, std::span<const float> second) {
  return stats::rank_correlation(std::vector<double>(first.begin(), first.end()),
                                 std::vector<double>(second.begin(), second.end()));
}

std::vector<uint8_t> mask_on_crop(const Mask& mask, int64_t slice, const Box2& crop, double tolerance) {
  const int64_t columns = std::llround(crop.width()), rows = std::llround(crop.height());
  const int64_t left = std::llround(crop.x0), top = std::llround(crop.y0), reach = int64_t(tolerance);
  std::vector<uint8_t> inside(size_t(rows * columns), 0);
  for (int64_t v = -reach; v < rows + reach; ++v)
    for (int64_t u = -reach; u < columns + reach; ++u) {
      if (!mask.contains(left + u, top + v, slice) || mask.at(left + u, top + v, slice) == 0) continue;
      for (int64_t y = std::max<int64_t>(0, v - reach); y <= std::min(rows - 1, v + reach); ++y)
        for (int64_t x = std::max<int64_t>(0, u - reach); x <= std::min(columns - 1, u + reach); ++x)
          if (std::hypot(double(x - u), double(y - v)) <= tolerance) inside[size_t(y * columns + x)] = 1;
    }
  return inside;
}

std::optional<size_t> highest_pixel(std::span<const float> map, int64_t columns) {
  const auto [lowest, highest] = std::minmax_element(map.begin(), map.end());
  if (*lowest == *highest) return std::nullopt;
  double x = 0, y = 0, n = 0;
  for (size_t p = 0; p < map.size(); ++p)
    if (map[p] == *highest) {
      x += double(int64_t(p) % columns);
      y += double(int64_t(p) / columns);
      ++n;
    }
  return size_t(std::llround(y / n) * columns + std::llround(x / n));
}

}  // namespace hepatica
