// A small study with patient, series and provenance, for tests of DICOM results.
#pragma once

#include "io/dicom_result.h"

namespace hepatica {

struct TestStudy {
  Geometry geometry;
  Study study;  ///< one CT series whose instances are those of the geometry's slices
  Provenance provenance;
};

/// 11 x 13 x 4 voxels, turned by about 10 degrees; four classic instances.
inline TestStudy test_study() {
  TestStudy test;
  test.geometry.size = {11, 13, 4};
  test.geometry.spacing = {0.75, 0.75, 2.5};
  test.geometry.origin = {-120.5, -98.25, 40};
  test.geometry.direction = {{{1, 0, 0}, {0, 0.984807753, -0.173648178}, {0, 0.173648178, 0.984807753}}};
  Series series;
  series.uid = "1.2.826.0.1.3680043.2.1125.7.1";
  series.accepted = true;
  series.phase = Phase::portal_venous;
  series.geometry = test.geometry;
  series.tags = {{"FrameOfReferenceUID", "1.2.826.0.1.3680043.2.1125.7.2"},
                 {"StudyTime", "101500"},
                 {"StudyID", "4711"},
                 {"AccessionNumber", "A1"},
                 {"ReferringPhysicianName", "Doe^Jo"}};
  for (int k = 0; k < 4; ++k)
    series.instances.push_back(
        {"1.2.840.10008.5.1.4.1.1.2", "1.2.826.0.1.3680043.2.1125.7.3." + std::to_string(k + 1), "", 0});
  test.study.uid = "1.2.826.0.1.3680043.2.1125.7";
  test.study.date = "20210203";
  test.study.patient = {"ID1", "Müller^Test", "F", "19600131", 61.0};
  test.study.series = {series};
  test.study.is_dicom = true;
  test.provenance.program = "hepatica";
  test.provenance.version = "0.1.0";
  test.provenance.commit = "0123456789ab";
  test.provenance.recipe = "lilnet2024";
  test.provenance.created_utc = "2026-01-31T12:34:56Z";
  return test;
}

}  // namespace hepatica
