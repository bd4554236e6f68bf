#include "stages/detect/input.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica {
namespace {

TEST(DetectInput, MagnifiedIsFinerAroundTheLiverAlone) {
  DetectInput liver;
  liver.size = 256;
  liver.region = "liver";
  liver.spacing_mm = 1.1;
  const DetectInput finer = magnified(liver, 1.3);  // 332.8 pixels, rounded up to 352
  EXPECT_EQ(finer.size, 352);
  EXPECT_NEAR(finer.spacing_mm, 1.1 / 1.3, 1e-12);
  EXPECT_EQ(magnified(liver, 1), liver);
  DetectInput slice;
  EXPECT_EQ(magnified(slice, 1.3), slice);
}

TEST(DetectImage, WindowModeIsGreyThreeTimes) {
  DetectInput input;
  input.size = 64;
  const std::vector<int16_t> hu(128 * 128, 40);
  const PlaneImage image =
      detect_image(SlicePlanes<int16_t>{hu, {}, {}}, {}, 128, 128, {0, 0, 128, 128}, std::nullopt, input);
  ASSERT_EQ(image.values.size(), 3u * 64 * 64);
  for (float value : image.values) EXPECT_FLOAT_EQ(value, 0.5f);
}

TEST(DetectImage, LiverModeByHand) {
  DetectInput input;
  input.size = 64;
  input.mode = "liver";
  std::vector<int16_t> hu(64 * 64, 100);
  std::vector<uint8_t> liver(64 * 64, 0);
  liver[5] = 1;
  hu[5] = 140;
  const PlaneImage image = detect_image(SlicePlanes<int16_t>{hu, {}, {}}, liver, 64, 64, {0, 0, 64, 64}, 120.0, input);
  const size_t n = 64 * 64;
  EXPECT_NEAR(image.values[0], (100 - (40 - 175.0)) / 350, 1e-6);
  EXPECT_NEAR(image.values[n + 0], (100 - (120 - 80.0)) / 160, 1e-6);
  EXPECT_NEAR(image.values[n + 5], (140 - (120 - 80.0)) / 160, 1e-6);
  EXPECT_FLOAT_EQ(image.values[2 * n + 5], 1.0f);
  EXPECT_FLOAT_EQ(image.values[2 * n + 0], 0.0f);
}

TEST(DetectImage, ContextAddsThePlanesBesideInTheLiversWindow) {
  DetectInput input;
  input.size = 64;
  input.mode = "liver";
  input.context_mm = 5;
  const std::vector<int16_t> hu(64 * 64, 100), above(64 * 64, 140);
  const PlaneImage image = detect_image(SlicePlanes<int16_t>{hu, above, {}}, {}, 64, 64, {0, 0, 64, 64}, 120.0, input);
  const size_t n = 64 * 64;
  EXPECT_EQ(image.channels, 5);
  ASSERT_EQ(image.values.size(), 5 * n);
  EXPECT_NEAR(image.values[n], (100 - (120 - 80.0)) / 160, 1e-6);
  EXPECT_NEAR(image.values[3 * n], (140 - (120 - 80.0)) / 160, 1e-6);
  EXPECT_EQ(image.values[4 * n], image.values[n]);  // no plane below: the slice stands in
}

TEST(DetectImage, WithoutLiverTheMaskIsOneAndTheMedianOfSoftTissue) {
  DetectInput input;
  input.size = 64;
  input.mode = "liver";
  std::vector<int16_t> hu(64 * 64, 90);
  hu[0] = -1000;
  const PlaneImage image =
      detect_image(SlicePlanes<int16_t>{hu, {}, {}}, {}, 64, 64, {0, 0, 64, 64}, std::nullopt, input);
  EXPECT_FLOAT_EQ(image.values[64 * 64 + 1], 0.5f);
  EXPECT_FLOAT_EQ(image.values[2 * 64 * 64], 1.0f);
}

TEST(MedianHu, OfTheMaskOnly) {
  const std::vector<int16_t> hu{1, 100, 120, 110, 5};
  EXPECT_EQ(median_hu(hu, std::vector<uint8_t>{0, 1, 1, 1, 0}), 110.0);
  EXPECT_EQ(median_hu(hu, std::vector<uint8_t>(5, 0)), std::nullopt);
}

TEST(DetectBoxes, ScaleToTheSliceAndBack) {
  const Box2 region{100, 10, 1124, 266};  // 2 pixels of the slice across and half a one down for each of 512
  const Box2 box = slice_box_from_image({0, 0, 256, 128}, region, {});
  EXPECT_EQ(box, (Box2{100, 10, 612, 74}));
  EXPECT_EQ(image_box_from_slice(box, region, {}), (Box2{0, 0, 256, 128}));
}

TEST(DetectRegion, AroundTheLiverByHand) {
  DetectInput input;
  input.size = 64;
  input.region = "liver";
  input.spacing_mm = 1;
  input.margin_mm = 10;
  std::vector<uint8_t> liver(128 * 128, 0);
  EXPECT_EQ(detect_region(liver, 128, 128, {0.5, 0.5}, input), (Box2{0, 0, 128, 128}));
  liver[20 * 128 + 30] = 1;  // one pixel: 64 mm around its middle
  EXPECT_EQ(detect_region(liver, 128, 128, {0.5, 0.5}, input), (Box2{-33.5, -43.5, 94.5, 84.5}));
  liver[20 * 128 + 129 - 30] = 1;  // 70 pixels of 1 mm and twice 10 mm: 90 mm
  EXPECT_EQ(detect_region(liver, 128, 128, {1, 1}, input), (Box2{20, -24.5, 110, 65.5}));
  input.region = "slice";
  EXPECT_EQ(detect_region(liver, 128, 128, {1, 1}, input), (Box2{0, 0, 128, 128}));
}

TEST(DetectImage, ShowsTheRegionAlone) {
  DetectInput input;
  input.size = 64;
  std::vector<float> hu(128 * 128);
  for (size_t i = 0; i < hu.size(); ++i) hu[i] = float(i % 128);
  const PlaneImage image =
      detect_image(SlicePlanes<float>{hu, {}, {}}, {}, 128, 128, {32, 0, 96, 64}, std::nullopt, input);
  EXPECT_NEAR(image.values[0], (32 - (40 - 175.0)) / 350, 1e-6);
  EXPECT_NEAR(image.values[63], (95 - (40 - 175.0)) / 350, 1e-6);
}

TEST(DetectInputJson, RoundTripAndNonsense) {
  DetectInput input;
  input.mode = "liver";
  input.size = 256;
  EXPECT_EQ(detect_input_from_json(json_from_input(input), "m"), input);
  for (const char* text : {R"({"size": 500})", R"({"mode": "both"})", R"({"colour": 1})", R"({"width": 0})"})
    EXPECT_THROW(detect_input_from_json(nlohmann::json::parse(text), "m"), Error) << text;
}

}  // namespace
}  // namespace hepatica
