#include "image/morphology.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"
#include "image/components.h"

namespace hepatica {
namespace {

Mask mask_of(std::array<int64_t, 3> size, const std::vector<uint8_t>& values) {
  Geometry geometry;
  geometry.size = size;
  return Mask(geometry, values);
}

std::vector<uint8_t> values_of(const Mask& mask) { return {mask.values().begin(), mask.values().end()}; }

TEST(Components, DiagonalPixelsTouchByCornersOnly) {
  const Mask mask = mask_of({3, 3, 1}, {1, 0, 0, 0, 1, 0, 0, 0, 1});
  EXPECT_EQ(find_components(mask, Connectivity::faces).sizes, (std::vector<size_t>{6, 1, 1, 1}));
  EXPECT_EQ(find_components(mask, Connectivity::all).sizes, (std::vector<size_t>{6, 3}));
}

TEST(Components, ArmsThatMeetLateAreOne) {
  const Mask mask = mask_of({3, 2, 1}, {1, 0, 1, 1, 1, 1});
  EXPECT_EQ(find_components(mask, Connectivity::faces).labels, (std::vector<int32_t>{1, 0, 1, 1, 1, 1}));
}

TEST(Components, SlicesAreJoinedInSpace) {
  const Mask mask = mask_of({2, 1, 2}, {1, 0, 1, 1});
  EXPECT_EQ(find_components(mask, Connectivity::faces).sizes, (std::vector<size_t>{1, 3}));
}

TEST(KeepLargest, ByFractionOfTheLargest) {
  Mask mask = mask_of({7, 1, 1}, {1, 0, 1, 1, 1, 1, 0});
  Mask half = mask;
  keep_largest_components(mask, 1);
  EXPECT_EQ(values_of(mask), (std::vector<uint8_t>{0, 0, 1, 1, 1, 1, 0}));
  keep_largest_components(half, 0.25);
  EXPECT_EQ(values_of(half), (std::vector<uint8_t>{1, 0, 1, 1, 1, 1, 0}));
}

TEST(FillHoles, OnlyWhatIsEnclosed) {
  Mask mask = mask_of({4, 4, 1}, {1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0});
  fill_holes_on_slices(mask);
  EXPECT_EQ(values_of(mask), (std::vector<uint8_t>{1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0}));
}

TEST(FillHoles, InSpaceWhatIsOpenInOneSliceStays) {
  // Two slices with a hole at (1, 1); on the second one the hole opens to the side.
  Mask closed = mask_of({3, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  Mask open = closed;
  open.at(1, 1, 2) = open.at(1, 2, 2) = 0;
  const std::vector<uint8_t> before = values_of(open);
  fill_holes_in_space(closed);
  EXPECT_EQ(values_of(closed), std::vector<uint8_t>(27, 1));
  fill_holes_in_space(open);
  EXPECT_EQ(values_of(open), before);
  Mask through = mask_of({3, 3, 1}, {1, 1, 1, 1, 0, 1, 1, 1, 1});  // open above and below only: filled
  fill_holes_in_space(through);
  EXPECT_EQ(values_of(through), std::vector<uint8_t>(9, 1));
}

TEST(SquaredDistance, EqualsBruteForce) {
  Rng rng(7);
  const int64_t nx = 23, ny = 17;
  std::vector<uint8_t> slice(size_t(nx * ny), 0);
  for (int point = 0; point < 9; ++point) slice[size_t(rng.integer(0, nx * ny - 1))] = 1;
  const std::vector<float> distance = squared_distance(slice, nx, ny, 0.7, 1.3);
  for (int64_t j = 0; j < ny; ++j)
    for (int64_t i = 0; i < nx; ++i) {
      double nearest = 1e9;
      for (int64_t v = 0; v < ny; ++v)
        for (int64_t u = 0; u < nx; ++u)
          if (slice[size_t(v * nx + u)])
            nearest = std::min(nearest, std::pow(0.7 * double(i - u), 2) + std::pow(1.3 * double(j - v), 2));
      EXPECT_NEAR(distance[size_t(j * nx + i)], nearest, 1e-3);
    }
}

TEST(SquaredDistance, InfiniteWithoutLabels) {
  EXPECT_TRUE(std::isinf(squared_distance(std::vector<uint8_t>(4, 0), 2, 2, 1, 1)[0]));
}

TEST(CloseOnSlices, FillsANotchAndKeepsTheRest) {
  // A 5 x 3 block at the border with a notch one pixel wide.
  Mask mask = mask_of({5, 4, 1}, {1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0});
  close_on_slices(mask, 1.0);
  EXPECT_EQ(mask.at(2, 1, 0), 1);
  EXPECT_EQ(mask.at(0, 0, 0), 1);
  for (int64_t i = 0; i < 5; ++i) EXPECT_EQ(mask.at(i, 3, 0), 0);
}

}  // namespace
}  // namespace hepatica
