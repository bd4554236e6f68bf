#include "image/height_shift.h"

#include <gtest/gtest.h>

namespace hepatica {
namespace {

/// An organ from 20 to 30 mm along z, 8 mm deep and as wide as it is high above 0, all moved up by `higher` mm.
Mask organ(double higher, double spacing) {
  Geometry grid;
  grid.size = {40, 40, int64_t(60 / spacing)};
  grid.spacing = {1, 1, spacing};
  Mask mask(grid);
  for (int64_t k = 0; k < grid.size[2]; ++k) {
    const double z = double(k) * spacing - higher;
    if (z < 20 || z > 30) continue;
    for (int64_t j = 0; j < 8; ++j)
      for (int64_t i = 0; i < int64_t(z); ++i) mask.at(i, j, k) = 1;
  }
  return mask;
}

TEST(HeightShift, FindsTheShiftOfAnOrgan) {
  const Mask a = organ(0, 1), higher = organ(7, 1), lower = organ(-4, 1), none(a.geometry());
  const auto shifts = height_shifts_mm({&a, &higher, &lower, &none}, 15);
  EXPECT_EQ(shifts[0], (std::vector<double>{0, 7, -4, 0}));
  EXPECT_EQ(shifts[1], (std::vector<double>{-7, 0, -11, 0}));
  EXPECT_EQ(shifts[3], (std::vector<double>{0, 0, 0, 0}));
}

TEST(HeightShift, StaysWithinTheLimit) {
  const Mask a = organ(0, 1), b = organ(12, 1);
  EXPECT_EQ(height_shifts_mm({&a, &b}, 5)[0][1], 5);
}

TEST(HeightShift, GridsMayDiffer) {
  const Mask a = organ(0, 1), b = organ(5, 2.5);
  EXPECT_NEAR(height_shifts_mm({&a, &b}, 15)[0][1], 5, 1);
  const Mask none;
  EXPECT_EQ(height_shifts_mm({&a, &none}, 15)[0][1], 0);
}

}  // namespace
}  // namespace hepatica
