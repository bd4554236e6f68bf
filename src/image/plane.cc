#include "image/plane.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace hepatica {
namespace {

/// Sparse weights of one axis: output u takes weights[starts[u] ...] over source indices first[u] ...
struct AxisWeights {
  std::vector<int64_t> first;
  std::vector<size_t> starts;
  std::vector<float> weights;

  size_t taps(size_t u) const { return starts[u + 1] - starts[u]; }
};

AxisWeights axis_weights(int64_t source, const AxisMap& map, int64_t target) {
  AxisWeights axis;
  axis.starts.push_back(0);
  const double reach = std::max(1.0, map.scale);
  for (int64_t u = 0; u < target; ++u) {
    const double center = std::clamp(map.source(double(u)), 0.0, double(source - 1));
    const int64_t low = std::max<int64_t>(0, int64_t(std::floor(center - reach)) + 1);
    const int64_t high = std::min<int64_t>(source - 1, int64_t(std::ceil(center + reach)) - 1);
    double sum = 0;
    std::vector<double> row;
    for (int64_t s = low; s <= high; ++s) {
      row.push_back(1.0 - std::abs(double(s) - center) / reach);
      sum += row.back();
    }
    axis.first.push_back(low);
    for (double weight : row) axis.weights.push_back(float(weight / sum));
    axis.starts.push_back(axis.weights.size());
  }
  return axis;
}

bool is_identity(const AxisMap& map, int64_t source, int64_t target) {
  return source == target && std::abs(map.scale - 1) < 1e-9 && std::abs(map.offset) < 1e-9;
}

}  // namespace

std::vector<float> resample_plane(std::span<const float> source,
                                  int64_t width,
                                  int64_t height,
                                  const PlaneMap& map,
                                  int64_t out_width,
                                  int64_t out_height) {
  HEPATICA_ASSERT(source.size() == size_t(width * height));
  if (is_identity(map.x, width, out_width) && is_identity(map.y, height, out_height))
    return {source.begin(), source.end()};
  const AxisWeights along_x = axis_weights(width, map.x, out_width);
  const AxisWeights along_y = axis_weights(height, map.y, out_height);
  std::vector<float> rows(size_t(height * out_width));
  for (int64_t y = 0; y < height; ++y)
    for (size_t u = 0; u < size_t(out_width); ++u) {
      const float* from = source.data() + y * width + along_x.first[u];
      const float* weight = along_x.weights.data() + along_x.starts[u];
      float sum = 0;
      for (size_t t = 0; t < along_x.taps(u); ++t) sum += weight[t] * from[t];
      rows[size_t(y * out_width) + u] = sum;
    }
  std::vector<float> result(size_t(out_width * out_height), 0.0f);
  for (size_t v = 0; v < size_t(out_height); ++v)
    for (size_t t = 0; t < along_y.taps(v); ++t) {
      const float weight = along_y.weights[along_y.starts[v] + t];
      const float* from = rows.data() + (along_y.first[v] + int64_t(t)) * out_width;
      float* to = result.data() + int64_t(v) * out_width;
      for (int64_t u = 0; u < out_width; ++u) to[u] += weight * from[u];
    }
  return result;
}

float window_value(float hu, double level, double width) {
  return float(std::clamp((double(hu) - (level - 0.5 * width)) / width, 0.0, 1.0));
}

}  // namespace hepatica
