// The cases of a table as the statistics take them.
#pragma once

#include <string>
#include <vector>

#include "stats/classification.h"

namespace hepatica {

/// Number of the class that `wanted` names, or of the usual one. Error{bad_manifest} names file and classes.
int positive_class(const std::vector<std::string>& classes, const std::string& wanted, const std::string& file);

/// Clusters are resampled within their true class, so that no resample loses a class.
stats::Sampling class_sampling(const stats::Predictions& predictions, const std::vector<std::string>& cluster_names);

/// Some cases of all, in that order.
stats::Predictions subset(const stats::Predictions& all, const std::vector<size_t>& cases);

}  // namespace hepatica
