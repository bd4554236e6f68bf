#include "cmd/validate_cohort.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/threads.h"
#include "cmd/build_info.h"
#include "cmd/reference_masks.h"
#include "stages/ingest/ingest.h"
#include "stages/preprocess/preprocess.h"

namespace hepatica::cmd {
namespace {

/// The images of a patient as one study, with the manifest's row of each series.
struct CohortStudy {
  Study study;
  std::vector<std::optional<size_t>> row_of_series;
  std::vector<Phase> found;  ///< phase of each series as ingest found it
};

/// Series of one path to its rows: a single row takes the series with most slices, several rows go by phase.
void assign_rows(const ReferencePatient& patient, const std::vector<size_t>& rows, size_t first, CohortStudy& into) {
  std::optional<size_t> longest;
  for (size_t s = first; s < into.study.series.size(); ++s) {
    const Series& series = into.study.series[s];
    if (!series.accepted) continue;
    if (rows.size() > 1)
      for (size_t row : rows)
        if (patient.images[row].phase == series.phase) into.row_of_series[s] = row;
    if (!longest || series.geometry.size[2] > into.study.series[*longest].geometry.size[2]) longest = s;
  }
  if (rows.size() == 1 && longest) into.row_of_series[*longest] = rows[0];
}

void append(const ReferencePatient& patient,
            const fs::path& path,
            const std::vector<size_t>& rows,
            const CohortRunOptions& options,
            CohortStudy& into) {
  Study part = ingest(path);
  const size_t first = into.study.series.size();
  if (first == 0) {
    into.study = std::move(part);
  } else {
    for (Series& series : part.series) into.study.series.push_back(std::move(series));
    into.study.warnings.insert(into.study.warnings.end(), part.warnings.begin(), part.warnings.end());
  }
  into.row_of_series.resize(into.study.series.size());
  for (size_t s = first; s < into.study.series.size(); ++s) into.found.push_back(into.study.series[s].phase);
  assign_rows(patient, rows, first, into);
  for (size_t s = first; options.known_phases && s < into.study.series.size(); ++s)
    if (into.row_of_series[s] && patient.images[*into.row_of_series[s]].phase != Phase::unknown) {
      into.study.series[s].phase = patient.images[*into.row_of_series[s]].phase;
      into.study.series[s].phase_confidence = 1;
      into.study.series[s].phase_source = "user";
    }
}

/// The manifest's `age_years`, for images that do not say the age.
std::optional<double> stated_age(const ReferencePatient& patient) {
  const auto column = patient.columns.find("age_years");
  if (column == patient.columns.end() || column->second.empty()) return std::nullopt;
  char* end = nullptr;
  const double age = std::strtod(column->second.c_str(), &end);
  return *end == '\0' && age >= 0 ? std::optional(age) : std::nullopt;
}

CohortStudy read_patient(const ReferencePatient& patient, const CohortRunOptions& options) {
  CohortStudy result;
  std::vector<bool> done(patient.images.size(), false);
  for (size_t first = 0; first < patient.images.size(); ++first) {
    if (done[first]) continue;
    std::vector<size_t> rows;
    for (size_t row = first; row < patient.images.size(); ++row)
      if (patient.images[row].path == patient.images[first].path) {
        rows.push_back(row);
        done[row] = true;
      }
    append(patient, patient.images[first].path, rows, options, result);
  }
  if (!result.study.patient.age_years) result.study.patient.age_years = stated_age(patient);
  return result;
}

/// References of every series that was chosen for diagnosis, those whose liver was not found last (as empty livers).
void compare(const ReferenceManifest& manifest,
             const ReferencePatient& patient,
             const CohortStudy& cohort,
             const Pipeline& pipeline,
             Outcome& outcome,
             CaseResult& result) {
  std::vector<PhaseImage>& images = outcome.images.images;
  const auto choice = choose_series(cohort.study, pipeline.recipe().phases, pipeline.recipe().preprocess);
  for (const ChosenSeries& chosen : choice.chosen) {
    const auto same = [&](const PhaseImage& image) { return image.series == chosen.series; };
    if (std::any_of(images.begin(), images.end(), same)) continue;
    PhaseImage missing;
    missing.series = chosen.series;
    missing.liver = Mask(cohort.study.series[chosen.series].geometry);
    images.push_back(std::move(missing));
  }
  std::vector<ImageReferences> references;
  for (PhaseImage& image : images) {
    const auto row = cohort.row_of_series[image.series];
    ImageReferences reference;
    reference.row = row;
    const Geometry& grid = image.liver.geometry();
    if (row) {
      reference.liver = read_liver_reference(patient.images[*row].liver, manifest.folder, grid);
      reference.lesions = read_lesion_reference(patient.images[*row].lesions, manifest.folder, grid);
    }
    references.push_back(std::move(reference));
  }
  compare_with_references(images, outcome.diagnosis.lesions, references, result);
}

void note_diagnosis(const Outcome& outcome, CaseResult& result) {
  const Diagnosis& diagnosis = outcome.diagnosis;
  result.status = name_of(diagnosis.status);
  result.reason = diagnosis.refused_reason.value_or(diagnosis.abstain_reason.value_or(""));
  if (diagnosis.patient) {
    result.benign_malignant_found = diagnosis.patient->benign_malignant;
    result.probabilities = diagnosis.patient->probabilities;
    result.prediction = diagnosis.patient->prediction;
  }
  for (const auto& [stage, seconds] : outcome.provenance.timings_s) result.stage_seconds[stage] += seconds;
}

CaseResult start(const ReferencePatient& patient) {
  CaseResult result;
  result.patient = patient.id;
  result.diagnosis = patient.diagnosis;
  result.benign_malignant = patient.benign_malignant;
  result.columns = patient.columns;
  for (const ReferenceImage& image : patient.images) {
    result.images.emplace_back();
    result.images.back().phase_reference = image.phase;
  }
  return result;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

CaseResult run_patient(const ReferenceManifest& manifest,
                       const ReferencePatient& patient,
                       const Pipeline& pipeline,
                       const CohortRunOptions& options) {
  CaseResult result = start(patient);
  const auto begin = std::chrono::steady_clock::now();
  try {
    const CohortStudy cohort = read_patient(patient, options);
    require_accepted_series(cohort.study);
    result.stage_seconds["ingest"] = seconds_since(begin);
    for (size_t s = 0; s < cohort.row_of_series.size(); ++s)
      if (cohort.row_of_series[s]) result.images[*cohort.row_of_series[s]].phase_found = cohort.found[s];
    Outcome outcome = pipeline.diagnose(cohort.study);
    result.seconds = seconds_since(begin);
    note_diagnosis(outcome, result);
    compare(manifest, patient, cohort, pipeline, outcome, result);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted || error.code() == ErrorCode::write_failed) throw;
    log_warning("{}: {}", patient.id, error.what());
    result = start(patient);
    result.status = error.code() == ErrorCode::wrong_patient_group ? "refused" : "failed";
    result.reason = error.what();
  }
  return result;
}

std::string fingerprint_of(const ReferencePatient& patient, const Pipeline& pipeline, const CohortRunOptions& options) {
  std::string text = fmt::format("{} {} {} {} ", kVersion, kCommit, pipeline.recipe().sha256, options.known_phases);
  for (const Provenance::Model& model : pipeline.models()) text += model.sha256;
  for (const ReferenceImage& image : patient.images)
    text += fmt::format("|{}|{}|{}|{}", image.path.string(), image.liver, image.lesions, name_of(image.phase));
  return sha256(text + patient.diagnosis + patient.benign_malignant);
}

std::optional<CaseResult> read_finished(const fs::path& file, const std::string& fingerprint) {
  if (!fs::exists(file)) return std::nullopt;
  try {
    CaseResult result = nlohmann::json::parse(read_file(file)).get<CaseResult>();
    if (result.fingerprint == fingerprint) return result;
  } catch (const nlohmann::json::exception&) {
    log_warning("{}: not a finished case; the patient is run again", file.string());
  }
  return std::nullopt;
}

void check_masks(const ReferenceManifest& manifest) {
  for (const ReferencePatient& patient : manifest.patients)
    for (const ReferenceImage& image : patient.images)
      for (const std::string& cell : {image.liver, image.lesions == "none" ? std::string() : image.lesions}) try {
          mask_sources(cell, manifest.folder);
        } catch (const Error& error) {
          throw error.with_context(fmt::format("{}, line {}", manifest.file, image.line));
        }
}

}  // namespace

std::vector<CaseResult> run_cohort(const ReferenceManifest& manifest,
                                   const Pipeline& pipeline,
                                   const CohortRunOptions& options) {
  check_masks(manifest);
  std::vector<CaseResult> results;
  Progress progress("patients", manifest.patients.size());
  for (const ReferencePatient& patient : manifest.patients) {
    check_interrupted();
    const std::string fingerprint = fingerprint_of(patient, pipeline, options);
    const fs::path file = options.cases / (patient.id + ".json");
    std::optional<CaseResult> result = read_finished(file, fingerprint);
    if (!result) {
      result = run_patient(manifest, patient, pipeline, options);
      result->fingerprint = fingerprint;
      write_file(file, nlohmann::json(*result).dump(1) + "\n");
    }
    results.push_back(std::move(*result));
    progress.advance();
  }
  return results;
}

}  // namespace hepatica::cmd
