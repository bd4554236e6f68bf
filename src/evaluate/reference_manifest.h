// The manifest of a cohort with references, one row an image.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/csv.h"
#include "base/files.h"
#include "study/phase.h"

namespace hepatica {

/// One image of a patient and where its reference masks lie. Paths are absolute or relative to the manifest's folder;
/// here they are resolved.
struct ReferenceImage {
  Phase phase = Phase::unknown;  ///< unknown where the manifest does not say
  fs::path path;                 ///< a volume, or a DICOM folder
  /// Masks: a volume (any label counts), FILE#LABEL for one label of it, or a folder of DICOM masks; several separated
  /// by `;`, with `*` and `?` in names. Empty: there is no reference.
  std::string liver;
  /// Likewise: each label of a single volume is a lesion, the same one in every phase; of several, each is a lesion.
  /// Empty: not known. "none": known to hold no lesion.
  std::string lesions;
  int64_t line = 0;  ///< of the manifest
};

struct ReferencePatient {
  std::string id;
  std::vector<ReferenceImage> images;
  std::string diagnosis;         ///< type of the lesions; "none" for a healthy liver; empty where not known
  std::string benign_malignant;  ///< likewise
  std::map<std::string, std::string> columns;  ///< every further column, from the patient's first row
};

struct ReferenceManifest {
  std::string file;
  fs::path folder;
  std::vector<ReferencePatient> patients;  ///< in the order of the file
};

/// Columns patient and path; optional phase, liver, lesions, diagnosis, benign_malignant and any others. With `split`,
/// only rows whose column `split` says so. Error{bad_manifest} names file, line and mend.
ReferenceManifest read_reference_manifest(const fs::path& file, const std::string& split = "");

}  // namespace hepatica
