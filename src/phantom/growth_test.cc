#include "phantom/growth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "phantom/patient.h"

namespace hepatica::phantom {
namespace {

PatientOptions child_options(double age, LesionType type) {
  PatientOptions options = cohort_options("pediatric_test");
  options.type_weights.assign(size_t(LesionType::count), 0.0);
  options.type_weights[size_t(type)] = 1;
  options.any_age_probability = 1;
  options.age_years = {age, age};
  options.steatosis_probability = options.ascites_probability = options.effusion_probability = 0;
  options.mass_probability = options.arms_down_probability = 0;
  options.contrast_dose = {1, 1};
  options.breathing_mm = 0;
  return options;
}

PatientOptions healthy_child(double age) {
  PatientOptions options = child_options(age, LesionType::cyst);
  options.no_lesion_probability = 1;
  options.scale = {1, 1};
  return options;
}

ScannerOptions quiet_scanner() {
  ScannerOptions scanner;
  scanner.noise_hu = scanner.streaks = 0;
  scanner.slice_thickness_mm = 1;
  return scanner;
}

Rendering whole(const Patient& patient, double spacing_mm, Phase phase = Phase::portal_venous) {
  ScanOptions scan;
  scan.range = ScanRange::abdomen;
  scan.slice_spacing_mm = spacing_mm;
  scan.matrix = 96;
  return patient.render(patient.scan_geometry(scan), phase, quiet_scanner(), 0);
}

/// Places of an organ's voxels in mm, of one side of the body where `side` is not 0.
std::vector<Vec3> places_of(const Rendering& r, Organ organ, int side) {
  std::vector<Vec3> places;
  const Geometry& grid = r.organs.geometry();
  for (int64_t k = 0; k < grid.size[2]; ++k)
    for (int64_t j = 0; j < grid.size[1]; ++j)
      for (int64_t i = 0; i < grid.size[0]; ++i) {
        if (Organ{r.organs.at(i, j, k)} != organ) continue;
        const Vec3 p = world_from_index(grid, {double(i), double(j), double(k)});
        if (side == 0 || p[0] * side > 0) places.push_back(p);
      }
  return places;
}

/// The largest extent over directions in the coronal and the sagittal plane.
double length_of(const std::vector<Vec3>& places) {
  double longest = 0;
  for (int a = -9; a <= 9; ++a)
    for (int b = -9; b <= 9; b += 3) {
      const double x = std::sin(a * 0.1), y = std::sin(b * 0.1), z = std::sqrt(std::max(0.0, 1 - x * x - y * y));
      double low = 1e9, high = -1e9;
      for (const Vec3& p : places) {
        const double along = x * p[0] + y * p[1] + z * p[2];
        low = std::min(low, along), high = std::max(high, along);
      }
      longest = std::max(longest, high - low);
    }
  return longest;
}

/// The liver's longest vertical extent in the right half of the right side, near the midclavicular line.
double liver_span(const Rendering& r) {
  const Mask liver = liver_mask(r.organs);
  const Geometry& grid = liver.geometry();
  double right = 0;
  for (int64_t j = 0; j < grid.size[1]; ++j)
    for (int64_t i = 0; i < grid.size[0] / 2; ++i)
      for (int64_t k = 0; k < grid.size[2]; ++k)
        if (liver.at(i, j, k)) right = std::min(right, world_from_index(grid, {double(i), 0, 0})[0]);
  double span = 0;
  for (int64_t i = 0; i < grid.size[0]; ++i) {
    const double x = world_from_index(grid, {double(i), 0, 0})[0];
    if (x < 0.75 * right || x > 0.45 * right) continue;
    for (int64_t j = 0; j < grid.size[1]; ++j) {
      int64_t low = grid.size[2], high = -1;
      for (int64_t k = 0; k < grid.size[2]; ++k)
        if (liver.at(i, j, k)) low = std::min(low, k), high = std::max(high, k);
      span = std::max(span, double(high - low + 1) * grid.spacing[2]);
    }
  }
  return span;
}

struct Sizes {
  double liver_mm = 0, spleen_mm = 0, kidney_mm = 0, liver_ml = 0, spleen_ml = 0, kidneys_ml = 0;
};

Sizes mean_sizes(double age) {
  Sizes mean;
  const int patients = 3;
  for (int seed = 1; seed <= patients; ++seed) {
    const Rendering r = whole(Patient(uint64_t(seed), healthy_child(age)), age < 3 ? 3 : 5);
    const double ml = r.organs.geometry().voxel_volume_ml() / patients;
    const auto spleen = places_of(r, Organ::spleen, 0), left = places_of(r, Organ::kidney, 1),
               right = places_of(r, Organ::kidney, -1);
    const Mask mask = liver_mask(r.organs);
    const double liver = double(std::count(mask.values().begin(), mask.values().end(), 1));
    mean.liver_mm += liver_span(r) / patients;
    mean.spleen_mm += length_of(spleen) / patients;
    mean.kidney_mm += 0.5 * (length_of(left) + length_of(right)) / patients;
    mean.liver_ml += liver * ml;
    mean.spleen_ml += double(spleen.size()) * ml;
    mean.kidneys_ml += double(left.size() + right.size()) * ml;
  }
  return mean;
}

TEST(Growth, OrgansHaveThePublishedLengthsAndMasses) {
  struct Row {
    double age, liver, liver_sd, spleen, spleen_sd, kidney, kidney_sd;  // mm
    double liver_g, spleen_g, kidneys_g;
  };
  // Lengths: Konus OL et al., AJR 1998;171:1693-1698, mean and standard deviation of the age group. Masses: ICRP
  // Publication 89 (2002), of 1, 5, 10 and 15 years; 1.05 g/ml.
  const Row rows[] = {{1, 80, 9, 65, 8, 61, 5, 330, 29, 70},
                      {5, 92, 12, 78, 9, 71, 5.5, 570, 50, 110},
                      {10, 106, 12, 88, 10.6, 83, 7, 830, 80, 180},
                      {15, 119, 14, 101, 11.5, 95, 7, 1300, 130, 245}};
  for (const Row& row : rows) {
    const Sizes sizes = mean_sizes(row.age);
    EXPECT_NEAR(sizes.liver_mm, row.liver, 1.5 * row.liver_sd) << row.age;
    EXPECT_NEAR(sizes.spleen_mm, row.spleen, 1.5 * row.spleen_sd) << row.age;
    EXPECT_NEAR(sizes.kidney_mm, row.kidney, 1.5 * row.kidney_sd) << row.age;
    EXPECT_NEAR(sizes.liver_ml * 1.05 / row.liver_g, 1, 0.25) << row.age;
    EXPECT_NEAR(sizes.spleen_ml * 1.05 / row.spleen_g, 1, 0.4) << row.age;
    EXPECT_NEAR(sizes.kidneys_ml * 1.05 / row.kidneys_g, 1, 0.35) << row.age;
  }
}

TEST(Growth, TrunksHaveTheReferenceChildrensSize) {
  // Cristy and Eckerman 1987: depth 130 mm at one year, 168 mm at ten; width with the arms 176 and 278 mm.
  EXPECT_NEAR(2 * growth_at(1).half_depth_mm, 130, 1);
  EXPECT_NEAR(2 * growth_at(10).half_depth_mm, 168, 1);
  EXPECT_LT(2 * growth_at(1).half_width_mm, 176);
  double width = 0;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    PatientOptions options = cohort_options("pediatric_test");
    options.any_age_probability = 1;
    options.age_years = {5, 5};
    width += 2 * Patient(seed, options).body_box().high[0] / 8;
  }
  EXPECT_NEAR(width, 0.86 * 229, 15);
}

TEST(Growth, DosesAndNoiseFallWithSize) {
  // By hand for a trunk of 151 x 130 mm (one year): diameter 140.1 mm, SSDE 0.5275, CTDI 0.5275 exp(-0.003672 * 129.9)
  // = 0.3274; transmission exp(-0.019 * 129.9) = 0.0847; noise sqrt(0.0847 / 0.3274) = 0.509.
  EXPECT_NEAR(child_noise(151, 130), 0.509, 0.002);
  EXPECT_LT(child_noise(120, 100), child_noise(200, 150));
  EXPECT_LT(child_noise(200, 150), child_noise(300, 200));
}

TEST(Growth, AgesFollowTheTypesAndTheirStrata) {
  const ChildhoodLesion& hepatoblastoma = *childhood_lesion(LesionType::hepatoblastoma);
  EXPECT_EQ(age_at_share(&hepatoblastoma, 0, {0, 16}), hepatoblastoma.age_years.low);
  EXPECT_NEAR(age_at_share(&hepatoblastoma, 1, {0, 16}), hepatoblastoma.age_years.high, 1e-9);
  // Ninety percent before five years (Chung 2011).
  EXPECT_LT(age_at_share(&hepatoblastoma, 0.9, {0, 16}), 5);
  EXPECT_NEAR(age_at_share(nullptr, 0.25, {0, 16}), 4, 1e-9);
  PatientOptions options = cohort_options("pediatric_test");
  options.type_weights.assign(size_t(LesionType::count), 0.0);
  options.type_weights[size_t(LesionType::fnh)] = 1;
  options.age_share = {0.75, 1};
  const double least = age_at_share(childhood_lesion(LesionType::fnh), 0.75, options.age_years);
  for (uint64_t seed = 0; seed < 5; ++seed) EXPECT_GE(Patient(seed, options).age_years(), least);
}

TEST(PediatricCohort, HasNineTypesAndAdultsHaveSix) {
  EXPECT_EQ(cohort_types("pediatric_test").size(), 9u);
  EXPECT_EQ(cohort_types("test").size(), 6u);
  EXPECT_TRUE(is_training_cohort("pediatric_training"));
  EXPECT_FALSE(is_training_cohort("pediatric_test"));
}

/// HU of the first lesion and of the liver.
struct Contrast {
  double lesion = 0, liver = 0, deviation = 0, brightest = -1e9;
};

Contrast contrast_of(const Patient& patient, Phase phase) {
  ScanOptions scan;
  scan.matrix = 128;
  Geometry grid = patient.scan_geometry(scan);
  grid.origin[2] = patient.lesions()[0].center[2];
  grid.size[2] = 1;
  const Rendering r = patient.render(grid, phase, quiet_scanner(), 0);
  Contrast c;
  double lesion = 0, liver = 0, squares = 0;
  for (size_t i = 0; i < r.hu.values().size(); ++i) {
    const double hu = r.hu.values()[i];
    if (r.lesions.values()[i] == 1) {
      c.lesion += hu, squares += hu * hu, ++lesion;
      c.brightest = std::max(c.brightest, hu);
    } else if (Organ{r.organs.values()[i]} == Organ::liver && r.lesions.values()[i] == 0) {
      c.liver += hu, ++liver;
    }
  }
  c.lesion /= lesion, c.liver /= liver;
  c.deviation = std::sqrt(squares / lesion - c.lesion * c.lesion);
  return c;
}

/// Means over four patients.
Contrast mean_contrast(LesionType type, double age, Phase phase) {
  Contrast mean;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const Contrast one = contrast_of(Patient(seed, child_options(age, type)), phase);
    mean.lesion += one.lesion / 4, mean.liver += one.liver / 4, mean.deviation += one.deviation / 4;
    mean.brightest = std::max(mean.brightest, one.brightest);
  }
  return mean;
}

