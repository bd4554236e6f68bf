// The images that a manifest names of one patient, read as one study.
#pragma once

#include <optional>
#include <vector>

#include "evaluate/reference_manifest.h"
#include "study/study.h"

namespace hepatica::cmd {

/// The images of a patient as one study, with the manifest's row of each series.
struct CohortStudy {
  Study study;
  std::vector<std::optional<size_t>> row_of_series;
  std::vector<Phase> found;  ///< phase of each series as ingest found it
};

/// Reads every path of the patient's rows. `known_phases`: phases are the manifest's where it states them, otherwise
/// those that ingest finds.
CohortStudy read_patient(const ReferencePatient& patient, bool known_phases);

}  // namespace hepatica::cmd
