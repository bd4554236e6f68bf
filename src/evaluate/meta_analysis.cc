#include "evaluate/meta_analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace hepatica {
namespace {

using nlohmann::json;

struct NamedEstimate {
  std::string key, name;
  stats::Estimate estimate;
  int digits = 3;
};

std::vector<NamedEstimate> summary_of(const stats::BivariateMeta& fit) {
  return {{"sensitivity", "sensitivity", fit.sensitivity},
          {"specificity", "specificity", fit.specificity},
          {"false_positive_rate", "false positive rate", fit.false_positive_rate},
          {"positive_likelihood_ratio", "positive likelihood ratio", fit.positive_likelihood_ratio, 2},
          {"negative_likelihood_ratio", "negative likelihood ratio", fit.negative_likelihood_ratio},
          {"diagnostic_odds_ratio", "diagnostic odds ratio", fit.odds_ratio, 1}};
}

std::vector<NamedEstimate> curve_of(const stats::SummaryRoc& roc) {
  return {{"area", "area under the summary ROC", roc.area},
          {"grid_area", "area, mean over a grid", roc.grid_area},
          {"partial_area", "partial area, within the studies' FPR", roc.partial_area}};
}

std::vector<NamedEstimate> spread_of(const stats::BivariateMeta& fit) {
  const stats::Heterogeneity& h = fit.heterogeneity;
  return {{"correlation", "correlation between studies", fit.correlation},
          {"sensitivity_i2", "I2 of sensitivity", h.sensitivity_i2},
          {"false_positive_rate_i2", "I2 of false positive rate", h.false_positive_rate_i2},
          {"bivariate_i2", "I2, bivariate", h.bivariate_i2}};
}

std::vector<NamedEstimate> study_of(const stats::StudyEstimates& study) {
  return {{"sensitivity", "sensitivity", study.sensitivity},
          {"specificity", "specificity", study.specificity},
          {"false_positive_rate", "false positive rate", study.false_positive_rate},
          {"positive_likelihood_ratio", "positive likelihood ratio", study.positive_likelihood_ratio},
          {"negative_likelihood_ratio", "negative likelihood ratio", study.negative_likelihood_ratio},
          {"diagnostic_odds_ratio", "diagnostic odds ratio", study.odds_ratio}};
}

json json_of(const std::vector<NamedEstimate>& estimates) {
  json object = json::object();
  for (const NamedEstimate& e : estimates) object[e.key] = stats::json_from_estimate(e.estimate);
  return object;
}

json json_of(const stats::Symmetric2& matrix) {
  return {
      {"logit_sensitivity", matrix.first}, {"covariance", matrix.both}, {"logit_false_positive_rate", matrix.second}};
}

json json_of(const stats::SummaryRoc& roc) {
  if (!roc.defined) return {{"theta", nullptr}, {"lambda", nullptr}, {"beta", nullptr}, {"reason", roc.reason}};
  return {{"theta", roc.hsroc.theta},
          {"lambda", roc.hsroc.lambda},
          {"beta", roc.hsroc.beta},
          {"theta_variance", roc.hsroc.theta_variance},
          {"lambda_variance", roc.hsroc.lambda_variance}};
}

json heterogeneity_of(const stats::BivariateMeta& fit) {
  json object = json_of(spread_of(fit));
  object["q_sensitivity"] = stats::json_from_test(fit.heterogeneity.sensitivity);
  object["q_false_positive_rate"] = stats::json_from_test(fit.heterogeneity.false_positive_rate);
  object["q_both"] = stats::json_from_test(fit.heterogeneity.both);
  return object;
}

json json_of_study(const MetaAnalysis& analysis, const StudyTable& table, size_t i) {
  json object = json_of(study_of(analysis.studies[i]));
  const stats::AccuracyStudy& s = table.studies[i];
  object["name"] = table.names[i];
  object["counts"] = {
      {"TP", s.true_positive}, {"FN", s.false_negative}, {"FP", s.false_positive}, {"TN", s.true_negative}};
  object["corrected"] = analysis.fit.used[i].corrected;
  return object;
}

}  // namespace

