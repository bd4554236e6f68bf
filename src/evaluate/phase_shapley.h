// What each contrast phase adds to a cohort's AUC.
#pragma once

#include "base/csv.h"
#include "base/files.h"
#include "draw/drawing.h"
#include "evaluate/evaluation.h"
#include "stats/shapley.h"

namespace hepatica {

/// Shapley values of the phases for the AUC (stats/shapley.h), late fusion: given the phases S a case has the mean of
/// the scores of its rows whose phase is in S, as read_predictions averages all of its rows. A case without a row in S
/// is scored as if nothing were known of it: every class alike.
struct PhaseShapleyAnalysis {
  std::vector<std::string> phases;  ///< contrast phases in their order, then other names sorted
  std::vector<int64_t> without;     ///< cases without a row of that phase
  std::string auc;                  ///< which: "AUC of malignant", "mean one-vs-rest AUC"
  stats::AucShapley shapley;
  int64_t n = 0;
};

/// Reads a table of predictions with a row an image and a column `phase`. Clusters, positive class, bootstrap and what
/// is ranked by follow `options`. Error{bad_manifest}: those of read_predictions; without a column `phase` or scores;
/// an empty phase; more than ten phases.
PhaseShapleyAnalysis analyse_phases(const fs::path& file, const EvaluationOptions& options);
PhaseShapleyAnalysis analyse_phases(const CsvTable& table, const EvaluationOptions& options);

/// {"auc", "n", "phases": [{"phase", "shapley": estimate, "without"}], "subsets": [{"phases", "auc": estimate}]}.
nlohmann::json json_from_phases(const PhaseShapleyAnalysis& analysis);
/// "quantity,phases,value,lower,upper,n,method": a row a phase ("shapley"), then one a subset ("auc").
std::string csv_from_phases(const PhaseShapleyAnalysis& analysis);
/// The values as bars with their intervals, and the AUC of every subset.
draw::Drawing phase_figure(const PhaseShapleyAnalysis& analysis);

}  // namespace hepatica
