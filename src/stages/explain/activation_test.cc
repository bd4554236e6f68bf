#include "stages/explain/activation.h"

#include <gtest/gtest.h>

namespace hepatica {
namespace {

TEST(ActivationMap, ByHand) {
  const FeatureMap features{2, 1, 3, {1, 2, 3, 4, 0, 1}};
  // 2 * f0 - f1 = (-2, 4, 5) -> (0, .8, 1).
  const std::vector<float> map = activation_map(features, {2, -1});
  EXPECT_FLOAT_EQ(map[0], 0.0f);
  EXPECT_FLOAT_EQ(map[1], 0.8f);
  EXPECT_FLOAT_EQ(map[2], 1.0f);
}

TEST(ActivationMap, NoPositiveEvidenceIsAllZero) {
  const FeatureMap features{1, 1, 2, {1, 2}};
  EXPECT_EQ(activation_map(features, {-1}), (std::vector<float>{0, 0}));
}

}  // namespace
}  // namespace hepatica
