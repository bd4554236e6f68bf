#include "phantom/painted.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hepatica::phantom {
namespace {

constexpr int64_t kSize = 128;

/// A round liver of 110 HU, radius 60 mm, in fat, with noise of 10 HU; pixels of 1.5 mm.
struct Input {
  std::vector<float> hu = std::vector<float>(size_t(kSize * kSize), -100);
  std::vector<uint8_t> liver = std::vector<uint8_t>(size_t(kSize * kSize), 0);
};

Input round_liver() {
  Input input;
  Rng rng(4);
  for (int64_t j = 0; j < kSize; ++j)
    for (int64_t i = 0; i < kSize; ++i) {
      if (std::hypot(double(i) - 64, double(j) - 64) * 1.5 > 60) continue;
      input.liver[size_t(j * kSize + i)] = 1;
      input.hu[size_t(j * kSize + i)] = float(110 + rng.normal(0, 10));
    }
  return input;
}

PaintOptions only(LesionType type, Phase phase) {
  PaintOptions options;
  options.phase = phase;
  options.type_weights.assign(6, 0);
  options.type_weights[size_t(type)] = 1;
  options.diameter_mm = {25, 30};
  options.contrast = {1, 1};
  options.count = {1, 1};
  return options;
}

double mean_in(const PaintedSlice& slice) {
  double sum = 0, count = 0;
  for (size_t k = 0; k < slice.hu.size(); ++k)
    if (slice.lesions[k]) {
      sum += slice.hu[k];
      ++count;
    }
  return sum / count;
}

TEST(PaintLesions, LabelsLieInTheLiverAndBoxesHoldThem) {
  const Input input = round_liver();
  PaintOptions options;
  options.count = {3, 3};
  options.diameter_mm = {8, 25};
  Rng rng(1);
  const PaintedSlice slice = paint_lesions(input.hu, input.liver, kSize, kSize, 1.5, options, rng);
  ASSERT_FALSE(slice.painted.empty());
  for (size_t k = 0; k < slice.hu.size(); ++k) {
    if (!input.liver[k]) {
      EXPECT_EQ(slice.hu[k], input.hu[k]);
    }
    if (slice.lesions[k] == 0) continue;
    EXPECT_TRUE(input.liver[k]);
    const Box2& box = slice.painted[size_t(slice.lesions[k]) - 1].box;
    const double i = double(k % kSize), j = double(k / kSize);
    EXPECT_TRUE(i >= box.x0 && i + 1 <= box.x1 && j >= box.y0 && j + 1 <= box.y1);
  }
}

TEST(PaintLesions, HuFollowsTypeAndPhase) {
  const Input input = round_liver();
  Rng rng(2);
  const auto painted = [&](LesionType type, Phase phase) {
    return mean_in(paint_lesions(input.hu, input.liver, kSize, kSize, 1.5, only(type, phase), rng));
  };
  EXPECT_NEAR(painted(LesionType::cyst, Phase::portal_venous), 7, 14);  // water
  EXPECT_LT(painted(LesionType::metastasis, Phase::portal_venous), 90);
  EXPECT_GT(painted(LesionType::hcc, Phase::arterial), 118);
}

TEST(PaintLesions, NoiseWithinALesionIsThatOfTheSlice) {
  const Input input = round_liver();
  Rng rng(3);
  const PaintedSlice slice =
      paint_lesions(input.hu, input.liver, kSize, kSize, 1.5, only(LesionType::cyst, Phase::portal_venous), rng);
  ASSERT_EQ(slice.painted.size(), 1u);
  const Box2& box = slice.painted[0].box;
  double sum = 0, squares = 0, count = 0;
  for (int64_t j = int64_t(box.center_y()) - 3; j <= int64_t(box.center_y()) + 3; ++j)
    for (int64_t i = int64_t(box.center_x()) - 3; i <= int64_t(box.center_x()) + 3; ++i) {
      const double v = slice.hu[size_t(j * kSize + i)];
      sum += v;
      squares += v * v;
      ++count;
    }
  EXPECT_NEAR(std::sqrt(squares / count - sum / count * sum / count), 10, 4);
}

TEST(PaintLesions, WithoutLiverNothingIsPaintedAndWrongSizesAreRefused) {
  const Input input = round_liver();
  Rng rng(5);
  const std::vector<uint8_t> none(input.liver.size(), 0);
  EXPECT_TRUE(paint_lesions(input.hu, none, kSize, kSize, 1.5, {}, rng).painted.empty());
  EXPECT_THROW(paint_lesions(input.hu, none, kSize, kSize - 1, 1.5, {}, rng), Error);
}

}  // namespace
}  // namespace hepatica::phantom
