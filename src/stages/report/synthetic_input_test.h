// A made-up patient for the tests of the report: an elliptic body on a table, an elliptic liver, one round lesion.
#pragma once

#include <memory>

#include "stages/report/report.h"

namespace hepatica::report {

/// Owns what a ReportInput refers to.
struct SyntheticReport {
  Study study;
  PreprocessedStudy images;
  Diagnosis diagnosis;
  Provenance provenance;
  std::vector<ReportClass> classes;
  ReportInput input{study, images, diagnosis, provenance, classes};

  SyntheticReport() = default;
  SyntheticReport(const SyntheticReport&) = delete;
  SyntheticReport& operator=(const SyntheticReport&) = delete;
};

/// Grid of the synthetic images: 160 x 120 x 8 voxels of 2.5 x 2.5 x 5 mm.
Geometry synthetic_geometry();
/// One phase: body of 40 HU, liver of `liver_hu`, lesion of `lesion_hu` at pixel (50, 55), radius 8, on slices 2 to 5.
PhaseImage synthetic_image(size_t series, Phase phase, int16_t liver_hu, int16_t lesion_hu);
/// Arterial and portal venous phase, one malignant lesion seen in both with activation maps, one refused series.
std::unique_ptr<SyntheticReport> synthetic_report();

}  // namespace hepatica::report
