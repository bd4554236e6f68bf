#include "dataset/slice.h"

#include <algorithm>

namespace hepatica {

int64_t liver_area(const LearningSlice& slice) {
  return std::count_if(slice.liver.begin(), slice.liver.end(), [](uint8_t label) { return label != 0; });
}

std::optional<double> median_liver_hu(const LearningSlice& slice) {
  std::vector<float> inside;
  for (size_t i = 0; i < slice.liver.size(); ++i) {
    if (slice.liver[i]) inside.push_back(slice.hu[i]);
  }
  if (inside.empty()) return std::nullopt;
  const auto middle = inside.begin() + int64_t(inside.size() / 2);
  std::nth_element(inside.begin(), middle, inside.end());
  return *middle;
}

}  // namespace hepatica
