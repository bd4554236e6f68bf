#include "image/orient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace hepatica {
namespace {

/// Axes i = to the feet, j = to the left, k = to the front, all tilted by 10 degrees about x.
Geometry coronal() {
  const double c = std::cos(M_PI / 18), s = std::sin(M_PI / 18);
  Geometry g;
  g.size = {4, 3, 2};
  g.spacing = {5, 0.7, 0.8};
  g.origin = {10, 20, 30};
  g.direction = {{{0, 1, 0}, {s, 0, -c}, {-c, 0, -s}}};
  return g;
}

TEST(Orient, AxialOrderIsFoundByHand) {
  const AxisOrder order = axial_order(coronal());
  EXPECT_EQ(order.from, (std::array<int, 3>{1, 2, 0}));
  EXPECT_EQ(order.flipped, (std::array<bool, 3>{false, true, true}));
  EXPECT_TRUE(axial_order(Geometry{}).is_identity());
}

TEST(Orient, EveryVoxelKeepsItsPlaceInTheWorld) {
  Volume<int16_t> volume(coronal());
  std::iota(volume.values().begin(), volume.values().end(), int16_t(0));
  const Volume<int16_t> axial = to_axial(volume);
  EXPECT_EQ(axial.geometry().size, (std::array<int64_t, 3>{3, 2, 4}));
  EXPECT_EQ(axial.geometry().spacing, (Vec3{0.7, 0.8, 5}));
  for (int axis = 0; axis < 3; ++axis) EXPECT_GT(axial.geometry().direction[axis][axis], 0.98);
  for (int64_t k = 0; k < axial.nz(); ++k)
    for (int64_t j = 0; j < axial.ny(); ++j)
      for (int64_t i = 0; i < axial.nx(); ++i) {
        const Vec3 world = world_from_index(axial.geometry(), {double(i), double(j), double(k)});
        const Vec3 index = index_from_world(volume.geometry(), world);
        EXPECT_EQ(axial.at(i, j, k), volume.at(std::lround(index[0]), std::lround(index[1]), std::lround(index[2])));
        for (const double value : index) EXPECT_NEAR(value, std::round(value), 1e-9);
      }
}

TEST(Orient, RestoresMasksAndRefusesOtherGrids) {
  Mask mask(coronal());
  mask.at(3, 0, 1) = 2;
  mask.at(1, 2, 0) = 1;
  const Mask back = restore_orientation(to_axial(mask), mask.geometry());
  EXPECT_TRUE(std::equal(back.values().begin(), back.values().end(), mask.values().begin()));
  EXPECT_EQ(back.geometry(), mask.geometry());
  EXPECT_THROW(restore_orientation(mask, mask.geometry()), Error);
}

}  // namespace
}  // namespace hepatica
