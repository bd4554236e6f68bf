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

TEST(GradCam, ByHand) {
  // Mean gradients: (1 + 3 + 2) / 3 = 2 and (0 - 3 + 0) / 3 = -1: the weights of the map above.
  const FeatureMap features{2, 1, 3, {1, 2, 3, 4, 0, 1}}, gradient{2, 1, 3, {1, 3, 2, 0, -3, 0}};
  EXPECT_EQ(grad_cam(features, gradient), activation_map(features, {2, -1}));
}

TEST(GradCam, OfAPooledLinearHeadIsTheClassActivationMap) {
  // The gradient of weight * mean over four cells is weight / 4 everywhere (methods: identical up to scale).
  const FeatureMap features{2, 2, 2, {1, 2, 3, 0, 4, 0, 1, 2}};
  const FeatureMap gradient{2, 2, 2, {.75f, .75f, .75f, .75f, -.25f, -.25f, -.25f, -.25f}};
  const std::vector<float> cam = activation_map(features, {3, -1}), map = grad_cam(features, gradient);
  for (size_t cell = 0; cell < 4; ++cell) EXPECT_FLOAT_EQ(map[cell], cam[cell]);
}

TEST(GradCamPlusPlus, ByHand) {
  // Channel 0: sum of features 2; g = 1: alpha 1 / (2 + 2) = 1/4, g = .5: .25 / (.5 + .25) = 1/3: weight 1/4 + 1/6.
  // Channel 1: sum 1; g = 2: alpha 4 / (8 + 8) = 1/4; g = -1 adds nothing: weight 1/2.
  const FeatureMap features{2, 1, 2, {2, 0, 0, 1}}, gradient{2, 1, 2, {1, .5f, 2, -1}};
  // Map: (5/12 * 2, 1/2 * 1) = (5/6, 1/2), scaled by 6/5.
  const std::vector<float> map = grad_cam_plus_plus(features, gradient);
  EXPECT_FLOAT_EQ(map[0], 1.0f);
  EXPECT_FLOAT_EQ(map[1], 0.6f);
}

TEST(GradCamPlusPlus, NoGradientGivesNoMap) {
  const FeatureMap features{1, 1, 2, {1, 2}}, gradient{1, 1, 2, {0, -1}};
  EXPECT_EQ(grad_cam_plus_plus(features, gradient), (std::vector<float>{0, 0}));
}

}  // namespace
}  // namespace hepatica
