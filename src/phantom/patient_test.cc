#include "phantom/patient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "base/threads.h"
#include "phantom/kinetics.h"

namespace hepatica::phantom {
namespace {

PatientOptions plain_options(LesionType type) {
  PatientOptions options;
  options.type_weights.assign(6, 0);
  options.type_weights[size_t(type)] = 1;
  options.steatosis_probability = options.cirrhosis_probability = 0;
  options.ascites_probability = options.effusion_probability = options.mass_probability = 0;
  options.arms_down_probability = options.oral_contrast_probability = 0;
  options.lesion_count = options.metastasis_count = {1, 1};
  options.lesion_diameter_mm = {40, 44};
  options.lesion_contrast = {1, 1};
  options.breathing_mm = 0;
  options.anatomy_variation = 0.3;
  return options;
}

ScannerOptions quiet_scanner() {
  ScannerOptions scanner;
  scanner.noise_hu = scanner.streaks = 0;
  scanner.slice_thickness_mm = 1;
  return scanner;
}

Geometry slice_at(const Patient& patient, double z, int64_t matrix = 256) {
  ScanOptions options;
  options.matrix = matrix;
  Geometry grid = patient.scan_geometry(options);
  grid.origin[2] = z;
  grid.size[2] = 1;
  return grid;
}

/// Mean HU of the voxels that `chosen` takes; -9999 where there are none.
double mean(const Rendering& rendering, const std::function<bool(Organ, int)>& chosen) {
  double sum = 0, count = 0;
  for (size_t i = 0; i < rendering.hu.values().size(); ++i)
    if (chosen(Organ{rendering.organs.values()[i]}, rendering.lesions.values()[i])) {
      sum += rendering.hu.values()[i];
      ++count;
    }
  return count > 0 ? sum / count : -9999;
}

double liver_mean(const Rendering& r) {
  return mean(r, [](Organ organ, int lesion) { return organ == Organ::liver && lesion == 0; });
}
double lesion_mean(const Rendering& r) {
  return mean(r, [](Organ, int lesion) { return lesion == 1; });
}

/// Difference of the first lesion to the liver in each of some patients of a type.
std::vector<double> contrasts_of(LesionType type, Phase phase, Range diameter_mm, int patients) {
  PatientOptions options = plain_options(type);
  options.lesion_diameter_mm = diameter_mm;
  std::vector<double> all;
  for (int seed = 0; seed < patients; ++seed) {
    const Patient patient(uint64_t(seed) + 1, options);
    const Rendering r =
        patient.render(slice_at(patient, patient.lesions()[0].center[2], 128), phase, quiet_scanner(), 1);
    all.push_back(lesion_mean(r) - liver_mean(r));
  }
  return all;
}

/// Their mean.
double contrast_of(LesionType type, Phase phase) {
  const std::vector<double> all = contrasts_of(type, phase, {40, 44}, 4);
  return std::accumulate(all.begin(), all.end(), 0.0) / double(all.size());
}

TEST(Patient, EqualSeedsGiveEqualImagesWhateverTheThreads) {
  const PatientOptions options = cohort_options("training");
  ScanOptions scan;
  scan.matrix = 64;
  scan.slice_spacing_mm = 30;
  const Patient a(11, options), b(11, options);
  const Geometry grid = a.scan_geometry(scan);
  set_thread_count(1);
  const Rendering one = a.render(grid, Phase::arterial, {}, 3);
  set_thread_count(2);
  const Rendering two = b.render(grid, Phase::arterial, {}, 3);
  set_thread_count(0);
  EXPECT_TRUE(std::equal(one.hu.values().begin(), one.hu.values().end(), two.hu.values().begin()));
  EXPECT_TRUE(std::equal(one.organs.values().begin(), one.organs.values().end(), two.organs.values().begin()));
  const Rendering other_noise = a.render(grid, Phase::arterial, {}, 4);
  EXPECT_FALSE(std::equal(one.hu.values().begin(), one.hu.values().end(), other_noise.hu.values().begin()));
}

TEST(Patient, CohortsShareNoSeeds) {
  EXPECT_NE(patient_seed("training", 0, 5), patient_seed("test", 0, 5));
  EXPECT_NE(patient_seed("test", 0, 5), patient_seed("test", 0, 6));
  EXPECT_NE(patient_seed("test", 0, 5), patient_seed("test", 1, 5));
}

TEST(Patient, OneSliceEqualsThatSliceOfAVolumeWithoutNoise) {
  const Patient patient(3, cohort_options("default"));
  ScanOptions scan;
  scan.matrix = 96;
  scan.slice_spacing_mm = 20;
  ScannerOptions scanner = quiet_scanner();
  scanner.slice_thickness_mm = 5;
  const Geometry grid = patient.scan_geometry(scan);
  const Rendering volume = patient.render(grid, Phase::portal_venous, scanner, 0);
  const int64_t k = grid.size[2] / 2;
  const Rendering slice = patient.render(slice_geometry(grid, k), Phase::portal_venous, scanner, 9);
  EXPECT_TRUE(std::equal(slice.hu.values().begin(), slice.hu.values().end(), volume.hu.slice(k).begin()));
  EXPECT_TRUE(std::equal(slice.organs.values().begin(), slice.organs.values().end(), volume.organs.slice(k).begin()));
}

TEST(Patient, LesionsLieInTheLiverAndOrgansInTheBody) {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    const Patient patient(seed, cohort_options("default"));
    ASSERT_FALSE(patient.lesions().empty());
    ScanOptions scan;
    scan.matrix = 128;
    scan.slice_spacing_mm = 6;
    const Geometry grid = patient.scan_geometry(scan);
    const Rendering r = patient.render(grid, Phase::portal_venous, quiet_scanner(), 0);
    const Mask liver = liver_mask(r.organs);
    const Box3 box = patient.body_box();
    std::map<int, size_t> seen;
    for (int64_t k = 0; k < grid.size[2]; ++k)
      for (int64_t j = 0; j < grid.size[1]; ++j)
        for (int64_t i = 0; i < grid.size[0]; ++i) {
          const int lesion = r.lesions.at(i, j, k);
          if (lesion > 0) {
            ++seen[lesion];
            EXPECT_EQ(liver.at(i, j, k), 1);
          }
          if (!liver.at(i, j, k)) continue;
          const Vec3 p = world_from_index(grid, {double(i), double(j), double(k)});
          EXPECT_TRUE(p[0] > box.low[0] && p[0] < box.high[0] && p[1] > box.low[1] && p[1] < box.high[1]);
        }
    for (const LesionTruth& lesion : patient.lesions()) {
      const double sphere = std::pow(lesion.diameter_mm, 3) * 0.5236 / 1000;
      if (lesion.diameter_mm < 20) continue;
      EXPECT_GT(double(seen[lesion.id]) * grid.voxel_volume_ml(), 0.45 * sphere) << seed << " " << lesion.id;
    }
    // Adult livers: about 900 to 2100 ml (Urata K et al., Hepatology 1995).
    EXPECT_GT(patient.liver_volume_ml(), 700);
    EXPECT_LT(patient.liver_volume_ml(), 2600);
  }
}

TEST(Patient, OrgansHaveThePublishedHuInEachPhase) {
  // Ranges: Bae 2010 (aorta, liver), Kodama 2007 (unenhanced liver, spleen), and the medians of 1018 scans that
  // kinetics.cc names, widened by two standard deviations between patients.
  struct Row {
    Phase phase;
    double liver[2], spleen[2], aorta[2], kidney[2];
  };
  const Row rows[] = {{Phase::noncontrast, {45, 72}, {38, 58}, {28, 48}, {20, 45}},
                      {Phase::arterial, {50, 95}, {85, 170}, {190, 360}, {90, 210}},
                      {Phase::portal_venous, {85, 135}, {90, 150}, {95, 180}, {110, 220}},
                      {Phase::delayed, {70, 115}, {65, 120}, {70, 125}, {100, 260}}};
  for (uint64_t seed = 0; seed < 3; ++seed) {
    const Patient patient(seed, plain_options(LesionType::cyst));
    ScanOptions scan;
    scan.matrix = 160;
    scan.slice_spacing_mm = 12;
    const Geometry grid = patient.scan_geometry(scan);
    for (const Row& row : rows) {
      const Rendering r = patient.render(grid, row.phase, quiet_scanner(), 0);
      const auto of = [&](Organ wanted) { return mean(r, [&](Organ o, int l) { return o == wanted && l == 0; }); };
      const auto expect = [&](double value, const double* range) {
        EXPECT_GT(value, range[0]) << name_of(row.phase) << " " << seed;
        EXPECT_LT(value, range[1]) << name_of(row.phase) << " " << seed;
      };
      expect(of(Organ::liver), row.liver);
      expect(of(Organ::spleen), row.spleen);
      expect(of(Organ::aorta), row.aorta);
      expect(of(Organ::kidney), row.kidney);
    }
  }
}

TEST(Patient, LesionsFollowThePatternOfTheirType) {
  // HCC: brighter than liver in the arterial phase, darker later (LI-RADS v2018).
  EXPECT_GT(contrast_of(LesionType::hcc, Phase::arterial), 12);
  EXPECT_LT(contrast_of(LesionType::hcc, Phase::portal_venous), -5);
  EXPECT_LT(contrast_of(LesionType::hcc, Phase::delayed), -5);
  // FNH: strong arterial, close to the liver in the portal phase (Brancatelli 2001).
  EXPECT_GT(contrast_of(LesionType::fnh, Phase::arterial), 30);
  EXPECT_LT(std::abs(contrast_of(LesionType::fnh, Phase::portal_venous)), 15);
  // Metastasis: darker than liver, most in the portal phase.
  EXPECT_LT(contrast_of(LesionType::metastasis, Phase::portal_venous), -25);
  // ICC: dark in the portal phase, fills later.
  EXPECT_LT(contrast_of(LesionType::icc, Phase::portal_venous), -15);
  EXPECT_GT(contrast_of(LesionType::icc, Phase::delayed), contrast_of(LesionType::icc, Phase::portal_venous) + 10);
  // Hemangioma fills over time.
  EXPECT_GT(contrast_of(LesionType::hemangioma, Phase::delayed),
            contrast_of(LesionType::hemangioma, Phase::portal_venous));
}

// Of 10 mm: their capsule and soft edges leave room for the pattern, whose curves say 34 and more for HCC in the
// arterial phase, -9 and less in the portal one and -21 and less in the delayed one.
TEST(Patient, SmallLesionsFollowThePatternOfTheirType) {
  const auto each = [](LesionType type, Phase phase) { return contrasts_of(type, phase, {10, 11}, 12); };
  for (const double contrast : each(LesionType::hcc, Phase::arterial)) EXPECT_GT(contrast, 22);
  for (const double contrast : each(LesionType::hcc, Phase::portal_venous)) EXPECT_LT(contrast, -3);
  for (const double contrast : each(LesionType::hcc, Phase::delayed)) EXPECT_LT(contrast, -10);
  for (const double contrast : each(LesionType::metastasis, Phase::portal_venous)) EXPECT_LT(contrast, -25);
  for (const double contrast : each(LesionType::icc, Phase::portal_venous)) EXPECT_LT(contrast, -15);
}

TEST(Patient, CystsAreWaterInEveryPhase) {
  const Patient patient(5, plain_options(LesionType::cyst));
  for (const Phase phase : contrast_phases()) {
    const Rendering r = patient.render(slice_at(patient, patient.lesions()[0].center[2]), phase, quiet_scanner(), 0);
    EXPECT_NEAR(lesion_mean(r), 9, 12) << name_of(phase);
  }
}

TEST(Patient, HemangiomasEnhanceFromTheRim) {
  const Patient patient(8, plain_options(LesionType::hemangioma));
  const LesionTruth lesion = patient.lesions()[0];
  const Geometry grid = slice_at(patient, lesion.center[2]);
  const Rendering r = patient.render(grid, Phase::arterial, quiet_scanner(), 0);
  double inner = 0, inner_count = 0, rim_peak = -1000;
  for (int64_t j = 0; j < grid.size[1]; ++j)
    for (int64_t i = 0; i < grid.size[0]; ++i) {
      if (r.lesions.at(i, j, 0) != 1) continue;
      const Vec3 p = world_from_index(grid, {double(i), double(j), 0});
      const double rho = std::hypot(p[0] - lesion.center[0], p[1] - lesion.center[1]) / (0.5 * lesion.diameter_mm);
      if (rho < 0.4) {
        inner += r.hu.at(i, j, 0);
        ++inner_count;
      } else if (rho > 0.7) {
        rim_peak = std::max(rim_peak, double(r.hu.at(i, j, 0)));
      }
    }
  ASSERT_GT(inner_count, 0);
  EXPECT_GT(rim_peak, inner / inner_count + 50);
  EXPECT_LT(inner / inner_count, liver_mean(r));
}

TEST(Patient, AnEmptyGridIsRefused) {
  const Patient patient(1, cohort_options("default"));
  EXPECT_THROW(patient.render(Geometry{}, Phase::arterial, {}, 0), Error);
}

TEST(Patient, WrongTypeWeightsAreRefused) {
  PatientOptions options;
  options.type_weights = {0, 0};
  EXPECT_THROW(Patient(1, options), Error);
  options.type_weights.assign(size_t(LesionType::count) + 1, 1.0);
  EXPECT_THROW(Patient(1, options), Error);
}

TEST(Patient, HealthyLiversHaveNoLesion) {
  PatientOptions options;
  options.no_lesion_probability = 1;
  const Patient patient(2, options);
  EXPECT_TRUE(patient.lesions().empty());
  EXPECT_EQ(patient.diagnosis(), "none");
}

}  // namespace
}  // namespace hepatica::phantom