double difference(LesionType type, double age, Phase phase) {
  const Contrast c = mean_contrast(type, age, phase);
  return c.lesion - c.liver;
}

TEST(ChildhoodLesions, FollowTheirPublishedPatterns) {
  // Infantile hemangioma: dark before contrast, full of blood in the delayed phase (Kassarjian 2004).
  EXPECT_LT(difference(LesionType::infantile_hemangioma, 0.4, Phase::noncontrast), -8);
  EXPECT_GT(difference(LesionType::infantile_hemangioma, 0.4, Phase::delayed), 0);
  // Congenital hemangioma: bright rim, dead centre (Christison-Lagay 2007).
  EXPECT_GT(mean_contrast(LesionType::congenital_hemangioma, 0.2, Phase::arterial).deviation, 25);
  // Mesenchymal hamartoma: darker than the liver in all phases (Kim 2007).
  EXPECT_LT(difference(LesionType::mesenchymal_hamartoma, 1.5, Phase::portal_venous), -25);
  // Hepatoblastoma: a blush at most, then darker (McCarville and Roebuck 2012).
  EXPECT_LT(difference(LesionType::hepatoblastoma, 1.5, Phase::noncontrast), -5);
  EXPECT_LT(difference(LesionType::hepatoblastoma, 1.5, Phase::portal_venous), -20);
  EXPECT_GT(difference(LesionType::hepatoblastoma, 1.5, Phase::arterial),
            difference(LesionType::hepatoblastoma, 1.5, Phase::portal_venous) + 15);
  // UESL: near water at CT (Buetow 1997), yet with solid parts.
  const Contrast sarcoma = mean_contrast(LesionType::uesl, 8, Phase::portal_venous);
  EXPECT_GT(sarcoma.lesion, 15);
  EXPECT_LT(sarcoma.lesion, 55);
  // Neuroblastoma's metastases: darker than the liver (Chung 2011).
  EXPECT_LT(difference(LesionType::metastasis, 1, Phase::portal_venous), -12);
}

