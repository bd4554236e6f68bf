#include "evaluate/estimate_cells.h"

#include <fmt/format.h>

namespace hepatica {
namespace {

nlohmann::json json_of(const stats::NamedEstimate& named) {
  nlohmann::json json = stats::json_from_estimate(named.estimate);
  for (const stats::Estimate& other : named.others) json["intervals"].push_back(stats::json_from_estimate(other));
  return json;
}

}  // namespace

std::string number_cell(const std::optional<double>& number) { return number ? fmt::format("{:.9g}", *number) : ""; }

std::pair<std::string, std::string> class_and_metric(const std::string& name) {
  const size_t colon = name.rfind(':');
  if (colon == std::string::npos) return {"", name};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

std::vector<std::string> estimate_cells(const stats::Estimate& e) {
  return {number_cell(e.value), number_cell(e.lower), number_cell(e.upper), fmt::format("{}", e.n), e.method, e.reason};
}

void put_estimates(const std::vector<stats::NamedEstimate>& estimates,
                   nlohmann::json& metrics,
                   nlohmann::json& per_class) {
  metrics = per_class = nlohmann::json::object();
  for (const stats::NamedEstimate& named : estimates) {
    const auto [of_class, metric] = class_and_metric(named.name);
    (of_class.empty() ? metrics[metric] : per_class[of_class][metric]) = json_of(named);
  }
}

nlohmann::json json_number(const std::optional<double>& number) {
  return number ? nlohmann::json(*number) : nlohmann::json(nullptr);
}

}  // namespace hepatica
