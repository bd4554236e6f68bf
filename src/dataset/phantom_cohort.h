// Synthetic patients on disk: images, reference masks and the tables that say what they are.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"
#include "phantom/patient.h"

namespace hepatica {

struct CohortOptions {
  std::string cohort = "default";  ///< enters the seeds, and chooses what patients and scanners are like
  size_t patients = 1;
  uint64_t seed = 0;
  std::vector<Phase> phases{Phase::noncontrast, Phase::arterial, Phase::portal_venous};
  bool dicom = false, nifti = true;
  std::string type;  ///< "hcc", ...: all patients have it; "none": healthy livers; empty: types take turns
  /// Shares of types among the patients, such as 0.02 for "uesl"; the other types share the rest alike. Turns then
  /// follow the shares. Adds up to 1 at most, and to 1 where all types of the cohort are named.
  std::map<std::string, double> shares;
  phantom::ScanOptions scan;
  double slice_thickness_mm = 0;  ///< 0: the distance of the slices
  double noise_hu = -1;           ///< below 0: drawn per patient as the cohort has it
};

/// Writes into `folder`, all or nothing:
///   <patient>/<phase>.nii.gz and <patient>/<phase>/CT0001.dcm ...   the images (one folder is one study)
///   truth/<patient>/<phase>_{organs,liver,lesions}.nii.gz           labels: Organ, 1, lesion id
///   manifest.csv
///   patient,phase,path,liver,lesions,diagnosis,benign_malignant,split,center,lesion_count,largest_mm,seed,
///                  age_years,sex
///                  (paths relative to the table)
///   lesions.csv    patient,id,type,x_mm,y_mm,z_mm,diameter_mm (LPS, at the breathing position of the portal phase)
/// `split` is "train" for the training cohorts, "test" else; the manifest names the DICOM folder where there is no
/// NIfTI. Ages of the patients of one type are spread over its ages. Returns {"manifest", "patients": [{"patient",
/// "path", "diagnosis", "lesions", "largest_mm", "seed", "age_years", "sex"}]}. Error{usage} where nothing is to be
/// written, or a type is none of the cohort's, Error{write_failed}.
nlohmann::json write_cohort(const fs::path& folder, const CohortOptions& options);

}  // namespace hepatica
