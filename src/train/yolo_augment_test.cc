#include "train/yolo_augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace hepatica::train {
namespace {

DetectExample plain(int64_t side, float value, std::vector<Box2> boxes = {}) {
  DetectExample example{{1, side, side, std::vector<float>(size_t(side * side), value)}, {}};
  for (const Box2& box : boxes) example.lesions.push_back({box, "", false});
  return example;
}

YoloAugmentOptions still() {
  YoloAugmentOptions options;
  options.translate = options.scale = options.value_gain = options.flip_x = 0;
  return options;
}

TEST(YoloAugment, WithoutVariationAnImageStaysItself) {
  DetectExample example = plain(8, 0.5, {{1, 2, 5, 6}});
  example.image.values[9] = 1;
  Rng rng(1);
  const DetectExample same = yolo_varied(example, 8, still(), rng);
  EXPECT_EQ(same.image.values, example.image.values);
  EXPECT_EQ(same.lesions, example.lesions);
}

TEST(YoloAugment, FlipsMirrorBoxes) {
  YoloAugmentOptions options = still();
  options.flip_x = 1;
  DetectExample example = plain(8, 0, {{1, 2, 5, 6}});
  example.image.values[3 * 8 + 1] = 1;
  Rng rng(1);
  const DetectExample flipped = yolo_varied(example, 8, options, rng);
  EXPECT_EQ(flipped.image.values[3 * 8 + 6], 1);
  EXPECT_EQ(flipped.lesions[0].box, (Box2{3, 2, 7, 6}));
  options.flip_x = 0;
  options.flip_y = 1;
  EXPECT_EQ(yolo_varied(example, 8, options, rng).lesions[0].box, (Box2{1, 2, 5, 6}));  // 8 - 6 = 2, 8 - 2 = 6
}

TEST(YoloAugment, MosaicPutsFourTilesAroundACorner) {
  const std::array<DetectExample, 4> tiles{
      plain(8, 0.1f, {{6, 6, 8, 8}}), plain(8, 0.2f), plain(8, 0.3f), plain(8, 0.9f, {{0, 0, 2, 2}})};
  Rng rng(7), same(7);
  const DetectExample canvas = mosaic_of(tiles, rng);
  const int64_t y = int64_t(same.uniform(0.5, 1.5) * 8), x = int64_t(same.uniform(0.5, 1.5) * 8);
  ASSERT_EQ(canvas.image.width, 16);
  const auto at = [&](int64_t i, int64_t j) { return canvas.image.values[size_t(j * 16 + i)]; };
  EXPECT_EQ(at(x - 1, y - 1), 0.1f);
  EXPECT_EQ(at(x, y - 1), 0.2f);
  EXPECT_EQ(at(x - 1, y), 0.3f);
  EXPECT_EQ(at(x, y), 0.9f);
  // What the tiles leave free is grey 114: a corner is 4 to 12 pixels from the border, a tile 8 wide.
  if (x < 8) {
    EXPECT_FLOAT_EQ(at(15, y), 114.0f / 255);
  }
  if (x > 8) {
    EXPECT_FLOAT_EQ(at(0, y), 114.0f / 255);
  }
  ASSERT_EQ(canvas.lesions.size(), 2u);
  EXPECT_EQ(canvas.lesions[0].box, (Box2{double(x) - 2, double(y) - 2, double(x), double(y)}));
  EXPECT_EQ(canvas.lesions[1].box, (Box2{double(x), double(y), double(x) + 2, double(y) + 2}));
}

TEST(YoloAugment, MiddleOfTheCanvasComesToTheMiddle) {
  DetectExample canvas = plain(16, 0, {{6, 6, 10, 10}, {0, 0, 4, 4}});
  Rng rng(1);
  const DetectExample cut = yolo_varied(canvas, 8, still(), rng);
  ASSERT_EQ(cut.lesions.size(), 1u);  // the corner's box lies outside: the cut shows 4 to 12
  EXPECT_EQ(cut.lesions[0].box, (Box2{2, 2, 6, 6}));
}

TEST(YoloAugment, BoxesOfWhichTooLittleIsLeftAreDropped) {
  // The cut shows 4 to 36 of 40 on both axes. Left of the first box 10 x 3 of 10 x 7; of the second 2 x 10, two pixels
  // wide and so too thin; of the third 3 x 3 of 7 x 7, which is 18 %.
  DetectExample canvas = plain(40, 0, {{10, 0, 20, 7}, {0, 10, 6, 20}, {0, 0, 7, 7}});
  Rng rng(1);
  const DetectExample cut = yolo_varied(canvas, 32, still(), rng);
  ASSERT_EQ(cut.lesions.size(), 2u);
  EXPECT_EQ(cut.lesions[0].box, (Box2{6, 0, 16, 3}));
  EXPECT_EQ(cut.lesions[1].box, (Box2{0, 0, 3, 3}));
  // 3 x 3 of 12 x 12 is 6 %.
  canvas = plain(40, 0, {{-5, -5, 7, 7}});
  EXPECT_TRUE(yolo_varied(canvas, 32, still(), rng).lesions.empty());
}

// What `yolo_varied` draws before: the angle and the scale.
Rng after_turn(uint64_t seed) {
  Rng rng(seed);
  rng.uniform(-1, 1);
  rng.uniform(1, 1);
  return rng;
}

// About the middle (u, v) becomes (u + tan(a) v, tan(b) u + v): the box -10..10 becomes the box around its four
// corners, half as wide as 10 (1 + |tan a|).
TEST(YoloAugment, ShearMovesTheCorners) {
  YoloAugmentOptions options = still();
  options.shear_deg = 20;
  Rng same = after_turn(3), rng(3);
  const double a = std::tan(same.uniform(-1, 1) * 20 * M_PI / 180), b = std::tan(same.uniform(-1, 1) * 20 * M_PI / 180);
  DetectExample example = plain(100, 0, {{40, 40, 60, 60}});
  example.image.values[size_t(50 * 100 + 70)] = 1;  // its middle: 20.5 right of the image's, .5 below
  const DetectExample out = yolo_varied(example, 100, options, rng);
  ASSERT_EQ(out.lesions.size(), 1u);
  EXPECT_NEAR(out.lesions[0].box.x0, 50 - 10 * (1 + std::abs(a)), 1e-9);
  EXPECT_NEAR(out.lesions[0].box.y1, 50 + 10 * (1 + std::abs(b)), 1e-9);
  const auto x = int64_t(50 + 20.5 + a * 0.5), y = int64_t(50 + b * 20.5 + 0.5);
  const auto brightest = std::max_element(out.image.values.begin(), out.image.values.end()) - out.image.values.begin();
  EXPECT_LE(std::abs(brightest % 100 - x), 1);
  EXPECT_LE(std::abs(brightest / 100 - y), 1);
}

// w = 1 + p u + q v at the corner (u, v) about the middle, which is then (u / w, v / w).
TEST(YoloAugment, PerspectiveDividesByTheDistance) {
  YoloAugmentOptions options = still();
  options.perspective = 0.001;
  Rng same = after_turn(5), rng(5);
  const double p = same.uniform(-1, 1) * 0.001, q = same.uniform(-1, 1) * 0.001;
  const DetectExample out = yolo_varied(plain(400, 0, {{240, 260, 300, 310}}), 400, options, rng);
  ASSERT_EQ(out.lesions.size(), 1u);
  double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
  for (const double u : {40.0, 100.0})
    for (const double v : {60.0, 110.0}) {
      const double w = 1 + p * u + q * v;
      x0 = std::min(x0, 200 + u / w);
      x1 = std::max(x1, 200 + u / w);
      y0 = std::min(y0, 200 + v / w);
      y1 = std::max(y1, 200 + v / w);
    }
  EXPECT_NEAR(out.lesions[0].box.x0, x0, 1e-9);
  EXPECT_NEAR(out.lesions[0].box.y0, y0, 1e-9);
  EXPECT_NEAR(out.lesions[0].box.x1, x1, 1e-9);
  EXPECT_NEAR(out.lesions[0].box.y1, y1, 1e-9);
  EXPECT_GT(std::abs(x0 - 240), 0.1);  // the draw did something
}

TEST(YoloAugment, WithoutShearAndPerspectiveASeedGivesWhatItGave) {
  // Neither draws where it is 0: the move is the third and fourth number.
  YoloAugmentOptions options = still();
  options.translate = 0.2;
  Rng same = after_turn(9), rng(9);
  const double x = same.uniform(0.3, 0.7) * 100, y = same.uniform(0.3, 0.7) * 100;
  const DetectExample out = yolo_varied(plain(100, 0, {{45, 45, 55, 55}}), 100, options, rng);
  EXPECT_NEAR(out.lesions[0].box.x0, x - 5, 1e-9);
  EXPECT_NEAR(out.lesions[0].box.y0, y - 5, 1e-9);
}

TEST(YoloAugment, ScaleAndGainStayInTheirRanges) {
  YoloAugmentOptions options = still();
  options.scale = 0.5;
  options.value_gain = 0.4;
  double low = 10, high = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    const DetectExample varied = yolo_varied(plain(32, 0.5, {{12, 12, 20, 20}}), 32, options, rng);
    ASSERT_EQ(varied.lesions.size(), 1u);
    const double scale = varied.lesions[0].box.width() / 8;
    low = std::min(low, scale);
    high = std::max(high, scale);
    EXPECT_NEAR(varied.lesions[0].box.center_x(), 16, 1e-9);
    EXPECT_GE(varied.image.values[16 * 32 + 16], 0.3f);
    EXPECT_LE(varied.image.values[16 * 32 + 16], 0.7f);
  }
  EXPECT_GE(low, 0.5);
  EXPECT_LT(low, 0.52);  // 200 draws come near to both ends
  EXPECT_LE(high, 1.5);
  EXPECT_GT(high, 1.48);
}

}  // namespace
}  // namespace hepatica::train
