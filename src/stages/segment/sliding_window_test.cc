#include "stages/segment/sliding_window.h"

#include <gtest/gtest.h>

#include <numeric>

namespace hepatica {
namespace {

Array image_of(std::vector<int64_t> shape) {
  const auto count = std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
  Array image{std::move(shape), std::vector<float>(size_t(count))};
  for (size_t v = 0; v < image.values.size(); ++v) image.values[v] = float((v * 37) % 101);
  return image;
}

TEST(WindowStarts, CoverWithOverlap) {
  EXPECT_EQ(window_starts(10, 16, 0.5), (std::vector<int64_t>{0}));
  EXPECT_EQ(window_starts(16, 16, 0.5), (std::vector<int64_t>{0}));
  EXPECT_EQ(window_starts(32, 16, 0.5), (std::vector<int64_t>{0, 8, 16}));
  EXPECT_EQ(window_starts(20, 16, 0.0), (std::vector<int64_t>{0, 4}));
}

TEST(WindowWeights, GaussianByHand) {
  // Patch of 8: sigma 1; elements 3 and 4 lie 0.5 from the middle, 0 and 7 3.5.
  const std::vector<float> weights = window_weights({8});
  EXPECT_NEAR(weights[3], std::exp(-0.125), 1e-6);
  EXPECT_NEAR(weights[0], std::max(1e-3, std::exp(-0.5 * 3.5 * 3.5)), 1e-6);
  EXPECT_FLOAT_EQ(weights[2], weights[5]);
}

/// A pointwise network says the same in every patch, so the windows must give what the whole gives.
void expect_whole(const std::vector<int64_t>& shape, const std::vector<int64_t>& patch) {
  const Array image = image_of(shape);
  const auto pointwise = [](const Array& in) {
    Array out = in;
    for (float& value : out.values) value = 2 * value + 1;
    return out;
  };
  const Array said = sliding_window(image, {patch, 0.5, 3}, pointwise);
  ASSERT_EQ(said.shape, image.shape);
  for (size_t v = 0; v < image.values.size(); ++v) EXPECT_NEAR(said.values[v], 2 * image.values[v] + 1, 1e-3);
}

TEST(SlidingWindow, EqualsTheWholeForAPointwiseNetworkInOneToThreeAxes) {
  expect_whole({1, 1, 50}, {16});
  expect_whole({1, 2, 40, 33}, {16, 16});
  expect_whole({1, 1, 20, 19, 33}, {16, 8, 16});
}

TEST(SlidingWindow, ImageSmallerThanThePatchIsFilled) {
  expect_whole({1, 1, 5, 40}, {16, 16});
  const Array image = image_of({1, 1, 5, 7});
  sliding_window(image, {{8, 8}, 0.5, 1}, [](const Array& in) {
    EXPECT_EQ(in.shape, (std::vector<int64_t>{1, 1, 8, 8}));
    EXPECT_EQ(in.values[7], 0.0f);
    return in;
  });
}

}  // namespace
}  // namespace hepatica
