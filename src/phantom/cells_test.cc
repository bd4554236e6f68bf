#include "phantom/cells.h"

#include <gtest/gtest.h>

#include <set>

namespace hepatica::phantom {
namespace {

TEST(CellField, HasAboutOneCellACubeAndWallsBetweenThem) {
  const CellField field{{3, 5, 7}, 0.1f};  // cubes of 10 mm
  std::set<uint32_t> cells;
  int changes = 0, away_from_walls = 0;
  for (int j = 0; j < 10; ++j) {
    uint32_t before = field({0, float(10 * j), 0}).cell;
    float wall_before = 0;
    for (int i = 0; i < 400; ++i) {
      const CellField::Place place = field({0.25f * float(i), float(10 * j), 0});
      EXPECT_GE(place.to_wall_mm, 0);
      EXPECT_LT(place.to_wall_mm, 18);
      cells.insert(place.cell);
      if (place.cell != before) {
        ++changes;
        away_from_walls += place.to_wall_mm > 0.3f && wall_before > 0.3f;  // a step is 0.25 mm
      }
      before = place.cell;
      wall_before = place.to_wall_mm;
    }
  }
  EXPECT_GT(cells.size(), 60u);
  EXPECT_LT(cells.size(), 220u);
  EXPECT_GT(changes, 50);
  EXPECT_EQ(away_from_walls, 0);
}

TEST(CellField, ValuesOfACellAreItsOwn) {
  EXPECT_EQ(CellField::value(12, 1), CellField::value(12, 1));
  EXPECT_NE(CellField::value(12, 1), CellField::value(12, 2));
  double mean = 0;
  for (uint32_t cell = 0; cell < 1000; ++cell) mean += CellField::value(cell, 0) / 1000;
  EXPECT_NEAR(mean, 0.5, 0.04);  // four standard errors of a uniform mean
}

}  // namespace
}  // namespace hepatica::phantom
