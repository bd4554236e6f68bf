#include "stages/explain/activation.h"

#include <algorithm>

#include "base/error.h"

namespace hepatica {

ExplainOptions read_explain_options(const Block& block) {
  ExplainOptions options;
  OptionReader reader(block);
  options.maps = reader.boolean("maps", options.maps);
  options.lesions = reader.integer("lesions", options.lesions, 0, 1000);
  reader.finish();
  return options;
}

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

}  // namespace hepatica
