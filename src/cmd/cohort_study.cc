#include "cmd/cohort_study.h"

#include <cstdlib>

#include "stages/ingest/ingest.h"

namespace hepatica::cmd {
namespace {

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
            bool known_phases,
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
  for (size_t s = first; known_phases && s < into.study.series.size(); ++s)
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

}  // namespace

CohortStudy read_patient(const ReferencePatient& patient, bool known_phases) {
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
    append(patient, patient.images[first].path, rows, known_phases, result);
  }
  if (!result.study.patient.age_years) result.study.patient.age_years = stated_age(patient);
  return result;
}

}  // namespace hepatica::cmd
