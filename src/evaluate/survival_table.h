// The table of follow-up times that the program analyses.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/csv.h"
#include "stats/matrix.h"
#include "stats/survival_data.h"

namespace hepatica {

/// Which column means what. A name that is empty, or a list that is, means that there is none.
struct SurvivalColumns {
  std::string time = "time";
  std::string event;  ///< empty: "event", or "status" where there is no "event"
  std::string group;  ///< curves are drawn and compared by its levels
  std::string institution;
  std::string risk;                 ///< a score whose concordance is wanted; higher: earlier event
  std::vector<std::string> strata;  ///< each combination of their levels is one stratum
  std::vector<std::string> covariates;
  bool complete_cases = false;  ///< leave out rows with a missing cell in one of these columns
};

/// A column of names: its levels in natural order, and each case's. No levels where there is no such column.
struct Factor {
  std::vector<std::string> levels;
  std::vector<uint32_t> level_of_case;
};

struct SurvivalTable {
  stats::SurvivalData data;
  std::vector<int64_t> lines;  ///< of the file, one a case
  Factor group, institution, strata;
  std::vector<double> risk;  ///< empty without such a column
  /// [case, covariate]. A column that holds anything but numbers becomes one covariate "column=level" of 0 and 1 for
  /// each of its levels but the first.
  std::vector<std::string> covariate_names;
  std::vector<std::string> covariate_columns;  ///< the column of each covariate
  stats::Matrix covariates;
  std::string file, sha256, event_column;
  int64_t left_out = 0;  ///< rows with missing cells
};

/// Error{bad_manifest} names the file, up to ten lines and the mend: no such column, a time that is missing, negative
/// or no number, an event that is not 0 or 1, a missing cell.
SurvivalTable read_survival(const std::filesystem::path& path, const SurvivalColumns& columns);
SurvivalTable survival_from_table(const CsvTable& table, const SurvivalColumns& columns);

}  // namespace hepatica
