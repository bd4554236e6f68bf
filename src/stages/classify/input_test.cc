#include "stages/classify/input.h"

#include <gtest/gtest.h>

#include <algorithm>

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

/// 64 x 64 pixels of 40 HU (grey .5, which is 0 in the network's units with the level 40), `hu` at (x, y).
std::vector<float> grey_slice(float hu, int64_t x, int64_t y) {
  std::vector<float> slice(64 * 64, 40);
  slice[size_t(y * 64 + x)] = hu;
  return slice;
}

TEST(ClassifyPlane, OutsideOfTheRegionIsAConstant) {
  ClassifyInput input;
  input.size = 32;  // the crop of a box around (32, 32) starts at (16, 16)
  input.outside = -3;
  const std::vector<float> slice = grey_slice(1000, 30, 31);
  std::vector<uint8_t> lesion(64 * 64);
  lesion[31 * 64 + 30] = 2;
  const LesionView<float> view{slice, 64, 64, {28, 30, 36, 34}, lesion};
  const auto count_of = [&](const std::string& mask, double margin, const std::vector<uint8_t>& pixels) {
    input.mask = mask;
    input.mask_margin = margin;
    LesionView<float> mine = view;
    mine.lesion = pixels;
    const PlaneImage plane = classify_plane(mine, input);
    EXPECT_FLOAT_EQ(plane.values[15 * 32 + 14], 1.0f) << mask;
    return std::count_if(plane.values.begin(), plane.values.end(), [](float v) { return v != -3.0f; });
  };
  EXPECT_EQ(count_of("none", 0, lesion), 32 * 32);
  EXPECT_EQ(count_of("box", 0, lesion), 8 * 4);
  EXPECT_EQ(count_of("box", 0.25, lesion), 12 * 6);
  EXPECT_EQ(count_of("lesion", 0, lesion), 1);
  // Pixel centres at +-.5, 1.5, 2.5, 3.5 and +-.5, 1.5: rows of 8, 8 within ((3.5 / 4)^2 + (.5 / 2)^2 = .83) and of 4
  // ((2.5 / 4)^2 + (1.5 / 2)^2 = .95 is within, 3.5 is not: 6).
  EXPECT_EQ(count_of("ellipse", 0, lesion), 2 * 8 + 2 * 6);
  EXPECT_EQ(count_of("lesion", 0, {}), 2 * 8 + 2 * 6);  // not known: the ellipse
}

TEST(ClassifyPlane, FitScalesTheWidenedBoxToTheCrop) {
  ClassifyInput input;
  input.size = 32;
  input.scale = "fit";
  input.margin = 0.25;
  input.border = "zero";
  // The longer side is 32, the crop's 48: from (8, 8) to (56, 56), 1.5 pixels each.
  EXPECT_EQ(crop_box({16, 24, 48, 40}, 64, 64, input), (Box2{8, 8, 56, 56}));
  std::vector<float> slice(64 * 64, -1000);
  for (int64_t y = 0; y < 64; ++y)
    for (int64_t x = 32; x < 64; ++x) slice[size_t(y * 64 + x)] = 1000;
  const PlaneImage plane = classify_plane(LesionView<float>{slice, 64, 64, {16, 24, 48, 40}, {}}, input);
  for (int64_t v = 0; v < 32; ++v) {
    EXPECT_FLOAT_EQ(plane.values[size_t(v * 32 + 14)], -1.0f);
    EXPECT_FLOAT_EQ(plane.values[size_t(v * 32 + 17)], 1.0f);
  }
  // Moved inwards at the border; a small box at the corner is black beyond it with "zero".
  input.border = "shift";
  EXPECT_EQ(crop_box({0, 0, 8, 8}, 64, 64, input), (Box2{0, 0, 12, 12}));
  input.border = "zero";
  EXPECT_EQ(crop_box({0, 0, 8, 8}, 64, 64, input), (Box2{-2, -2, 10, 10}));
  EXPECT_FLOAT_EQ(classify_plane(LesionView<float>{grey_slice(0, 63, 63), 64, 64, {0, 0, 8, 8}, {}}, input).values[0],
                  -1.0f);
}

TEST(FusedInput, MissingPhasesAreZeroAndSaidToBe) {
  ClassifyInput input;
  input.size = 32;
  input.phases = "channels";
  input.phase_order = {Phase::arterial, Phase::portal_venous, Phase::delayed};
  EXPECT_EQ(input.channels(), 6);
  const auto plane = [](float value) { return PlaneImage{1, 32, 32, std::vector<float>(32 * 32, value)}; };
  const PlaneImage image =
      fused_input({{Phase::delayed, plane(3)}, {Phase::arterial, plane(2)}, {Phase::noncontrast, plane(9)}}, input);
  ASSERT_EQ(image.values.size(), 6u * 1024);
  const float expected[] = {2, 0, 3, 1, 0, 1};
  for (size_t channel = 0; channel < 6; ++channel) EXPECT_EQ(image.values[channel * 1024 + 5], expected[channel]);
}

TEST(ClassifyInputJson, RoundTripAndNonsense) {
  ClassifyInput input;
  input.border = "zero";
  input.std = 0.25;
  input.scale = "fit";
  input.mask = "lesion";
  input.outside = -1;
  input.phases = "channels";
  input.phase_order = {Phase::portal_venous, Phase::arterial};
  EXPECT_EQ(classify_input_from_json(json_from_input(input), "m"), input);
  for (const char* text : {R"({"size": "224"})",
                           R"({"border": "mirror"})",
                           R"({"std": 0})",
                           R"({"mask": "circle"})",
                           R"({"phase_order": ["arterial", "arterial"]})",
                           R"({"phase_order": ["early"]})",
                           R"({"phase_order": "arterial"})",
                           R"({"x": 1})"})
    EXPECT_THROW(classify_input_from_json(nlohmann::json::parse(text), "m"), Error) << text;
}

}  // namespace
}  // namespace hepatica
