#include "stages/explain/map_checks.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stages/explain/linear_model_test.h"

namespace hepatica {
namespace {

/// Class 1 has the logit of the crop's sum, class 0 zero; a crop of ln 2 and ln 3.
LinearModel sum_of_two() { return {{{0, 0}, {1, 1}}, {0, 0}}; }
const PlaneImage kCrop{1, 2, 1, {std::log(2.0f), std::log(3.0f)}};

TEST(DeletionCurve, ByHand) {
  // Odds 6, then the pixel of ln 3 goes: 2, then nothing is left: 1. p = 6/7, 2/3, 1/2.
  const FidelityCurve first = deletion_curve(sum_of_two(), kCrop, 1, std::vector<float>{.1f, .9f}, 2);
  ASSERT_EQ(first.probability.size(), 3u);
  EXPECT_NEAR(first.probability[0], 6.0 / 7, 1e-6);
  EXPECT_NEAR(first.probability[1], 2.0 / 3, 1e-6);
  EXPECT_NEAR(first.probability[2], 1.0 / 2, 1e-6);
  EXPECT_NEAR(first.area, (6.0 / 7 + 2 * 2.0 / 3 + 1.0 / 2) / 4, 1e-6);
  // The other way round the curve passes 3/4: a worse map has a larger area.
  const FidelityCurve second = deletion_curve(sum_of_two(), kCrop, 1, std::vector<float>{.9f, .1f}, 2);
  EXPECT_NEAR(second.probability[1], 3.0 / 4, 1e-6);
  EXPECT_GT(second.area, first.area);
}

TEST(InsertionCurve, StartsBlurredAndEndsAtTheCrop) {
  // The side is 2: a standard deviation of .1 pixel reaches no neighbour, so that the blurred crop is the crop.
  const FidelityCurve curve = insertion_curve(sum_of_two(), kCrop, 1, std::vector<float>{.1f, .9f}, 2);
  for (const double p : curve.probability) EXPECT_NEAR(p, 6.0 / 7, 1e-6);
  // 40 pixels with one bright: the blur (sd 2) keeps the sum up to the borders, so the logit of a plain sum stays, and
  // that of the bright pixel alone rises from 1 / (sum of exp(-d^2 / 8), |d| <= 6) = 1 / 5.0 to 1.
  PlaneImage line{1, 40, 1, std::vector<float>(40, 0.0f)};
  line.values[20] = 1;
  std::vector<float> weights(40, 0.0f);
  weights[20] = 1;
  const LinearModel model({std::vector<float>(40, 0.0f), weights}, {0, 0});
  double total = 0;
  for (int d = -6; d <= 6; ++d) total += std::exp(-d * d / 8.0);
  const FidelityCurve rising = insertion_curve(model, line, 1, weights, 40);
  EXPECT_NEAR(rising.probability[0], 1 / (1 + std::exp(-1 / total)), 1e-6);
  EXPECT_NEAR(rising.probability[1], 1 / (1 + std::exp(-1.0)), 1e-6);
}

TEST(MapCorrelation, OfRanks) {
  EXPECT_NEAR(*map_correlation(std::vector<float>{1, 2, 3}, std::vector<float>{2, 4, 100}), 1, 1e-12);
  EXPECT_FALSE(map_correlation(std::vector<float>{1, 2, 3}, std::vector<float>{0, 0, 0}));
}

TEST(MaskOnCrop, PixelsAndTheirNeighbourhood) {
  Geometry geometry;
  geometry.size = {6, 6, 2};
  Mask mask(geometry);
  mask.at(0, 1, 1) = 3;
  // The crop begins at (-1, 0): the voxel lies at column 1, row 1.
  EXPECT_EQ(mask_on_crop(mask, 1, {-1, 0, 2, 3}, 0), (std::vector<uint8_t>{0, 0, 0, 0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(mask_on_crop(mask, 1, {-1, 0, 2, 3}, 1), (std::vector<uint8_t>{0, 1, 0, 1, 1, 1, 0, 1, 0}));
  EXPECT_EQ(mask_on_crop(mask, 0, {-1, 0, 2, 3}, 1), std::vector<uint8_t>(9, 0));
  // A voxel outside the crop still reaches into it.
  EXPECT_EQ(mask_on_crop(mask, 1, {1, 1, 3, 2}, 1), (std::vector<uint8_t>{1, 0}));
}

TEST(HighestPixel, MiddleOfTiesAndNoneForAConstantMap) {
  EXPECT_EQ(highest_pixel(std::vector<float>{0, 1, 0, 2, 0, 0}, 3), size_t(3));
  EXPECT_EQ(highest_pixel(std::vector<float>{5, 0, 5, 5, 0, 5, 5, 0, 5}, 3), size_t(4));
  EXPECT_EQ(highest_pixel(std::vector<float>{1, 1, 1, 1}, 2), std::nullopt);
}

}  // namespace
}  // namespace hepatica
