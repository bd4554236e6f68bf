#include "image/geometry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "image/box.h"
#include "image/volume.h"

namespace hepatica {
namespace {

Geometry oblique() {
  // Rotated by 30 degrees about z.
  const double c = std::cos(M_PI / 6), s = std::sin(M_PI / 6);
  return {{10, 20, 30}, {0.5, 0.5, 2.0}, {-100, 50, 7}, {{{c, -s, 0}, {s, c, 0}, {0, 0, 1}}}};
}

TEST(Geometry, WorldOfAnIndexByHand) {
  const Vec3 world = world_from_index(oblique(), {4, 0, 3});
  EXPECT_NEAR(world[0], -100 + 2 * std::cos(M_PI / 6), 1e-12);  // 4 columns of .5 mm along (cos, sin, 0)
  EXPECT_NEAR(world[1], 50 + 2 * std::sin(M_PI / 6), 1e-12);
  EXPECT_NEAR(world[2], 13, 1e-12);
}

TEST(Geometry, IndexAndWorldAreInverse) {
  const Vec3 index = index_from_world(oblique(), world_from_index(oblique(), {1.5, 7.25, 11}));
  EXPECT_NEAR(index[0], 1.5, 1e-9);
  EXPECT_NEAR(index[1], 7.25, 1e-9);
  EXPECT_NEAR(index[2], 11, 1e-9);
}

TEST(Geometry, SliceKeepsItsPlace) {
  const Geometry slice = slice_geometry(oblique(), 5);
  EXPECT_EQ(slice.size[2], 1);
  EXPECT_EQ(world_from_index(slice, {2, 3, 0}), world_from_index(oblique(), {2, 3, 5}));
}

TEST(Geometry, SameGridHasATolerance) {
  Geometry moved = oblique();
  moved.origin[0] += 1e-4;
  EXPECT_TRUE(same_grid(oblique(), moved));
  moved.origin[0] += 1;
  EXPECT_FALSE(same_grid(oblique(), moved));
}

TEST(Volume, RefusesAWrongNumberOfValues) { EXPECT_THROW(Volume<int16_t>(oblique(), std::vector<int16_t>(3)), Error); }

TEST(Volume, SliceIsTheSliceInMemory) {
  Volume<int16_t> volume(oblique());
  volume.at(3, 2, 1) = 42;
  EXPECT_EQ(volume.slice(1)[2 * 10 + 3], 42);
}

/// Small ones lie on the heap, large ones on pages of their own.
TEST(Volume, IsFilledAndCopiedWholeAtAnySize) {
  for (const int64_t slices : {1, 40}) {
    Geometry grid = oblique();
    grid.size = {512, 512, slices};
    Volume<int16_t> zeros(grid);
    EXPECT_EQ(std::ranges::count(zeros.values(), 0), int64_t(zeros.values().size()));
    const Volume<int16_t> air(grid, -1000);
    EXPECT_EQ(std::ranges::count(air.values(), -1000), int64_t(air.values().size()));
    zeros.at(511, 511, slices - 1) = 7;
    Volume<int16_t> copy(zeros);
    EXPECT_TRUE(std::ranges::equal(copy.values(), zeros.values()));
    copy.at(0, 0, 0) = 1;
    EXPECT_EQ(zeros.at(0, 0, 0), 0);
    zeros = copy;
    EXPECT_EQ(zeros.at(0, 0, 0), 1);
    const Volume<int16_t> moved = std::move(copy);
    EXPECT_EQ(moved.at(511, 511, slices - 1), 7);
    EXPECT_TRUE(copy.empty());  // NOLINT(bugprone-use-after-move): what is left is the question
  }
}

TEST(Box2, IntersectionOverUnionByHand) {
  EXPECT_DOUBLE_EQ(intersection_over_union({0, 0, 2, 2}, {1, 1, 3, 3}), 1.0 / 7.0);
  EXPECT_DOUBLE_EQ(intersection_over_union({0, 0, 1, 1}, {2, 2, 3, 3}), 0.0);
}

}  // namespace
}  // namespace hepatica
