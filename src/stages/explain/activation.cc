#include "stages/explain/activation.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace hepatica {

std::vector<float> activation_map(const FeatureMap& features, const std::vector<float>& weights) {
  HEPATICA_ASSERT(weights.size() == size_t(features.channels));
  const auto cells = size_t(features.rows * features.columns);
  std::vector<float> map(cells, 0.0f);
  for (size_t c = 0; c < weights.size(); ++c)
    for (size_t cell = 0; cell < cells; ++cell) map[cell] += weights[c] * features.values[c * cells + cell];
  for (float& value : map) value = std::max(value, 0.0f);
  const float largest = *std::max_element(map.begin(), map.end());
  if (largest > 0)
    for (float& value : map) value /= largest;
  return map;
}

std::vector<float> grad_cam(const FeatureMap& features, const FeatureMap& gradient) {
  HEPATICA_ASSERT(features.values.size() == gradient.values.size());
  const auto cells = features.rows * features.columns;
  std::vector<float> weights;
  for (int64_t c = 0; c < features.channels; ++c) {
    const auto first = gradient.values.begin() + c * cells;
    weights.push_back(float(std::accumulate(first, first + cells, 0.0) / double(cells)));
  }
  return activation_map(features, weights);
}

std::vector<float> grad_cam_plus_plus(const FeatureMap& features, const FeatureMap& gradient) {
  HEPATICA_ASSERT(features.values.size() == gradient.values.size());
  const auto cells = features.rows * features.columns;
  std::vector<float> weights;
  for (int64_t c = 0; c < features.channels; ++c) {
    const auto first = features.values.begin() + c * cells;
    const double sum = std::accumulate(first, first + cells, 0.0);
    double weight = 0;
    for (int64_t cell = 0; cell < cells; ++cell) {
      const double g = gradient.values[size_t(c * cells + cell)];
      const double denominator = 2 * g * g + sum * g * g * g;
      if (g > 0 && denominator != 0) weight += g * g / denominator * g;
    }
    weights.push_back(float(weight));
  }
  return activation_map(features, weights);
}

}  // namespace hepatica
