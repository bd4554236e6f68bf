#include "stages/report/slice_view.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "stages/report/synthetic_input_test.h"

namespace hepatica::report {
namespace {

Geometry grid(int64_t nx, int64_t ny, double spacing_i, double spacing_j) {
  Geometry geometry;
  geometry.size = {nx, ny, 3};
  geometry.spacing = {spacing_i, spacing_j, 5};
  geometry.origin = {0, 0, -50};
  return geometry;
}

TEST(SliceView, ShowsAxialSlicesAsTheyAreStored) {
  const SliceView view(grid(10, 20, 2, 3), 1);
  EXPECT_EQ(view.letters(), (std::array<char, 4>{'R', 'L', 'A', 'P'}));
  EXPECT_DOUBLE_EQ(view.extent().width, 20);
  EXPECT_DOUBLE_EQ(view.extent().height, 60);
  const ScreenPoint point = view.screen_from_pixel(4, 5);
  EXPECT_DOUBLE_EQ(point.x, 8);
  EXPECT_DOUBLE_EQ(point.y, 15);
  EXPECT_DOUBLE_EQ(view.position_mm(), -45);  // -50 + 1 * 5
}

TEST(SliceView, FlipsAndTurnsToThePatient) {
  Geometry flipped = grid(10, 20, 2, 3);
  flipped.direction = {{{-1, 0, 0}, {0, -1, 0}, {0, 0, 1}}};
  const SliceView view(flipped, 0);
  EXPECT_EQ(view.letters(), (std::array<char, 4>{'R', 'L', 'A', 'P'}));
  EXPECT_DOUBLE_EQ(view.screen_from_pixel(0, 0).x, 20);
  EXPECT_DOUBLE_EQ(view.screen_from_pixel(0, 0).y, 60);

  Geometry turned = grid(10, 20, 2, 3);  // i runs to the back, j to the left
  turned.direction = {{{0, 1, 0}, {1, 0, 0}, {0, 0, -1}}};
  const SliceView other(turned, 0);
  EXPECT_EQ(other.letters(), (std::array<char, 4>{'R', 'L', 'A', 'P'}));
  EXPECT_DOUBLE_EQ(other.extent().width, 60);
  const ScreenPoint back = other.pixel_from_screen(other.screen_from_pixel(3, 7));
  EXPECT_DOUBLE_EQ(back.x, 3);
  EXPECT_DOUBLE_EQ(back.y, 7);
}

TEST(SliceView, NamesTheSidesOfCoronalSlices) {
  Geometry coronal = grid(10, 20, 1, 1);  // i to the left, j to the feet
  coronal.direction = {{{1, 0, 0}, {0, 0, 1}, {0, -1, 0}}};
  EXPECT_EQ(SliceView(coronal, 0).letters(), (std::array<char, 4>{'R', 'L', 'H', 'F'}));
}

TEST(BodyBox, LeavesTheTableOut) {
  const PhaseImage image = synthetic_image(0, Phase::arterial, 80, 140);
  const ScreenBox box = body_box(image.hu, SliceView(image.hu.geometry(), 3));
  // The body spans 130 x 84 pixels of 2.5 mm from (15, 13); cells of 5 mm and a margin of 8 mm.
  EXPECT_NEAR(box.x, 37.5 - 8, 10);
  EXPECT_NEAR(box.y, 32.5 - 8, 10);
  EXPECT_NEAR(box.y + box.height, 242.5 + 8, 10);
  EXPECT_LT(box.y + box.height, 270);  // the table begins here
}

TEST(BodyBox, IsTheWholeSliceWithoutTissue) {
  const Volume<int16_t> air(grid(10, 20, 2, 3), -1000);
  EXPECT_DOUBLE_EQ(body_box(air, SliceView(air.geometry(), 0)).width, 20);
}

TEST(WithAspect, GrowsAboutTheCentre) {
  const ScreenBox box = with_aspect({0, 0, 100, 100}, 2);
  EXPECT_DOUBLE_EQ(box.x, -50);
  EXPECT_DOUBLE_EQ(box.width, 200);
  EXPECT_DOUBLE_EQ(box.height, 100);
}

TEST(Outline, FollowsADiscAndIsClosed) {
  Mask mask(grid(40, 40, 1, 1), 0);
  for (int64_t j = 0; j < 40; ++j)
    for (int64_t i = 0; i < 40; ++i)
      if (std::hypot(double(i) + 0.5 - 20, double(j) + 0.5 - 20) <= 12) mask.at(i, j, 1) = 1;
  const auto lines = outline(mask, SliceView(mask.geometry(), 1));
  ASSERT_GT(lines.size(), 60u);  // a circumference of 75 mm in steps of at most 1.4 mm
  std::map<std::pair<long, long>, int> ends;
  for (const auto& line : lines)
    for (const ScreenPoint& end : line) {
      EXPECT_NEAR(std::hypot(end.x - 20, end.y - 20), 12, 0.8);
      ++ends[{std::lround(end.x * 1e4), std::lround(end.y * 1e4)}];
    }
  for (const auto& [point, count] : ends) EXPECT_EQ(count % 2, 0) << point.first << " " << point.second;
  EXPECT_TRUE(outline(mask, SliceView(mask.geometry(), 0)).empty());
}

TEST(Outline, ClosesAtTheBorder) {
  const Mask full(grid(4, 4, 1, 1), 1);
  const auto lines = outline(full, SliceView(full.geometry(), 0));
  EXPECT_FALSE(lines.empty());
}

}  // namespace
}  // namespace hepatica::report
