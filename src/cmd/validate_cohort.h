// Diagnoses every patient of a cohort and compares with the references.
#pragma once

#include <optional>
#include <vector>

#include "evaluate/validation.h"
#include "pipeline/pipeline.h"

namespace hepatica::cmd {

struct CohortRunOptions {
  fs::path cases;             ///< folder that keeps one JSON file a finished patient
  bool known_phases = false;  ///< phases from the manifest instead of those that ingest finds
  bool features = false;      ///< keep the first classifier's features, which takes its time again
};

/// One result a patient, in the manifest's order. Patients that an earlier run finished with the same program, recipe,
/// models and rows are read from `cases`. A patient that cannot be diagnosed is kept as "failed" with the reason;
/// Error{interrupted} and {write_failed} end the run, and what is finished stays. Masks are looked for before the first
/// patient runs: Error{not_found}.
std::vector<CaseResult> run_cohort(const ReferenceManifest& manifest,
                                   const Pipeline& pipeline,
                                   const CohortRunOptions& options);

}  // namespace hepatica::cmd
