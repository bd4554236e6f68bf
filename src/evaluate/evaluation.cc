#include "evaluate/evaluation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "evaluate/estimate_cells.h"
#include "evaluate/evaluation_cases.h"
#include "stats/classification_cases.h"
#include "stats/recalibration.h"

namespace hepatica {
namespace {

using stats::NamedEstimate;

constexpr size_t kMostLevels = 12;
constexpr int64_t kSmall = 20;

std::optional<double> number_in(const std::string& text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// Limits between bands; the first band lies below the first limit.
std::string band_name(double value, const std::vector<double>& limits) {
  const size_t band = size_t(std::upper_bound(limits.begin(), limits.end(), value) - limits.begin());
  if (band == 0) return fmt::format("< {:g}", limits.front());
  if (band == limits.size()) return fmt::format(">= {:g}", limits.back());
  return fmt::format("{:g} to < {:g}", limits[band - 1], limits[band]);
}

/// Limits of the column's bands; empty where its values are levels themselves.
std::vector<double> limits_of(const PredictionTable::Column& column) {
  std::vector<double> numbers;
  std::set<std::string> distinct;
  for (const std::string& text : column.values) {
    if (text.empty()) continue;
    const auto number = number_in(text);
    if (!number) return {};
    numbers.push_back(*number);
    distinct.insert(text);
  }
  if (column.name == "size_mm" || column.name == "largest_mm") return {10, 30, 50};
  if (column.name == "age") return {40, 60};
  if (distinct.size() <= kMostLevels) return {};
  std::sort(numbers.begin(), numbers.end());
  const double low = numbers[numbers.size() / 3], high = numbers[2 * numbers.size() / 3];
  if (low < high) return {low, high};
  return {low};
}

/// Position of a level in its column: bands by their limit, names in natural order, unknown last.
bool level_less(const std::string& a, const std::string& b) {
  if ((a == "unknown") != (b == "unknown")) return b == "unknown";
  if (a.starts_with("<") != b.starts_with("<")) return a.starts_with("<");
  if (a.starts_with(">=") != b.starts_with(">=")) return b.starts_with(">=");
  return natural_less(a, b);
}

/// The columns to split by, with the levels of each.
std::vector<Stratum> all_strata(const PredictionTable& table,
                                const EvaluationOptions& options,
                                std::vector<std::string>& warnings) {
  std::vector<Stratum> strata;
  const auto add = [&](const PredictionTable::Column& column, bool asked) {
    std::vector<Stratum> levels = strata_of(column);
    if (!asked && levels.size() > kMostLevels) {
      warnings.push_back(
          fmt::format("column '{}' has {} levels and was not used as strata; name it in --strata to use it",
                      column.name,
                      levels.size()));
      return;
    }
    if (!asked && levels.size() < 2) return;
    strata.insert(strata.end(), levels.begin(), levels.end());
  };
  if (options.strata) {
    for (const std::string& name : *options.strata) add(table.column(name), true);
  } else {
    for (const auto& column : table.columns)
      if (column.name != options.cluster) add(column, false);
  }
  return strata;
}

void add_lines(std::string& csv,
               const std::vector<NamedEstimate>& estimates,
               const std::string& column,
               const std::string& level) {
  for (const NamedEstimate& named : estimates) {
    const auto [of_class, metric] = class_and_metric(named.name);
    const stats::Estimate& e = named.estimate;
    csv += csv_line({metric,
                     of_class,
                     column,
                     level,
                     number_cell(e.value),
                     number_cell(e.lower),
                     number_cell(e.upper),
                     fmt::format("{}", e.n),
                     e.method,
                     e.reason});
  }
}

}  // namespace

std::vector<Stratum> strata_of(const PredictionTable::Column& column) {
  const std::vector<double> limits = limits_of(column);
  std::map<std::string, std::vector<size_t>, decltype(&level_less)> levels(&level_less);
  for (size_t i = 0; i < column.values.size(); ++i) {
    const std::string& text = column.values[i];
    levels[text.empty() ? "unknown" : limits.empty() ? text : band_name(*number_in(text), limits)].push_back(i);
  }
  std::vector<Stratum> strata;
  for (const auto& [level, cases] : levels) strata.push_back({column.name, level, cases});
  return strata;
}

namespace {

/// Slope and intercept of calibration, of the positive class and of each class against the rest.
void add_recalibration(const stats::Predictions& p,
                       const stats::Sampling& sampling,
                       int positive,
                       double confidence,
                       std::vector<NamedEstimate>& estimates) {
  if (p.probability.empty()) return;
  const auto add = [&](const std::string& prefix, size_t c) {
    const stats::Recalibration fit = stats::recalibrate(
        stats::probabilities_of(p, c), stats::is_class(p.truth, c), sampling.cluster_of_case, confidence);
    estimates.push_back({prefix + "calibration_slope", fit.slope, {}});
    estimates.push_back({prefix + "calibration_intercept", fit.intercept, {}});
  };
  if (p.classes.size() == 2) add("", size_t(positive));
  for (size_t c = 0; c < p.classes.size(); ++c) add(p.classes[c] + ":", c);
}

}  // namespace

Evaluation evaluate(const PredictionTable& table, const EvaluationOptions& options) {
  Evaluation result;
  const EvaluationCases cases = cases_of(table, options);
  const stats::Predictions& p = cases.predictions;
  const auto estimate = [&](const stats::Predictions& part, const stats::Sampling& sampling) {
    std::vector<NamedEstimate> estimates = stats::estimate_all(part, sampling, cases.classification, options.bootstrap);
    add_recalibration(part, sampling, cases.classification.positive, options.bootstrap.confidence, estimates);
    return estimates;
  };
  if (p.classes.size() == 2) result.positive = p.classes[size_t(cases.classification.positive)];
  if (!p.probability.empty()) result.auc_scores = options.rank_by_logits ? "logits" : "probabilities";
  result.n = int64_t(p.size());
  result.confidence = options.bootstrap.confidence;
  result.clusters = int64_t(cases.sampling.stratum_of_cluster.size());
  result.estimates = estimate(p, cases.sampling);
  result.confusion = stats::confusion_matrix(p);
  if (!p.probability.empty())
    result.calibration = stats::calibration_curve(p, cases.classification, options.bootstrap.confidence);
  for (const Stratum& stratum : all_strata(table, options, result.warnings)) {
    const stats::Predictions part = subset(p, stratum.cases);
    result.strata.push_back({stratum.column,
                             stratum.level,
                             int64_t(part.size()),
                             estimate(part, class_sampling(part, subset(cases.clusters, stratum.cases))),
                             int64_t(part.size()) < kSmall ? fmt::format("small n: fewer than {} cases", kSmall) : ""});
  }
  return result;
}

nlohmann::json json_from_evaluation(const Evaluation& e,
                                    const PredictionTable& table,
                                    const EvaluationOptions& options) {
  nlohmann::json metrics, per_class;
  put_estimates(e.estimates, metrics, per_class);
  nlohmann::json strata = nlohmann::json::array(), calibration = nlohmann::json::array();
  for (const auto& stratum : e.strata) {
    nlohmann::json one{{"column", stratum.column}, {"level", stratum.level}, {"n", stratum.n}};
    put_estimates(stratum.estimates, one["metrics"], one["per_class"]);
    if (!stratum.note.empty()) one["note"] = stratum.note;
    strata.push_back(one);
  }
  for (const auto& bin : e.calibration)
    calibration.push_back({{"low", bin.low},
                           {"high", bin.high},
                           {"n", bin.n},
                           {"mean_probability", bin.mean_probability},
                           {"observed", stats::json_from_estimate(bin.observed)}});
  nlohmann::json json{
      {"n", e.n}, {"clusters", e.clusters}, {"classes", table.predictions.classes}, {"scores", table.scores}};
  if (!e.auc_scores.empty()) json["auc_scores"] = e.auc_scores;
  json["positive"] = e.positive.empty() ? nlohmann::json(nullptr) : nlohmann::json(e.positive);
  json["aggregation"] =
      table.rows > e.n ? fmt::format("mean of the {} over the rows of a case", table.scores) : "one row a case";
  json["metrics"] = metrics;
  json["per_class"] = per_class;
  json["confusion"] = {
      {"classes", table.predictions.classes}, {"rows", "truth"}, {"columns", "prediction"}, {"counts", e.confusion}};
  json["strata"] = strata;
  json["calibration"] = calibration;
  json["bootstrap"] = {{"resamples", options.bootstrap.resamples},
                       {"seed", options.bootstrap.seed},
                       {"confidence", options.bootstrap.confidence},
                       {"stratified_by", "truth"},
                       {"cluster", options.cluster.empty() ? "case_id" : options.cluster}};
  json["input"] = {{"file", table.file}, {"sha256", table.sha256}, {"rows", table.rows}};
  json["warnings"] = e.warnings;
  return json;
}

std::string csv_from_evaluation(const Evaluation& e) {
  std::string csv =
      csv_line({"metric", "class", "stratum", "level", "value", "lower", "upper", "n", "method", "reason"});
  add_lines(csv, e.estimates, "", "");
  for (const auto& stratum : e.strata) add_lines(csv, stratum.estimates, stratum.column, stratum.level);
  return csv;
}

std::string confusion_csv(const Evaluation& e, const PredictionTable& table) {
  std::vector<std::string> cells = table.predictions.classes;
  cells.insert(cells.begin(), "truth");
  std::string csv = csv_line(cells);
  for (size_t row = 0; row < e.confusion.size(); ++row) {
    cells = {table.predictions.classes[row]};
    for (int64_t count : e.confusion[row]) cells.push_back(fmt::format("{}", count));
    csv += csv_line(cells);
  }
  return csv;
}

std::string calibration_csv(const Evaluation& e) {
  std::string csv = csv_line({"low", "high", "n", "mean_probability", "observed", "lower", "upper"});
  for (const auto& bin : e.calibration)
    csv += csv_line({fmt::format("{:g}", bin.low),
                     fmt::format("{:g}", bin.high),
                     fmt::format("{}", bin.n),
                     bin.n ? fmt::format("{:.9g}", bin.mean_probability) : "",
                     number_cell(bin.observed.value),
                     number_cell(bin.observed.lower),
                     number_cell(bin.observed.upper)});
  return csv;
}

}  // namespace hepatica
