#include "study/body_size.h"

#include <gtest/gtest.h>

namespace hepatica {
namespace {

/// A block of water `width` pixels of 2 mm wide in air, with a loose speck beside it.
Volume<int16_t> block(int64_t width) {
  Geometry grid;
  grid.size = {100, 60, 3};
  grid.spacing = {2, 2, 5};
  Volume<int16_t> hu(grid, int16_t(-1000));
  for (int64_t k = 0; k < 3; ++k) {
    hu.at(1, 1, k) = 50;
    for (int64_t j = 20; j < 50; ++j)
      for (int64_t i = 10; i < 10 + width; ++i) hu.at(i, j, k) = 0;
  }
  return hu;
}

TEST(BodySize, IsOfTheLargestPart) {
  EXPECT_DOUBLE_EQ(trunk_width_mm(block(75)), 150);
  EXPECT_DOUBLE_EQ(body_size(block(75)), 0.57);
  EXPECT_EQ(trunk_width_mm(Volume<int16_t>(block(1).geometry(), int16_t(-1000))), 0);
  EXPECT_EQ(body_size(Volume<int16_t>(block(1).geometry(), int16_t(-1000))), 1);
}

TEST(BodySize, IsOneForAdultsAndGrowsWithTheTrunk) {
  EXPECT_EQ(size_from_trunk_width(280), 1);
  EXPECT_DOUBLE_EQ(size_from_trunk_width(130), 0.515);  // half way between 110 and 150 mm
  EXPECT_EQ(size_from_trunk_width(60), 0.46);
}

}  // namespace
}  // namespace hepatica
