// CT series as DICOM files (CT Image Storage, explicit little endian, not compressed).
// Reference: DICOM PS3.3 A.3, CT Image IOD.
#pragma once

#include <string>

#include "base/files.h"
#include "image/volume.h"
#include "study/study.h"

namespace hepatica {

/// What the files say beside their pixels. Dates are YYYYMMDD, times HHMMSS; an empty text is written as unknown.
struct CtSeriesOptions {
  Patient patient;
  std::string study_seed = "study";    ///< equal seeds give equal study and frame of reference UIDs
  std::string series_seed = "series";  ///< with `study_seed`, gives the series UID and those of its instances
  std::string study_date, study_time;
  std::string series_time;       ///< `study_time` where empty
  std::string acquisition_time;  ///< `series_time` where empty
  std::string study_description, series_description;
  std::string image_comments;  ///< such as that the images are synthetic
  std::string manufacturer = "Hepatica";
  std::string model = "phantom scanner";
  std::string body_part = "ABDOMEN";
  std::string contrast_agent;       ///< empty: no contrast was given
  std::string contrast_start_time;  ///< of the injection
  std::string convolution_kernel;
  int series_number = 1;
  double kvp = 120;
  double slice_thickness_mm = 0;  ///< the distance of the slices where 0
};

/// UIDs of a series that was written.
struct CtSeriesUids {
  std::string study, series, frame_of_reference;
};

/// Writes slice k of `hu` as CT<k + 1 in four digits>.dcm into `folder`, which is made where missing; HU are stored as
/// they are (slope 1, intercept 0). All files appear together or none does. Equal input gives equal bytes.
/// Error{bad_geometry} for an empty volume or one of more than 65535 pixels a side, Error{write_failed}.
CtSeriesUids write_ct_series(const fs::path& folder, const Volume<int16_t>& hu, const CtSeriesOptions& options);

}  // namespace hepatica