TEST(ChildhoodLesions, HepatoblastomasAreCalcifiedInAboutHalf) {
  int calcified = 0;
  const int patients = 24;
  for (int seed = 0; seed < patients; ++seed) {
    const Patient patient(uint64_t(seed) + 100, child_options(1.5, LesionType::hepatoblastoma));
    calcified += contrast_of(patient, Phase::noncontrast).brightest > 110;
  }
  // A binomial of 24 and a half lies within 6 to 18 in 99.3 %.
  EXPECT_GE(calcified, 6);
  EXPECT_LE(calcified, 18);
}

TEST(ChildhoodLesions, LargeOnesLieWithinTheGrownLiver) {
  for (uint64_t seed = 1; seed < 4; ++seed) {
    const Patient patient(seed, child_options(7, LesionType::uesl));
    const LesionTruth& lesion = patient.lesions()[0];
    EXPECT_GT(lesion.diameter_mm, 60);
    const Rendering r = whole(patient, 5);
    double voxels = 0;
    for (size_t i = 0; i < r.lesions.values().size(); ++i) {
      if (r.lesions.values()[i] == 0) continue;
      ++voxels;
      EXPECT_EQ(Organ{r.organs.values()[i]}, Organ::liver);
    }
    const double sphere = std::pow(lesion.diameter_mm, 3) * 0.5236 / 1000;
    EXPECT_GT(voxels * r.lesions.geometry().voxel_volume_ml(), 0.6 * sphere) << seed;
  }
}

}  // namespace
}  // namespace hepatica::phantom
