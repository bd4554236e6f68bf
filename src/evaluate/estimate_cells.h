// Estimates as cells of the tables that comparisons and reader studies write.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stats/classification.h"
#include "stats/hypothesis.h"

namespace hepatica {

/// Nine significant digits; empty where there is no number.
std::string number_cell(const std::optional<double>& number);

/// Class of "class:metric", empty for an overall one; and the metric.
std::pair<std::string, std::string> class_and_metric(const std::string& name);

/// value, lower, upper, n, method, reason.
std::vector<std::string> estimate_cells(const stats::Estimate& estimate);

/// Named estimates as {metric: estimate} and {class: {metric: estimate}}, with further "intervals" where there are any.
void put_estimates(const std::vector<stats::NamedEstimate>& estimates,
                   nlohmann::json& metrics,
                   nlohmann::json& per_class);

/// null where absent.
nlohmann::json json_number(const std::optional<double>& number);

}  // namespace hepatica
