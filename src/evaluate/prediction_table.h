// The table of predictions that the program evaluates.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/csv.h"
#include "stats/classification.h"

namespace hepatica {

/// Cases with truth and scores, in the order of first occurrence, and their further columns.
struct PredictionTable {
  stats::Predictions predictions;
  std::vector<std::string> case_ids;
  std::string scores;               ///< "logits", "probabilities" or "labels" (only a prediction is known)
  std::vector<double> mean_logits;  ///< [cases * classes], averaged over the rows of a case; empty without logits
  int64_t rows = 0;                 ///< rows of the file; more than the cases where a case has several images
  std::string file, sha256;
  struct Column {
    std::string name;
    std::vector<std::string> values;  ///< one per case: that of its first row
  };
  std::vector<Column> columns;  ///< all but case_id, truth, prediction and scores

  /// A further column. Error{bad_manifest} names those that are there.
  const Column& column(const std::string& name) const;
};

/// Reads `case_id, truth, logit_<class>...` or `prob_<class>...`, optional `prediction`, further columns as they are.
/// Rows of one case are averaged (logits before the softmax, probabilities as they are) and then renormalised. Without
/// `prediction` the class with the highest score is taken, the first of equals. Without scores `prediction` must be
/// there. Error{bad_manifest} names file, line and mend: a missing column, logits beside probabilities, a truth that is
/// no class, a number that is none or not finite, probabilities that do not sum to 1 within .01, a case with two
/// truths. Up to ten faulty rows are named at once.
PredictionTable read_predictions(const std::filesystem::path& path);
PredictionTable predictions_from_table(const CsvTable& table);

}  // namespace hepatica
