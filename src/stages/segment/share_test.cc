#include "stages/segment/share.h"

#include <gtest/gtest.h>

namespace hepatica {
namespace {

/// 10 x 10 x 4 voxels of 10 mm (1 ml), of which the first `columns` columns are liver.
PhaseImage image_with(Phase phase, int64_t columns, int16_t hu = 60) {
  Geometry grid;
  grid.size = {10, 10, 4};
  grid.spacing = {10, 10, 10};
  PhaseImage image;
  image.phase = phase;
  image.hu = Volume<int16_t>(grid, hu);
  image.liver = Mask(grid);
  for (int64_t k = 0; k < 4; ++k)
    for (int64_t j = 0; j < 10; ++j)
      for (int64_t i = 0; i < columns; ++i) image.liver.at(i, j, k) = 1;
  image.liver_volume_ml = double(40 * columns);
  return image;
}

TEST(ShareLivers, ASmallerLiverTakesTheLargerOne) {
  std::vector<PhaseImage> images{image_with(Phase::arterial, 3), image_with(Phase::portal_venous, 6)};
  const SharedLivers shared = share_livers(images);
  EXPECT_EQ(shared.taken, (std::vector<bool>{true, false}));
  EXPECT_DOUBLE_EQ(images[0].liver_volume_ml, 240);
  EXPECT_EQ(images[0].liver.at(5, 0, 0), 1);
  EXPECT_NE(shared.warnings.at(0).find("120 of 240 ml"), std::string::npos);
}

TEST(ShareLivers, LiversOfAboutOneSizeStay) {
  std::vector<PhaseImage> images{image_with(Phase::arterial, 5), image_with(Phase::portal_venous, 6)};
  EXPECT_TRUE(share_livers(images).warnings.empty());
  EXPECT_DOUBLE_EQ(images[0].liver_volume_ml, 200);
}

TEST(ShareLivers, OnlyTheCommonPartCounts) {
  std::vector<PhaseImage> images{image_with(Phase::arterial, 3), image_with(Phase::portal_venous, 6)};
  Geometry moved = images[0].hu.geometry();
  moved.origin = {30, 0, 0};  // sees the last three columns of the other's liver
  images[0].hu.set_geometry(moved);
  images[0].liver.set_geometry(moved);
  EXPECT_TRUE(share_livers(images).warnings.empty());
}

TEST(ShareLivers, NotWhereThereIsNoSoftTissue) {
  std::vector<PhaseImage> images{image_with(Phase::arterial, 0, -800), image_with(Phase::portal_venous, 6)};
  EXPECT_EQ(share_livers(images).taken, (std::vector<bool>{false, false}));
  images = {image_with(Phase::arterial, 0), image_with(Phase::portal_venous, 0)};
  EXPECT_TRUE(share_livers(images).warnings.empty());  // no liver at all
}

}  // namespace
}  // namespace hepatica
