// All statistics of a table of predictions, overall and by strata.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/prediction_table.h"
#include "stats/classification.h"

namespace hepatica {

struct EvaluationOptions {
  stats::BootstrapOptions bootstrap;
  int calibration_bins = 10;
  /// With two classes, the one that sensitivity and AUC speak of; empty: "malignant" or "positive" or "1" where there
  /// is such a class, else the last.
  std::string positive;
  /// Column that says which cases belong to one patient and are resampled together; empty: each case by itself.
  std::string cluster;
  /// AUC, average precision and their curves rank by the mean logits as they are, not by probabilities: the way of
  /// LiLNet's code. With two classes the two columns then have AUCs of their own. Needs a table of logits.
  bool rank_by_logits = false;
  /// Columns to split by; absent: every further column with at most 12 levels, and numeric ones in bands.
  std::optional<std::vector<std::string>> strata;
};

/// The cases of one level of one column.
struct Stratum {
  std::string column, level;
  std::vector<size_t> cases;
};

/// Levels of one column in natural order. Numbers are put into bands: size_mm and largest_mm < 10, 10-30, 30-50, >= 50;
/// age < 40, 40-60, >= 60; other numbers with more than 12 values into thirds. Empty cells form the level "unknown".
std::vector<Stratum> strata_of(const PredictionTable::Column& column);

/// Everything that was computed.
struct Evaluation {
  int64_t n = 0, clusters = 0;
  double confidence = 0.95;  ///< of every interval
  std::string positive;      ///< empty with more than two classes
  std::string auc_scores;    ///< "logits" or "probabilities"; empty without scores
  std::vector<stats::NamedEstimate> estimates;
  std::vector<std::vector<int64_t>> confusion;
  std::vector<stats::CalibrationBin> calibration;
  struct StratumResult {
    std::string column, level;
    int64_t n = 0;
    std::vector<stats::NamedEstimate> estimates;
    std::string note;  ///< "small n" below 20 cases
  };
  std::vector<StratumResult> strata;
  std::vector<std::string> warnings;
};

/// Beside what `stats::estimate_all` gives: calibration_slope and calibration_intercept, with two classes of the
/// positive one, and "c:calibration_slope", ... of each class against the rest. Error{bad_manifest} where a named
/// column or class is not in the table, or logits are asked for where there are none.
Evaluation evaluate(const PredictionTable& table, const EvaluationOptions& options);

/// {"n", "clusters", "classes", "positive", "scores", "auc_scores", "aggregation", "metrics", "confusion", "per_class",
/// "strata", "calibration", "bootstrap", "input", "warnings"}.
nlohmann::json json_from_evaluation(const Evaluation& evaluation,
                                    const PredictionTable& table,
                                    const EvaluationOptions& options);

/// "metric,class,stratum,level,value,lower,upper,n,method,reason" and a line for each estimate.
std::string csv_from_evaluation(const Evaluation& evaluation);
/// "truth,<class>..." and a row of counts for each true class.
std::string confusion_csv(const Evaluation& evaluation, const PredictionTable& table);
/// "class,threshold,sensitivity,specificity": the ROC of each class against the rest; one that has no both is left out.
std::string roc_csv(const PredictionTable& table);
/// "low,high,n,mean_probability,observed,lower,upper".
std::string calibration_csv(const Evaluation& evaluation);

}  // namespace hepatica
