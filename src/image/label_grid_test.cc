#include "image/label_grid.h"

#include <gtest/gtest.h>

namespace hepatica {
namespace {

Mask numbered() {
  Geometry g;
  g.size = {3, 2, 2};
  g.spacing = {2, 2, 4};
  Mask mask(g);
  for (size_t n = 0; n < 12; ++n) mask.values()[n] = uint8_t(n + 1);
  return mask;
}

TEST(LabelGrid, SameGridIsACopy) {
  const Mask mask = numbered();
  const Mask same = labels_on_grid(mask, mask.geometry());
  EXPECT_TRUE(std::equal(mask.values().begin(), mask.values().end(), same.values().begin()));
}

// Half the spacing, from 1 mm before the first centre: 0 outside, then each label twice along i.
TEST(LabelGrid, NearestLabelByHand) {
  Geometry fine;
  fine.size = {8, 1, 1};
  fine.spacing = {1, 1, 1};
  fine.origin = {-1.2, 2, 4};
  const Mask mask = labels_on_grid(numbered(), fine);
  // Source columns: -0.6, -0.1, 0.4, 0.9, 1.4, 1.9, 2.4, 2.9 in row 1 of slice 1, whose labels are 10, 11, 12.
  EXPECT_EQ(std::vector<uint8_t>(mask.values().begin(), mask.values().end()),
            (std::vector<uint8_t>{0, 10, 10, 11, 11, 12, 12, 0}));
}

TEST(LabelGrid, FlippedAxesAreFollowedAndForeignPlacesRefused) {
  Geometry flipped = numbered().geometry();
  flipped.direction[2][2] = -1;
  flipped.origin[2] = 4;
  EXPECT_EQ(labels_on_grid(numbered(), flipped).at(0, 0, 0), 7);
  Geometry away = flipped;
  away.origin[0] = 500;
  EXPECT_THROW(labels_on_grid(numbered(), away), Error);
}

}  // namespace
}  // namespace hepatica
