#include "stages/classify/input.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica {
namespace {

TEST(CropBox, ShiftAndZeroByHand) {
  ClassifyInput input;
  EXPECT_EQ(crop_box({200, 200, 240, 260}, 512, 512, input), (Box2{108, 118, 332, 342}));
  EXPECT_EQ(crop_box({10, 480, 30, 500}, 512, 512, input), (Box2{0, 288, 224, 512}));
  input.border = "zero";
  EXPECT_EQ(crop_box({10, 480, 30, 500}, 512, 512, input), (Box2{-92, 378, 132, 602}));
}

TEST(ClassifyCrop, ValuesAndBlackBorder) {
  ClassifyInput input;
  input.size = 32;
  input.border = "zero";
  std::vector<int16_t> hu(64 * 64, 40);
  hu[0] = 1000;
  const PlaneImage crop = classify_crop(std::span<const int16_t>(hu), 64, 64, {-2, -2, 2, 2}, input);
  ASSERT_EQ(crop.values.size(), 3u * 32 * 32);
  EXPECT_FLOAT_EQ(crop.values[0], -1.0f);            // outside: black, (0 - .5) / .5
  EXPECT_FLOAT_EQ(crop.values[16 * 32 + 16], 1.0f);  // pixel (0, 0), above the window
  EXPECT_FLOAT_EQ(crop.values[17 * 32 + 17], 0.0f);  // 40 HU is the middle of the window
  EXPECT_FLOAT_EQ(crop.values[2 * 1024 + 16 * 32 + 16], 1.0f);
}

TEST(ClassifyCrop, SmallSliceIsCentredOnBlack) {
  ClassifyInput input;
  input.size = 64;
  const std::vector<int16_t> hu(32 * 32, 300);
  const PlaneImage crop = classify_crop(std::span<const int16_t>(hu), 32, 32, {0, 0, 4, 4}, input);
  EXPECT_FLOAT_EQ(crop.values[15 * 64 + 15], -1.0f);
  EXPECT_FLOAT_EQ(crop.values[16 * 64 + 16], 1.0f);
  EXPECT_FLOAT_EQ(crop.values[47 * 64 + 47], 1.0f);
  EXPECT_FLOAT_EQ(crop.values[48 * 64 + 48], -1.0f);
}

TEST(ClassifyInputJson, RoundTripAndNonsense) {
  ClassifyInput input;
  input.border = "zero";
  input.std = 0.25;
  EXPECT_EQ(classify_input_from_json(json_from_input(input), "m"), input);
  for (const char* text : {R"({"size": "224"})", R"({"border": "mirror"})", R"({"std": 0})", R"({"x": 1})"})
    EXPECT_THROW(classify_input_from_json(nlohmann::json::parse(text), "m"), Error) << text;
}

}  // namespace
}  // namespace hepatica
