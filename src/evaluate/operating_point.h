// A threshold chosen on one table and judged on another.
#pragma once

#include "evaluate/evaluation.h"

namespace hepatica {

struct OperatingPoint {
  std::string positive;
  double wanted_sensitivity = 0;
  double threshold = 0;  ///< cases with at least this probability of `positive` are called positive
  std::string chosen_on, sha256;
  int64_t chosen_n = 0;
  stats::Estimate chosen_sensitivity;  ///< on the cases that it was chosen on
  std::vector<stats::NamedEstimate>
      estimates;  ///< on the evaluated table: sensitivity, specificity, ppv, npv, f1, accuracy
};

/// The highest threshold at which the sensitivity on `validation` is at least `sensitivity`, a number in (0, 1]; with
/// more than two classes of the positive class, which must be named, against the rest. Error{bad_manifest}: no scores,
/// other classes, no positive case, or a case that stands in both tables (a threshold chosen on the cases that it is
/// judged on looks better than it is).
OperatingPoint operating_point(const PredictionTable& validation,
                               const PredictionTable& table,
                               double sensitivity,
                               const EvaluationOptions& options);

nlohmann::json json_from_operating_point(const OperatingPoint& point);

}  // namespace hepatica
