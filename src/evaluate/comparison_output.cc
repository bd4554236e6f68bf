#include <fmt/format.h>

#include "base/csv.h"
#include "evaluate/comparison.h"
#include "evaluate/estimate_cells.h"

namespace hepatica {
namespace {

using stats::MetricDifference;

nlohmann::json json_of(const MetricDifference& metric) {
  nlohmann::json json{{"first", stats::json_from_estimate(metric.first)},
                      {"second", stats::json_from_estimate(metric.second)},
                      {"difference", stats::json_from_estimate(metric.difference)}};
  if (metric.others.empty()) return json;
  json["intervals"] = nlohmann::json::array();
  for (const stats::Estimate& other : metric.others) json["intervals"].push_back(stats::json_from_estimate(other));
  return json;
}

nlohmann::json json_of(const ComparedTest& test) {
  nlohmann::json json = stats::json_from_outcome(test.test);
  json["metric"] = test.metric;
  json["difference"] = stats::json_from_estimate(test.difference);
  json["p_holm"] = json_number(test.holm);
  json["p_bh"] = json_number(test.benjamini_hochberg);
  return json;
}

nlohmann::json json_of(const PairComparison& pair) {
  nlohmann::json metrics = nlohmann::json::object(), per_class = metrics, tests = nlohmann::json::array();
  for (const MetricDifference& one : pair.metrics) {
    const auto [of_class, metric] = class_and_metric(one.name);
    (of_class.empty() ? metrics[metric] : per_class[of_class][metric]) = json_of(one);
  }
  for (const ComparedTest& test : pair.tests) tests.push_back(json_of(test));
  nlohmann::json json{
      {"first", pair.first}, {"second", pair.second}, {"metrics", metrics}, {"per_class", per_class}, {"tests", tests}};
  if (pair.counts)
    json["counts"] = {{"both_right", pair.counts->both},
                      {"only_first", pair.counts->only_first},
                      {"only_second", pair.counts->only_second},
                      {"neither", pair.counts->neither}};
  if (pair.claim)
    json["false_claim"] = {
        {"claimed", pair.claim->claimed}, {"other", pair.claim->other}, {"probability", pair.claim->probability}};
  return json;
}

std::string metric_line(const PairComparison& pair, const MetricDifference& one) {
  const auto [of_class, metric] = class_and_metric(one.name);
  const stats::Estimate& d = one.difference;
  return csv_line({pair.first,
                   pair.second,
                   metric,
                   of_class,
                   d.method,
                   number_cell(one.first.value),
                   number_cell(one.second.value),
                   number_cell(d.value),
                   number_cell(d.lower),
                   number_cell(d.upper),
                   "",
                   "",
                   "",
                   "",
                   "",
                   fmt::format("{}", d.n),
                   d.reason});
}

std::string test_line(const PairComparison& pair, const ComparedTest& one) {
  const auto [of_class, metric] = class_and_metric(one.metric);
  return csv_line({pair.first,
                   pair.second,
                   metric,
                   of_class,
                   one.test.method,
                   "",
                   "",
                   number_cell(one.difference.value),
                   number_cell(one.difference.lower),
                   number_cell(one.difference.upper),
                   number_cell(one.test.statistic),
                   number_cell(one.test.degrees),
                   number_cell(one.test.p),
                   number_cell(one.holm),
                   number_cell(one.benjamini_hochberg),
                   fmt::format("{}", one.test.n),
                   one.test.reason});
}

}  // namespace

nlohmann::json json_from_comparison(const Comparison& comparison, const ComparisonOptions& options) {
  nlohmann::json methods = nlohmann::json::array(), pairs = methods;
  for (const ComparedMethod& one : comparison.methods)
    methods.push_back(
        {{"name", one.name}, {"n", one.n}, {"file", one.file}, {"sha256", one.sha256}, {"scores", one.scores}});
  size_t p_values = 0;
  for (const PairComparison& pair : comparison.pairs) {
    pairs.push_back(json_of(pair));
    for (const ComparedTest& test : pair.tests) p_values += test.test.p.has_value();
  }
  nlohmann::json json{{"mode", comparison.mode},
                      {"methods", methods},
                      {"classes", comparison.classes},
                      {"pairs", pairs},
                      {"adjusted_for", p_values},
                      {"warnings", comparison.warnings}};
  if (comparison.mode != "unpaired") json["n"] = comparison.methods[0].n;
  json["positive"] = comparison.positive.empty() ? nlohmann::json(nullptr) : nlohmann::json(comparison.positive);
  json["bootstrap"] = {{"resamples", options.bootstrap.resamples},
                       {"seed", options.bootstrap.seed},
                       {"confidence", options.bootstrap.confidence},
                       {"stratified_by", comparison.classes.empty() ? nlohmann::json(nullptr) : "truth"},
                       {"cluster", options.cluster.empty() ? "case_id" : options.cluster}};
  return json;
}

std::string csv_from_comparison(const Comparison& comparison) {
  std::string csv = csv_line({"first",
                              "second",
                              "metric",
                              "class",
                              "method",
                              "value_first",
                              "value_second",
                              "difference",
                              "lower",
                              "upper",
                              "statistic",
                              "degrees",
                              "p",
                              "p_holm",
                              "p_bh",
                              "n",
                              "reason"});
  for (const PairComparison& pair : comparison.pairs) {
    for (const MetricDifference& metric : pair.metrics) csv += metric_line(pair, metric);
    for (const ComparedTest& test : pair.tests) csv += test_line(pair, test);
  }
  return csv;
}

nlohmann::json json_from_reported(const stats::ReportedAccuracies& given) {
  stats::ReportedAccuracies reported = given;
  if (reported.other > reported.claimed) std::swap(reported.claimed, reported.other);
  const stats::CongruenceRange feasible = stats::feasible_congruence(reported);
  const stats::FalseClaimRange range = stats::false_claim_range(reported);
  return {{"mode", "reported"},
          {"claimed", reported.claimed},
          {"other", reported.other},
          {"n", reported.n},
          {"congruence", {{"low", feasible.low}, {"high", feasible.high}}},
          {"false_claim",
           {{"lowest", range.lowest},
            {"lowest_congruence", range.lowest_congruence},
            {"highest", range.highest},
            {"highest_congruence", range.highest_congruence},
            {"independent", range.independent},
            {"independent_congruence", reported.claimed * reported.other}}}};
}

nlohmann::json json_from_reported(const stats::ReportedMeans& given) {
  stats::ReportedMeans reported = given;
  if (reported.other > reported.claimed) {
    std::swap(reported.claimed, reported.other);
    std::swap(reported.claimed_sd, reported.other_sd);
  }
  const stats::FalseClaim claim = stats::false_claim_of_means(reported);
  nlohmann::json false_claim{{"probability", json_number(claim.probability)}};
  if (!claim.reason.empty()) false_claim["reason"] = claim.reason;
  return {{"mode", "reported_means"},
          {"claimed", {{"mean", reported.claimed}, {"sd", reported.claimed_sd}}},
          {"other", {{"mean", reported.other}, {"sd", reported.other_sd}}},
          {"correlation", reported.correlation},
          {"n", reported.n},
          {"false_claim", false_claim}};
}

}  // namespace hepatica
