#include "stages/classify/phases.h"

#include <gtest/gtest.h>

namespace hepatica {
namespace {

PhaseImage image_of(Phase phase, double spacing, double first_z, int64_t slices) {
  Geometry grid;
  grid.size = {64, 64, slices};
  grid.spacing = {spacing, spacing, 5};
  grid.origin = {0, 0, first_z};
  PhaseImage image;
  image.phase = phase;
  image.hu = Volume<int16_t>(grid);
  return image;
}

TEST(SamePlane, FollowsTheBreathElseKeepsThePlace) {
  PreprocessedStudy study;
  study.images = {image_of(Phase::arterial, 1, 0, 10),
                  image_of(Phase::portal_venous, 2, 0, 10),
                  image_of(Phase::delayed, 1, 100, 10)};
  // The arterial box spans 9.5 to 19.5 mm; in the portal phase the lesion was found 10 mm higher and 2 mm aside.
  const std::vector<Detection> detections{{0, 3, {10, 10, 20, 20}, .9},
                                          {1, 5, {6, 5, 11, 10}, .8},
                                          {1, 5, {30, 30, 35, 35}, .9},
                                          {1, 9, {5, 5, 10, 10}, .9}};
  const auto planes = same_plane(study, detections, 0);
  ASSERT_EQ(planes.size(), 2u);  // the delayed scan starts at 100 mm
  EXPECT_EQ(planes[0].slice, 3);
  EXPECT_EQ(planes[1].image, 1u);
  EXPECT_EQ(planes[1].slice, 5);
  EXPECT_EQ(planes[1].box, detections[1].box);

  const auto alone = same_plane(study, {detections[0]}, 0);
  ASSERT_EQ(alone.size(), 2u);
  EXPECT_EQ(alone[1].slice, 3);
  // 9.5 .. 19.5 mm in pixels of 2 mm whose centres are at 0, 2, ...: indices 4.75 .. 9.75, edges half a pixel on.
  EXPECT_EQ(alone[1].box, (Box2{5.25, 5.25, 10.25, 10.25}));
}

std::vector<int64_t> slices_of(const std::vector<Detection>& detections, size_t image) {
  std::vector<int64_t> slices;
  for (const Detection& d : detections)
    if (d.image == image) slices.push_back(d.slice);
  return slices;
}

TEST(InAllPhases, AddsThePhasesThatWereBoxedLess) {
  PreprocessedStudy study;
  study.images = {image_of(Phase::arterial, 1, 0, 12),
                  image_of(Phase::portal_venous, 2, 0, 12),
                  image_of(Phase::delayed, 1, 0, 12),
                  image_of(Phase::noncontrast, 1, 20, 2)};
  // 20 mm high in the arterial phase; one slice in the portal one, where the liver lies 10 mm higher; half of it in the
  // delayed.
  std::vector<Detection> lesion;
  for (const int64_t slice : {3, 4, 5, 6}) lesion.push_back({0, slice, {10, 10, 20, 20}, .9});
  lesion.push_back({1, 6, {6, 5, 11, 10}, .8});
  for (const int64_t slice : {4, 5}) lesion.push_back({2, slice, {10, 10, 20, 20}, .7});
  std::vector<std::vector<double>> breathing(4, std::vector<double>(4, 0));
  breathing[0][1] = 10;
  const auto all = in_all_phases(study, breathing, lesion);
  EXPECT_EQ(slices_of(all, 0), (std::vector<int64_t>{3, 4, 5, 6}));
  EXPECT_EQ(slices_of(all, 1), (std::vector<int64_t>{5, 6, 7, 8}));
  EXPECT_EQ(slices_of(all, 2), (std::vector<int64_t>{4, 5}));
  EXPECT_EQ(slices_of(all, 3), (std::vector<int64_t>{0, 1}));  // from 20 mm on: 20 and 25 mm, slices 4 and 5
  EXPECT_EQ(all[4].box, (Box2{5.25, 5.25, 10.25, 10.25}));
  EXPECT_EQ(all[5].box, lesion[4].box);  // its own box stays
}

}  // namespace
}  // namespace hepatica
