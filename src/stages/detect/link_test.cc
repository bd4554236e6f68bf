#include "stages/detect/link.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stages/detect/axes.h"
#include "stages/detect/lesions.h"

namespace hepatica {
namespace {

/// A phase of 0.8 x 0.8 x 4 mm voxels, liver of 100 HU everywhere.
PhaseImage phase_image(Phase phase, double origin_z = 0) {
  Geometry geometry;
  geometry.size = {100, 100, 30};
  geometry.spacing = {0.8, 0.8, 4};
  geometry.origin = {0, 0, origin_z};
  PhaseImage image;
  image.phase = phase;
  image.hu = Volume<int16_t>(geometry, int16_t(100));
  image.liver = Mask(geometry, uint8_t(1));
  return image;
}

/// A ball of `hu` around (x, y, z) mm, and its boxes on slices with this score.
std::vector<Detection> add_ball(
    PhaseImage& image, size_t index, const Vec3& center, double radius, int16_t hu, double score) {
  std::vector<Detection> boxes;
  const Geometry& geometry = image.hu.geometry();
  for (int64_t k = 0; k < image.hu.nz(); ++k) {
    const double dz = geometry.origin[2] + 4.0 * double(k) - center[2];
    if (std::abs(dz) >= radius) continue;
    const double r = std::sqrt(radius * radius - dz * dz) / 0.8, x = center[0] / 0.8, y = center[1] / 0.8;
    for (int64_t j = 0; j < 100; ++j)
      for (int64_t i = 0; i < 100; ++i)
        if (std::hypot(double(i) - x, double(j) - y) <= r) image.hu.at(i, j, k) = hu;
    boxes.push_back({index, k, {x - r + 0.5, y - r + 0.5, x + r + 0.5, y + r + 0.5}, score});
  }
  return boxes;
}

void append(std::vector<Detection>& all, const std::vector<Detection>& some) {
  all.insert(all.end(), some.begin(), some.end());
}

TEST(Overlap, OfTheSmallerByHand) {
  EXPECT_DOUBLE_EQ(overlap_of_smaller(Box2{0, 0, 10, 10}, Box2{5, 0, 9, 10}), 1.0);
  EXPECT_DOUBLE_EQ(overlap_of_smaller(Box2{0, 0, 10, 10}, Box2{5, 5, 15, 15}), 0.25);
  EXPECT_DOUBLE_EQ(overlap_of_smaller(Box2{0, 0, 10, 10}, Box2{10, 0, 20, 10}), 0.0);
  // In space: apart by 2 along z with 3 allowed leaves an overlap of 1 of 10.
  EXPECT_DOUBLE_EQ(overlap_of_smaller(Box3{{0, 0, 0}, {10, 10, 10}}, Box3{{0, 0, 12}, {10, 10, 22}}, {0, 0, 3}), 0.1);
}

TEST(LinkSlices, GapsTooWideSplit) {
  Geometry geometry;
  geometry.spacing = {1, 1, 4};
  const Box2 box{10, 10, 20, 20};
  const std::vector<Detection> detections{
      {0, 1, box, 0.5}, {0, 3, box, 0.5}, {0, 6, box, 0.5}, {0, 3, {40, 40, 50, 50}, 0.5}};
  const std::vector<Track> tracks = link_slices(detections, geometry, {});  // gap 8 mm: two slices
  ASSERT_EQ(tracks.size(), 3u);
  EXPECT_EQ(tracks[0].detections.size(), 2u);
}

TEST(LinkSlices, ABoxWithinABetterOneIsTheSameLesion) {
  const Detection large{0, 1, {10, 10, 40, 40}, 0.6}, inside{0, 1, {12, 12, 22, 22}, 0.5},
      beside{0, 1, {35, 10, 65, 40}, 0.3};
  const std::vector<Track> tracks = link_slices({inside, large, beside}, {}, {});
  ASSERT_EQ(tracks.size(), 2u);
  EXPECT_EQ(tracks[0].detections[0].box, large.box);
  EXPECT_EQ(tracks[1].detections[0].box, beside.box);
}

TEST(LinkSlices, DoubtfulBoxesAtTheEndsAreLeftOut) {
  Geometry geometry;
  geometry.spacing = {1, 1, 4};
  const Box2 box{10, 10, 20, 20}, vessel{10, 10, 40, 40};
  // A quarter of the best is .15; what is between sure boxes stays.
  const std::vector<Track> tracks = link_slices({{0, 1, vessel, 0.05},
                                                 {0, 2, box, 0.14},
                                                 {0, 3, box, 0.5},
                                                 {0, 4, box, 0.1},
                                                 {0, 5, box, 0.6},
                                                 {0, 6, vessel, 0.1}},
                                                geometry,
                                                {});
  ASSERT_EQ(tracks.size(), 1u);
  ASSERT_EQ(tracks[0].detections.size(), 3u);
  EXPECT_EQ(tracks[0].detections.front().slice, 3);
  EXPECT_EQ(tracks[0].detections.back().slice, 5);
  LinkOptions all;
  all.least_part = 0;
  EXPECT_EQ(link_slices({{0, 2, box, 0.1}, {0, 3, box, 0.5}}, geometry, all)[0].detections.size(), 2u);
}

TEST(LinkDetections, OneLesionAcrossPhasesInSpiteOfBreathing) {
  PreprocessedStudy study{{phase_image(Phase::arterial), phase_image(Phase::portal_venous, -6)}, {}};
  std::vector<Detection> detections;
  append(detections, add_ball(study.images[0], 0, {30, 30, 50}, 12, 160, 0.8));
  append(detections, add_ball(study.images[1], 1, {31, 30, 58}, 12, 60, 0.7));
  append(detections, add_ball(study.images[1], 1, {60, 60, 50}, 8, 60, 0.6));
  const auto lesions = find_lesions(study, link_detections(study, detections, {}));
  ASSERT_EQ(lesions.size(), 2u);
  const Lesion& large = lesions[0].lesion;
  EXPECT_EQ(large.id, 1);
  EXPECT_EQ(large.best_slices.size(), 2u);
  EXPECT_DOUBLE_EQ(large.score, 0.5 * (0.8 + 0.75));
  EXPECT_NEAR(large.long_axis_mm, 24, 1.7);
  EXPECT_NEAR(large.short_axis_mm, 24, 2.4);
  const double ml = 4.0 / 3 * M_PI * std::pow(12.0, 3) / 1000;
  EXPECT_NEAR(large.volume_ml, ml, 0.12 * ml);
  EXPECT_NEAR(large.box.center()[2], 58, 2.1);  // of the portal venous phase
  EXPECT_NEAR(large.box.center()[0], 31, 0.6);
  EXPECT_EQ(reference_image(study), 1u);
}

TEST(LesionScore, ByHand) {
  const Box2 box{10, 10, 30, 30};
  const Track twice{0, {{0, 5, box, 0.4}, {0, 6, box, 0.6}, {0, 7, box, 0.2}}}, once{1, {{1, 5, box, 0.8}}};
  // 10 mm are two slices of 5 mm: (0.6 + 0.4) / 2 = 0.5 in the first phase, 0.8 / 2 = 0.4 in the second.
  EXPECT_DOUBLE_EQ(lesion_score({twice}, {5}, {}), 0.5);
  EXPECT_DOUBLE_EQ(lesion_score({twice}, {5, 5}, {}), 0.5 * (0.5 + 0.25));
  EXPECT_DOUBLE_EQ(lesion_score({twice, once}, {5, 5}, {}), 0.5 * (0.5 + 0.45));
  EXPECT_DOUBLE_EQ(lesion_score({once}, {5, 20}, {}), 0.5 * (0.8 + 0.4));  // half a slice counts as one
  LinkOptions best;
  best.all_phases = 0;
  EXPECT_DOUBLE_EQ(lesion_score({twice, once}, {5, 5}, best), 0.5);
}

TEST(SliceSteps, TheSmallestBetweenSlicesWithBoxes) {
  const PreprocessedStudy study{{phase_image(Phase::arterial), phase_image(Phase::portal_venous)}, {}};
  const Box2 box{10, 10, 30, 30};
  const std::vector<double> steps = slice_steps_mm(study, {{0, 9, box, 0.4}, {0, 3, box, 0.4}, {0, 5, box, 0.4}});
  EXPECT_EQ(steps, (std::vector<double>{8, 4}));  // slices of 4 mm; none in the second image
}

TEST(LinkDetections, OneWeakSliceIsNotBelieved) {
  PreprocessedStudy study{{phase_image(Phase::arterial)}, {}};
  const Box2 box{10, 10, 30, 30};
  EXPECT_TRUE(link_detections(study, {{0, 5, box, 0.4}}, {}).empty());
  EXPECT_EQ(link_detections(study, {{0, 5, box, 0.9}}, {}).size(), 1u);
  EXPECT_EQ(link_detections(study, {{0, 5, box, 0.4}, {0, 6, box, 0.5}}, {}).size(), 1u);
}

TEST(LinkDetections, LargeLesionsNeedAScoreOfTheirOwn) {
  PreprocessedStudy study{{phase_image(Phase::arterial)}, {}};
  // Boxes of 16 and of 24 mm on three slices of 4 mm, over which 10 mm are averaged: the score is the boxes' own.
  const auto found = [&](double side_px, double score) {
    const Box2 box{10, 10, 10 + side_px, 20};
    return link_detections(study, {{0, 5, box, score}, {0, 6, box, score}, {0, 7, box, score}}, {}).size();
  };
  EXPECT_EQ(found(20, 0.3), 1u);
  EXPECT_EQ(found(30, 0.3), 0u);
  EXPECT_EQ(found(30, 0.45), 1u);
}

TEST(RegionOf, FallsBackToTheEllipseWithoutContrast) {
  PhaseImage image = phase_image(Phase::arterial);
  const Track track{0, {{0, 5, {20, 20, 40, 30}, 0.9}}};
  const LesionRegion region = region_of(track, image);
  const auto voxels = double(std::count(region.inside.begin(), region.inside.end(), 1));
  EXPECT_NEAR(voxels, M_PI * 10 * 5, 8);
}

TEST(PaintLesions, CarriesLesionsToTheOtherPhase) {
  PreprocessedStudy study{{phase_image(Phase::arterial), phase_image(Phase::portal_venous, -8)}, {}};
  const std::vector<Detection> detections = add_ball(study.images[0], 0, {30, 30, 50}, 12, 160, 0.8);
  const auto lesions = find_lesions(study, link_detections(study, detections, {}));
  ASSERT_EQ(lesions.size(), 1u);
  const Mask labels = paint_lesions(study, lesions, 1);
  const auto count = std::count(labels.values().begin(), labels.values().end(), 1);
  EXPECT_EQ(count, std::count(lesions[0].regions[0].inside.begin(), lesions[0].regions[0].inside.end(), 1));
  const Vec3 at = index_from_world(labels.geometry(), {30, 30, 48});
  EXPECT_EQ(labels.at(std::llround(at[0]), std::llround(at[1]), std::llround(at[2])), 1);
}

TEST(AddToLivers, LesionsThatTheSegmenterLeftOut) {
  PreprocessedStudy study{{phase_image(Phase::arterial), phase_image(Phase::portal_venous, -8)}, {}};
  const std::vector<Detection> detections = add_ball(study.images[0], 0, {30, 30, 50}, 12, 160, 0.8);
  const auto lesions = find_lesions(study, link_detections(study, detections, {}));
  ASSERT_EQ(lesions.size(), 1u);
  const auto inside = size_t(std::count(lesions[0].regions[0].inside.begin(), lesions[0].regions[0].inside.end(), 1));
  Mask& liver = study.images[0].liver;
  std::fill(liver.values().begin(), liver.values().end(), uint8_t(0));
  study.images[0].liver_volume_ml = 10;
  add_to_livers(study, lesions);
  EXPECT_EQ(size_t(std::count(liver.values().begin(), liver.values().end(), 1)), inside);
  EXPECT_NEAR(study.images[0].liver_volume_ml, 10 + double(inside) * 0.8 * 0.8 * 4 / 1000, 1e-9);
  EXPECT_DOUBLE_EQ(study.images[1].liver_volume_ml, 0);  // all of it was liver
}

TEST(AxesOf, RectangleByHand) {
  // 9 x 3 pixels of 1 x 2 mm. Longest between the side midpoints (0.5, -1) and (8.5, 5): sqrt(64 + 36) = 10; the
  // chord perpendicular to it has length 6 / 0.8 = 7.5, here within a strip's width.
  std::vector<uint8_t> slice(size_t(20 * 10), 0);
  for (int j = 2; j < 5; ++j)
    for (int i = 4; i < 13; ++i) slice[size_t(j * 20 + i)] = 1;
  const Axes axes = axes_of(slice, 20, 10, 1, 2);
  EXPECT_NEAR(axes.long_mm, 10.0, 1e-9);
  EXPECT_NEAR(axes.short_mm, 7.5, 0.8);
  EXPECT_EQ(axes_of(std::vector<uint8_t>(4, 0), 2, 2, 1, 1).long_mm, 0);
}

TEST(AxesOf, EllipseWithinAPixel) {
  std::vector<uint8_t> slice(size_t(100 * 100), 0);
  for (int j = 0; j < 100; ++j)
    for (int i = 0; i < 100; ++i) {
      const double u = (i - 50) * std::cos(0.4) + (j - 50) * std::sin(0.4),
                   v = (j - 50) * std::cos(0.4) - (i - 50) * std::sin(0.4);
      slice[size_t(j * 100 + i)] = u * u / (30 * 30) + v * v / (15 * 15) <= 1;
    }
  const Axes axes = axes_of(slice, 100, 100, 0.7, 0.7);
  EXPECT_NEAR(axes.long_mm, 42, 0.7);
  EXPECT_NEAR(axes.short_mm, 21, 1.0);
}

}  // namespace
}  // namespace hepatica
