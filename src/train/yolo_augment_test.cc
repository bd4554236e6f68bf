#include "train/yolo_augment.h"

#include <gtest/gtest.h>

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
