#include "dataset/augment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/error.h"

namespace hepatica {
namespace {

LearningSlice ramp(int64_t width, int64_t height) {
  LearningSlice slice;
  slice.width = width;
  slice.height = height;
  for (int64_t i = 0; i < width * height; ++i) slice.hu.push_back(float(i));
  slice.liver.assign(slice.pixels(), 1);
  return slice;
}

WarpOptions still() { return {0, 1, 1, 0, 0, 0, 0, 0}; }

TEST(Warp, StillKeepsEveryPixel) {
  const LearningSlice slice = ramp(5, 4);
  Rng rng(1);
  const LearningSlice out = warped(slice, draw_warp(slice, 5, 4, 1, still(), rng), 5, 4, 1);
  EXPECT_EQ(out.hu, slice.hu);
}

TEST(Warp, PlanesBesideTheSliceFollow) {
  LearningSlice slice = ramp(4, 2);
  slice.above = {10, 11, 12, 13, 14, 15, 16, 17};
  WarpOptions options = still();
  options.flip_x = 1;
  Rng rng(1);
  const LearningSlice out = warped(slice, draw_warp(slice, 4, 2, 1, options, rng), 4, 2, 1);
  EXPECT_EQ(out.above, (std::vector<float>{13, 12, 11, 10, 17, 16, 15, 14}));
  EXPECT_TRUE(out.below.empty());
}

TEST(Warp, FlipMirrorsImageAndBoxes) {
  LearningSlice slice = ramp(4, 1 + 1);
  slice.lesions = {{{0, 0, 1, 2}, "hcc", false}};
  WarpOptions options = still();
  options.flip_x = 1;
  Rng rng(1);
  const LearningSlice out = warped(slice, draw_warp(slice, 4, 2, 1, options, rng), 4, 2, 1);
  EXPECT_EQ(out.hu, (std::vector<float>{3, 2, 1, 0, 7, 6, 5, 4}));
  ASSERT_EQ(out.lesions.size(), 1u);
  EXPECT_NEAR(out.lesions[0].box.x0, 3, 1e-9);
  EXPECT_NEAR(out.lesions[0].box.x1, 4, 1e-9);
}

TEST(Warp, TwiceThePixelSizeAverages) {
  LearningSlice slice = ramp(4, 4);
  Rng rng(1);
  const LearningSlice out = warped(slice, draw_warp(slice, 2, 2, 2, still(), rng), 2, 2, 2);
  EXPECT_NEAR(out.hu[0], (0 + 1 + 4 + 5) / 4.0, 1e-5);
  EXPECT_NEAR(out.hu[3], (10 + 11 + 14 + 15) / 4.0, 1e-5);
}

TEST(Warp, OutsideIsAir) {
  LearningSlice slice = ramp(2, 2);
  Rng rng(1);
  const LearningSlice out = warped(slice, draw_warp(slice, 6, 6, 1, still(), rng), 6, 6, 1);
  EXPECT_FLOAT_EQ(out.hu[0], -1000);
  EXPECT_EQ(liver_area(out), 4);
}

TEST(Contrast, FollowsItsFormula) {
  LearningSlice slice;
  slice.width = 3;
  slice.height = 1;
  slice.hu = {-100, 75, 300};
  change_contrast(slice, 1, 2, 5);
  EXPECT_NEAR(slice.hu[0], -95, 1e-4);
  EXPECT_NEAR(slice.hu[1], 300 * 0.25 * 0.25 + 5, 1e-4);
  EXPECT_NEAR(slice.hu[2], 305, 1e-3);
}

TEST(Noise, HasTheDeviationAskedFor) {
  for (const double grain : {0.0, 1.0}) {
    LearningSlice slice = ramp(64, 64);
    std::fill(slice.hu.begin(), slice.hu.end(), 0.0f);
    Rng rng(3);
    add_noise(slice, 10, grain, rng);
    double squares = 0;
    for (const float hu : slice.hu) squares += hu * hu;
    EXPECT_NEAR(std::sqrt(squares / 4096), 10, 0.6);
  }
}

TEST(Blur, KeepsTheSumAndAConstant) {
  std::vector<float> spike(81, 0.0f);
  spike[40] = 1;
  blur(spike, 9, 9, 1.0);
  EXPECT_NEAR(std::accumulate(spike.begin(), spike.end(), 0.0), 1, 1e-4);
  EXPECT_NEAR(spike[40], 1 / (2 * M_PI), 0.01);  // the continuous Gaussian's peak
}

TEST(EraseLiver, LeavesNone) {
  LearningSlice slice = ramp(32, 32);
  slice.lesions = {{{1, 1, 5, 5}, "", false}};
  Rng rng(1);
  erase_liver(slice, 0, rng);
  EXPECT_EQ(liver_area(slice), 0);
  EXPECT_TRUE(slice.lesions.empty());
}

TEST(Blobs, InsideStayInsideAndGetBoxes) {
  LearningSlice slice = ramp(64, 64);
  std::fill(slice.hu.begin(), slice.hu.end(), 100.0f);
  for (int64_t i = 0; i < 64 * 64; ++i) slice.liver[size_t(i)] = i % 64 < 32;
  BlobOptions options;
  options.radius_low_mm = 6;
  options.radius_high_mm = 7;
  options.delta_low = -60;
  options.delta_high = -50;
  Rng rng(5);
  paint_blobs_inside(slice, options, rng);
  ASSERT_EQ(slice.lesions.size(), 1u);
  const auto darkest = std::min_element(slice.hu.begin(), slice.hu.end()) - slice.hu.begin();
  EXPECT_LT(slice.hu[size_t(darkest)], 60);
  EXPECT_FLOAT_EQ(slice.hu[40], 100);  // right half: no liver
}

TEST(Augment, SlicesWithoutNeighboursGetMadeUpOnes) {
  const LearningSlice slice = ramp(40, 40);
  AugmentOptions options;
  options.warp = still();
  Rng first(1), second(1);
  EXPECT_TRUE(augmented(slice, 40, 40, 1, options, first).above.empty());
  options.context_mm = 5;
  const LearningSlice out = augmented(slice, 40, 40, 1, options, second);
  EXPECT_EQ(out.hu, slice.hu);
  EXPECT_EQ(out.above.size(), slice.hu.size());
  EXPECT_EQ(out.below.size(), slice.hu.size());
}

TEST(Augment, TheSameDrawsGiveTheSameSlice) {
  AugmentOptions options;
  options.contrast = options.noise = options.blur = options.blobs_inside = options.occlude = 0.7;
  const LearningSlice slice = ramp(48, 48);
  Rng a(9), b(9), c(10);
  const auto first = augmented(slice, 40, 40, 1.2, options, a), second = augmented(slice, 40, 40, 1.2, options, b);
  EXPECT_EQ(first.hu, second.hu);
  EXPECT_NE(first.hu, augmented(slice, 40, 40, 1.2, options, c).hu);
}

TEST(Augment, UnknownKeysAreNamed) {
  const Block block{YAML::Load("{rotation_deg: 3, wobble: 1}"), "r.yaml", "train.segment.augment"};
  EXPECT_THROW(augment_options(block), Error);
}

}  // namespace
}  // namespace hepatica
