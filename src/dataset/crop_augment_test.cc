#include "dataset/crop_augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "dataset/oversample.h"

namespace hepatica {
namespace {

PlaneImage image_of(int64_t width, int64_t height, std::vector<float> values) {
  return {int64_t(values.size()) / (width * height), width, height, std::move(values)};
}

TEST(CropAugment, QuarterTurnAgainstTheClockByHand) {
  // [[1, 2], [3, 4]] -> the right column becomes the top row.
  EXPECT_EQ(turned(image_of(2, 2, {1, 2, 3, 4}), 90, 0).values, (std::vector<float>{2, 4, 1, 3}));
  EXPECT_EQ(turned(image_of(2, 2, {1, 2, 3, 4}), 180, 0).values, (std::vector<float>{4, 3, 2, 1}));
}

TEST(CropAugment, CornersOfAnEighthTurnAreFilled) {
  // Pillow 9.4: Image.fromarray(full((4, 4), 7)).rotate(45) has black corners and nothing else black.
  EXPECT_EQ(turned(image_of(4, 4, std::vector<float>(16, 7)), 45, 0).values,
            (std::vector<float>{0, 7, 7, 0, 7, 7, 7, 7, 7, 7, 7, 7, 0, 7, 7, 0}));
}

TEST(CropAugment, TurnTakesThePixelsThatPillowTakes) {
  // Pillow 9.4: Image.fromarray(arange(16).reshape(4, 4) + 1).rotate(30).
  std::vector<float> values(16);
  std::iota(values.begin(), values.end(), 1.f);
  EXPECT_EQ(turned(image_of(4, 4, values), 30, 0).values,
            (std::vector<float>{0, 3, 4, 0, 1, 6, 7, 12, 5, 10, 11, 16, 0, 13, 14, 0}));
}

TEST(CropAugment, OrderOfInversionDecidesTheCorners) {
  CropAugmentOptions options;
  options.rotation_deg = 180;
  options.invert = 1;
  // An even turn between 40 and 50 degrees, searched among the streams, cuts the corners.
  uint64_t seed = 0;
  for (;; ++seed) {
    Rng rng(seed);
    for (int draw = 0; draw < 3; ++draw) rng.uniform();
    const double angle = rng.uniform(-1, 1) * 180;
    if (angle > 40 && angle < 50) break;
  }
  for (const bool first : {true, false}) {
    PlaneImage crop = image_of(4, 4, std::vector<float>(16, 0.25f));
    Rng rng(seed);
    vary_crop(crop, {0, 1}, first, options, rng);
    EXPECT_FLOAT_EQ(crop.values[0], first ? 0 : 1) << first;
    EXPECT_FLOAT_EQ(crop.values[5], 0.75f);
  }
}

TEST(CropAugment, NoiseIsOnePlaneWithinBlackAndWhite) {
  CropAugmentOptions options;
  options.noise = 1;
  options.noise_grey = 10;
  std::vector<float> values(3 * 10000, -1);  // black
  std::fill(values.begin() + 5000, values.begin() + 10000, 0.f);
  std::copy_n(values.begin(), 10000, values.begin() + 10000);
  std::copy_n(values.begin(), 10000, values.begin() + 20000);
  PlaneImage crop = image_of(100, 100, std::move(values));
  Rng rng(3);
  vary_crop(crop, {-1, 1}, false, options, rng);
  double squares = 0;
  for (size_t i = 0; i < 10000; ++i) {
    ASSERT_EQ(crop.values[i], crop.values[i + 10000]);
    ASSERT_EQ(crop.values[i], crop.values[i + 20000]);
    ASSERT_GE(crop.values[i], -1);
    if (i >= 5000) squares += double(crop.values[i]) * double(crop.values[i]);
    if (i < 5000) {
      ASSERT_LT(crop.values[i], -0.5);  // black does not wrap round to white
    }
  }
  // Ten grey values of 255 on a range of 2; the standard error of the estimate is 1 %.
  EXPECT_NEAR(std::sqrt(squares / 5000), 10 * 2 / 255.0, 0.003);
}

TEST(CropAugment, SaltAndPepperAreATenthEach) {
  CropAugmentOptions options;
  options.salt_pepper = 1;
  PlaneImage crop = image_of(100, 100, std::vector<float>(10000, 0.5));
  Rng rng(4);
  vary_crop(crop, {0, 1}, false, options, rng);
  EXPECT_NEAR(double(std::count(crop.values.begin(), crop.values.end(), 0.f)), 1000, 120);  // 4 standard deviations
  EXPECT_NEAR(double(std::count(crop.values.begin(), crop.values.end(), 1.f)), 1000, 120);
}

TEST(CropAugment, FlipsByHand) {
  CropAugmentOptions options;
  options.flip_x = 1;
  PlaneImage crop = image_of(2, 2, {1, 2, 3, 4});
  Rng rng(1);
  vary_crop(crop, {0, 1}, false, options, rng);
  EXPECT_EQ(crop.values, (std::vector<float>{2, 1, 4, 3}));
  options.flip_y = 1;
  vary_crop(crop, {0, 1}, false, options, rng);
  EXPECT_EQ(crop.values, (std::vector<float>{3, 4, 1, 2}));
}

TEST(Oversample, RepeatsWholeListsAndTheFirstItems) {
  // Classes a: 7 items, b: 3 items (0, 1, 2), c: 5 items: b gives floor(7/3) = 2 lists and its first 1, c one list and
  // its first 2.
  std::vector<MixtureItem> items;
  for (size_t i = 0; i < 7; ++i) items.push_back({0, i});
  for (size_t i = 0; i < 3; ++i) items.push_back({1, i});
  for (size_t i = 0; i < 5; ++i) items.push_back({2, i});
  const auto all = oversampled(items, [](const MixtureItem& item) { return std::string(1, char('a' + item.source)); });
  std::vector<size_t> b, c;
  for (const MixtureItem& item : all) {
    if (item.source == 1) b.push_back(item.index);
    if (item.source == 2) c.push_back(item.index);
  }
  EXPECT_EQ(all.size(), 21u);
  EXPECT_EQ(b, (std::vector<size_t>{0, 1, 2, 0, 1, 2, 0}));
  EXPECT_EQ(c, (std::vector<size_t>{0, 1, 2, 3, 4, 0, 1}));
}

TEST(Oversample, RoundsHoldEveryItemOnce) {
  const std::vector<MixtureItem> items{{0, 0}, {0, 1}, {0, 2}};
  std::vector<MixtureItem> drawn = shuffled_rounds(items, 6, Rng(5));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(std::count(drawn.begin(), drawn.begin() + 3, items[i]), 1);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(std::count(drawn.begin() + 3, drawn.end(), items[i]), 1);
}

}  // namespace
}  // namespace hepatica
