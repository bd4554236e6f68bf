#include "stages/detect/verify.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica {
namespace {

/// 8x8 pixels; the value of the second channel is that of the first plus 100, the first is 10 y + x.
PlaneImage ramp() {
  PlaneImage image{2, 8, 8, {}};
  for (int c = 0; c < 2; ++c)
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x) image.values.push_back(float(100 * c + 10 * y + x));
  return image;
}

TEST(VerifyCrop, SmallBoxKeepsThePixels) {
  VerifyInput input;
  input.size = 4;
  input.part = 0.5;
  // The box's centre is (4, 3): the square covers x 2..6 and y 1..5.
  const PlaneImage crop = verify_crop(ramp(), {3, 2, 5, 4}, input);
  ASSERT_EQ(crop.values.size(), 32u);
  EXPECT_FLOAT_EQ(crop.values[0], 12);
  EXPECT_FLOAT_EQ(crop.values[15], 45);
  EXPECT_FLOAT_EQ(crop.values[16], 112);
}

TEST(VerifyCrop, LargeBoxIsShrunk) {
  VerifyInput input;
  input.size = 4;
  input.part = 0.5;
  // A side of 4 takes half of the square, which is then the whole image: two pixels become one. A triangle of four
  // pixels' width leaves a ramp what it is: the pixel at 1 stands for the places 2 and 3, mean 2.5 along x and y.
  const PlaneImage crop = verify_crop(ramp(), {2, 2, 6, 6}, input);
  EXPECT_NEAR(crop.values[5], 10 * 2.5 + 2.5, 1e-4);
  EXPECT_NEAR(crop.values[6], 10 * 2.5 + 4.5, 1e-4);
}

TEST(VerifyCrop, BorderGoesOn) {
  VerifyInput input;
  input.size = 4;
  input.part = 0.5;
  const PlaneImage crop = verify_crop(ramp(), {-1, -1, 1, 1}, input);
  EXPECT_FLOAT_EQ(crop.values[0], 0);    // (-2, -2)
  EXPECT_FLOAT_EQ(crop.values[15], 11);  // (1, 1)
}

TEST(VerifiedScore, GeometricMean) { EXPECT_DOUBLE_EQ(verified_score(0.25, 1), 0.5); }

TEST(VerifyInput, RoundTripAndBadValues) {
  VerifyInput input;
  input.size = 96;
  input.detector.level = 70;
  const VerifyInput read = verify_input_from_json(json_from_input(input), "x");
  EXPECT_EQ(read.size, 96);
  EXPECT_EQ(read.detector, input.detector);
  for (const nlohmann::json& bad : {nlohmann::json(), nlohmann::json{{"size", 64}}}) {
    try {
      verify_input_from_json(bad, "x");
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::wrong_checkpoint);
    }
  }
}

}  // namespace
}  // namespace hepatica
