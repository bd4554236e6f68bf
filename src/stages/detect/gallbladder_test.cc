#include "stages/detect/gallbladder.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hepatica {
namespace {

constexpr Vec3 kCyst{40, 40, 70}, kGallbladder{60, 40, 28};
constexpr double kRadius = 10;

bool within(const Vec3& p, const Vec3& center, double radius) {
  return std::hypot(p[0] - center[0], p[1] - center[1], p[2] - center[2]) < radius;
}

/// Fat around a liver of 100 HU from 20 to 100 mm along the body, with two bodies of fluid: a ball inside, and one
/// `length` times as long as wide, of which the liver's mask holds the part above `mask_from_mm` only.
PhaseImage image_of(double mask_from_mm, double length = 2) {
  Geometry geometry;
  geometry.size = {100, 80, 30};
  geometry.spacing = {1, 1, 4};
  PhaseImage image;
  image.phase = Phase::portal_venous;
  image.hu = Volume<int16_t>(geometry, int16_t(-90));
  image.liver = Mask(geometry);
  for (int64_t k = 0; k < 30; ++k)
    for (int64_t j = 0; j < 80; ++j)
      for (int64_t i = 0; i < 100; ++i) {
        const Vec3 p{double(i), double(j), 4.0 * double(k)};
        const bool liver = i > 10 && i < 90 && j > 10 && j < 70 && p[2] >= 20 && p[2] <= 100;
        const Vec3 shortened{p[0], kGallbladder[1] + (p[1] - kGallbladder[1]) / length, p[2]};
        const bool bile = within(shortened, kGallbladder, kRadius);
        if (liver) image.hu.at(i, j, k) = 100;
        if (bile || within(p, kCyst, kRadius)) image.hu.at(i, j, k) = 8;
        image.liver.at(i, j, k) = liver && (!bile || p[2] >= mask_from_mm);
      }
  return image;
}

Detection box_at(const Vec3& center) {
  return {0, std::llround(center[2] / 4), {center[0] - 9.5, center[1] - 9.5, center[0] + 10.5, center[1] + 10.5}, 0.7};
}

LesionWithRegions finding(int id, const Vec3& center) {
  LesionWithRegions found;
  found.lesion.id = id;
  found.lesion.long_axis_mm = 20;
  found.lesion.detections = {box_at(center)};
  return found;
}

TEST(FluidBody, SizePlaceAndShareInTheLiver) {
  const PhaseImage image = image_of(36);
  const double ml = 4.0 / 3 * M_PI * kRadius * kRadius * kRadius / 1000;
  const auto cyst = fluid_body(image, box_at(kCyst), 40), bile = fluid_body(image, box_at(kGallbladder), 40);
  ASSERT_TRUE(cyst && bile);
  EXPECT_NEAR(cyst->volume_ml, ml, 0.2 * ml);
  EXPECT_DOUBLE_EQ(cyst->in_liver, 1);
  EXPECT_NEAR(cyst->height, (70 - 20) / 80.0, 0.03);
  EXPECT_LT(bile->in_liver, 0.2);
  EXPECT_NEAR(bile->height, (28 - 20) / 80.0, 0.03);
  EXPECT_NEAR(bile->volume_ml, 2 * ml, 0.4 * ml);
  // An ellipsoid of axes a, a and r a has (2 + r^2) / (3 r^(2/3)) times the moment of the ball of its volume.
  EXPECT_NEAR(cyst->spread, 1, 0.06);
  EXPECT_NEAR(bile->spread, 6 / (3 * std::pow(2, 2.0 / 3)), 0.08);
}

TEST(FluidBody, TissueIsNone) {
  EXPECT_FALSE(fluid_body(image_of(36), box_at({70, 30, 60}), 40));  // liver itself
}

TEST(LeaveOutGallbladder, TheCystStaysAndIsNumberedAnew) {
  const PreprocessedStudy study{{image_of(36)}, {}};
  std::vector<LesionWithRegions> lesions{finding(1, kGallbladder), finding(2, kCyst)};
  const std::vector<std::string> said = leave_out_gallbladder(study, {}, lesions);
  ASSERT_EQ(lesions.size(), 1u);
  EXPECT_EQ(lesions[0].lesion.id, 1);
  EXPECT_EQ(lesions[0].lesion.detections[0].box, box_at(kCyst).box);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("gallbladder"), std::string::npos);
}

TEST(LeaveOutGallbladder, ARoundBodyIsACystThatTheLiverLacks) {
  std::vector<LesionWithRegions> lesions{finding(1, kGallbladder)};
  const PreprocessedStudy round{{image_of(36, 1)}, {}}, oblong{{image_of(36, 2)}, {}};
  EXPECT_TRUE(leave_out_gallbladder(round, {}, lesions).empty());
  EXPECT_EQ(lesions.size(), 1u);
  EXPECT_EQ(leave_out_gallbladder(oblong, {}, lesions).size(), 1u);
}

// A hemangioma at the liver's lower side that the mask lacks: nodules as bright as blood around what is dark as fluid.
TEST(LeaveOutGallbladder, NodulesOfEnhancedBloodAreNoGallbladder) {
  PreprocessedStudy study{{image_of(36)}, {}};
  Volume<int16_t>& hu = study.images[0].hu;
  const auto slice = std::llround(kGallbladder[2] / 4);
  for (int64_t j = 0; j < 80; ++j)
    for (int64_t i = 0; i < 100; ++i) {
      const double r = std::hypot(double(i) - kGallbladder[0], double(j) - kGallbladder[1]);
      if (r > 7 && r < 11) hu.at(i, j, slice) = 180;
    }
  std::vector<LesionWithRegions> lesions{finding(1, kGallbladder)};
  ASSERT_GT(fluid_body(study.images[0], box_at(kGallbladder), 40)->bright, 0.2);
  EXPECT_TRUE(leave_out_gallbladder(study, {}, lesions).empty());
  EXPECT_EQ(lesions.size(), 1u);
}

TEST(LeaveOutGallbladder, WhatTheLiverHoldsStays) {
  const PreprocessedStudy study{{image_of(0)}, {}};
  std::vector<LesionWithRegions> lesions{finding(1, kGallbladder)};
  EXPECT_TRUE(leave_out_gallbladder(study, {}, lesions).empty());
  GallbladderOptions off;
  off.leave_out = false;
  const PreprocessedStudy other{{image_of(36)}, {}};
  EXPECT_TRUE(leave_out_gallbladder(other, off, lesions).empty());
  EXPECT_EQ(lesions.size(), 1u);
}

}  // namespace
}  // namespace hepatica
