// The cases of a table as the statistics take them, with the options applied.
#pragma once

#include "evaluate/evaluation.h"

namespace hepatica {

struct EvaluationCases {
  stats::Predictions predictions;  ///< with `ranking` set where logits rank
  stats::ClassificationOptions classification;
  std::vector<std::string> clusters;  ///< name per case
  stats::Sampling sampling;
};

/// Errors: those of `evaluate`.
EvaluationCases cases_of(const PredictionTable& table, const EvaluationOptions& options);

/// Number of the class that `wanted` names, or of the usual one. Error{bad_manifest} names file and classes.
int positive_class(const std::vector<std::string>& classes, const std::string& wanted, const std::string& file);

/// Clusters are resampled within their true class, so that no resample loses a class.
stats::Sampling class_sampling(const stats::Predictions& predictions, const std::vector<std::string>& cluster_names);

/// Some cases of all, in that order.
stats::Predictions subset(const stats::Predictions& all, const std::vector<size_t>& cases);
/// Likewise of a table, with its further columns; `rows` is the number of those cases.
PredictionTable subset(const PredictionTable& all, const std::vector<size_t>& cases);

/// Some elements of all, in that order.
std::vector<std::string> subset(const std::vector<std::string>& all, const std::vector<size_t>& cases);

}  // namespace hepatica
