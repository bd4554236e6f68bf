#include "evaluate/map_trust.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <set>

#include "base/csv.h"
#include "evaluate/named_output.h"
#include "stats/proportion.h"

namespace hepatica {
namespace {

using ValueOf = std::function<std::optional<double>(size_t crop)>;

/// Mean over the crops that have a value, patients resampled.
stats::Estimate mean_of(const TrustData& data, const ValueOf& value_of, const stats::BootstrapOptions& options) {
  std::map<std::string, size_t> index;
  std::vector<double> sums, counts;
  for (size_t c = 0; c < data.crops.size(); ++c) {
    const std::optional<double> value = value_of(c);
    if (!value) continue;
    const auto [at, added] = index.emplace(data.crops[c].patient, sums.size());
    if (added) {
      sums.push_back(0);
      counts.push_back(0);
    }
    sums[at->second] += *value;
    ++counts[at->second];
  }
  if (sums.empty()) return stats::undefined(0, "every map is constant");
  return stats::ratio_estimate(sums, counts, options);
}

MethodTrust summary_of(const TrustData& data, const MethodChecks& method, const stats::BootstrapOptions& options) {
  const std::vector<MapCheck>& checks = method.of_crop;
  MethodTrust trust{method.name, method.control, {}, {}, {}, {}, {}};
  trust.deletion = mean_of(
      data, [&](size_t c) { return std::optional(checks[c].deletion_area); }, options);
  trust.insertion = mean_of(
      data, [&](size_t c) { return std::optional(checks[c].insertion_area); }, options);
  int64_t hits = 0;
  for (const MapCheck& check : checks) hits += check.hit;
  trust.pointing = stats::wilson(hits, int64_t(checks.size()), options.confidence);
  if (!checks.empty() && checks[0].residual)
    trust.residual = mean_of(
        data, [&](size_t c) { return checks[c].residual; }, options);
  for (size_t layer = 0; !method.control && layer < data.layers.size(); ++layer)
    trust.correlations.push_back(mean_of(
        data, [&](size_t c) { return checks[c].correlations[layer]; }, options));
  return trust;
}

size_t patients_of(const TrustData& data) {
  std::set<std::string> patients;
  for (const TrustCrop& crop : data.crops) patients.insert(crop.patient);
  return patients.size();
}

std::string line_of(const std::string& method,
                    const std::string& check,
                    const std::string& layer,
                    const stats::Estimate& e) {
  return csv_line({method,
                   check,
                   layer,
                   csv_value(e.value),
                   csv_value(e.lower),
                   csv_value(e.upper),
                   fmt::format("{}", e.n),
                   e.method});
}

}  // namespace

std::vector<MethodTrust> summarise(const TrustData& data, const stats::BootstrapOptions& options) {
  std::vector<MethodTrust> all;
  for (const MethodChecks& method : data.methods) all.push_back(summary_of(data, method, options));
  return all;
}

double chance_of_hit(const TrustData& data) {
  double sum = 0;
  for (const TrustCrop& crop : data.crops) sum += crop.lesion_share;
  return data.crops.empty() ? 0 : sum / double(data.crops.size());
}

nlohmann::json json_from_trust(const TrustData& data, const std::vector<MethodTrust>& methods) {
  nlohmann::json by_method = nlohmann::json::object();
  for (const MethodTrust& method : methods) {
    nlohmann::json correlations = nlohmann::json::array();
    for (size_t layer = 0; layer < method.correlations.size(); ++layer) {
      correlations.push_back(stats::json_from_estimate(method.correlations[layer]));
      correlations.back()["layer"] = data.layers[layer];
    }
    by_method[method.name] = {{"control", method.control},
                              {"deletion_area", stats::json_from_estimate(method.deletion)},
                              {"insertion_area", stats::json_from_estimate(method.insertion)},
                              {"pointing_game", stats::json_from_estimate(method.pointing)},
                              {"residual", method.residual ? stats::json_from_estimate(*method.residual) : nullptr},
                              {"rank_correlation", correlations}};
  }
  return {{"patients", patients_of(data)},
          {"crops", data.crops.size()},
          {"chance", chance_of_hit(data)},
          {"layers", data.layers},
          {"methods", by_method}};
}

std::string csv_from_trust(const TrustData& data, const std::vector<MethodTrust>& methods) {
  std::string csv = csv_line({"method", "check", "layer", "value", "lower", "upper", "n", "interval"});
  for (const MethodTrust& method : methods) {
    csv += line_of(method.name, "deletion_area", "", method.deletion);
    csv += line_of(method.name, "insertion_area", "", method.insertion);
    csv += line_of(method.name, "pointing_game", "", method.pointing);
    if (method.residual) csv += line_of(method.name, "residual", "", *method.residual);
    for (size_t layer = 0; layer < method.correlations.size(); ++layer)
      csv += line_of(method.name, "rank_correlation", data.layers[layer], method.correlations[layer]);
  }
  return csv;
}

std::string trust_crops_csv(const TrustData& data) {
  std::string csv = csv_line({"patient",
                              "phase",
                              "slice",
                              "lesion",
                              "class",
                              "probability",
                              "lesion_share",
                              "method",
                              "deletion_area",
                              "insertion_area",
                              "hit",
                              "residual",
                              "correlation_untrained"});
  for (size_t c = 0; c < data.crops.size(); ++c)
    for (const MethodChecks& method : data.methods) {
      const TrustCrop& crop = data.crops[c];
      const MapCheck& check = method.of_crop[c];
      csv += csv_line({crop.patient,
                       crop.phase,
                       fmt::format("{}", crop.slice),
                       fmt::format("{}", crop.lesion),
                       crop.chosen,
                       csv_value(crop.probability),
                       csv_value(crop.lesion_share),
                       method.name,
                       csv_value(check.deletion_area),
                       csv_value(check.insertion_area),
                       check.hit ? "1" : "0",
                       csv_value(check.residual),
                       csv_value(check.correlations.empty() ? std::nullopt : check.correlations.back())});
    }
  return csv;
}

}  // namespace hepatica