MetaAnalysis analyse_studies(const StudyTable& table, const stats::BivariateOptions& options) {
  MetaAnalysis analysis;
  try {
    analysis.fit = stats::fit_bivariate(table.studies, options);
  } catch (const Error& error) {
    throw error.with_context(table.file);
  }
  analysis.roc = stats::summary_roc(analysis.fit);
  for (size_t i = 0; i < table.studies.size(); ++i)
    analysis.studies.push_back(stats::study_estimates(table.studies[i], analysis.fit.used[i], options.confidence));
  return analysis;
}

json json_from_meta(const MetaAnalysis& analysis, const StudyTable& table) {
  const stats::BivariateMeta& fit = analysis.fit;
  json document{
      {"n", table.studies.size()},
      {"likelihood", stats::name_of(fit.options.likelihood)},
      {"correction", stats::name_of(fit.options.correction)},
      {"summary", json_of(summary_of(fit))},
      {"mean_logits", {{"sensitivity", fit.logit_sensitivity}, {"false_positive_rate", fit.logit_false_positive_rate}}},
      {"mean_covariance", json_of(fit.mean_covariance)},
      {"between", json_of(fit.between)},
      {"heterogeneity", heterogeneity_of(fit)},
      {"hsroc", json_of(analysis.roc)},
      {"sroc", json_of(curve_of(analysis.roc))},
      {"log_likelihood", fit.log_likelihood},
      {"studies", json::array()},
      {"input", {{"file", table.file}, {"sha256", table.sha256}}},
      {"warnings", fit.warnings}};
  for (size_t i = 0; i < table.studies.size(); ++i) document["studies"].push_back(json_of_study(analysis, table, i));
  return document;
}

std::vector<NamedCsv> csvs_from_meta(const MetaAnalysis& analysis, const StudyTable& table) {
  std::string summary = csv_line({"quantity", "value", "lower", "upper", "n", "method", "reason"});
  for (const auto& part : {summary_of(analysis.fit), curve_of(analysis.roc), spread_of(analysis.fit)})
    for (const auto& [key, name, e, digits] : part)
      summary += csv_line({key,
                           csv_value(e.value),
                           csv_value(e.lower),
                           csv_value(e.upper),
                           fmt::format("{}", e.n),
                           e.method,
                           e.reason});
  std::string studies = csv_line({"study", "TP", "FN", "FP", "TN", "corrected", "quantity", "value", "lower", "upper"});
  for (size_t i = 0; i < table.studies.size(); ++i) {
    const stats::AccuracyStudy& s = table.studies[i];
    for (const auto& [key, name, e, digits] : study_of(analysis.studies[i]))
      studies += csv_line({table.names[i],
                           fmt::format("{}", s.true_positive),
                           fmt::format("{}", s.false_negative),
                           fmt::format("{}", s.false_positive),
                           fmt::format("{}", s.true_negative),
                           analysis.fit.used[i].corrected ? "yes" : "no",
                           key,
                           csv_value(e.value),
                           csv_value(e.lower),
                           csv_value(e.upper)});
  }
  return {{"summary.csv", summary}, {"studies.csv", studies}};
}

std::vector<std::vector<std::string>> rows_from_meta(const MetaAnalysis& analysis) {
  std::vector<std::vector<std::string>> rows{{"result", "value (interval)", "studies", "method"}};
  for (const auto& part : {summary_of(analysis.fit), curve_of(analysis.roc), spread_of(analysis.fit)})
    for (const auto& [key, name, e, digits] : part)
      rows.push_back({name, value_text(e, digits), fmt::format("{}", e.n), e.method});
  const auto& h = analysis.fit.heterogeneity;
  for (const auto& [name, test] :
       {std::pair{"Q of sensitivity", h.sensitivity}, {"Q of false positive rate", h.false_positive_rate}})
    rows.push_back({name, stats::text_from_test(test), fmt::format("{}", analysis.studies.size()), "Cochran"});
  return rows;
}

}  // namespace hepatica
