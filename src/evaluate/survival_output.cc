// The survival analysis as JSON, CSV and rows for the terminal.
#include <fmt/format.h>

#include <cmath>

#include "evaluate/survival_analysis.h"

namespace hepatica {
namespace {

using nlohmann::json;

json json_from_concordance(const stats::Concordance& c) {
  return {{"c_index", stats::json_from_estimate(c.estimate)},
          {"concordant", c.concordant},
          {"discordant", c.discordant},
          {"tied_risk", c.tied_risk},
          {"tied_time", c.tied_time}};
}

json json_from_score(const ScoreConcordance& score) {
  return {{"harrell", json_from_concordance(score.harrell)}, {"uno", json_from_concordance(score.uno)}};
}

json json_from_group(const GroupSurvival& group, const std::vector<double>& times) {
  json at = json::array();
  for (size_t i = 0; i < times.size(); ++i)
    at.push_back({{"time", times[i]},
                  {"at_risk", group.at_risk[i]},
                  {"survival", stats::json_from_estimate(group.at_times[i])}});
  return {{"name", group.name},
          {"n", group.curve.n},
          {"events", group.curve.events},
          {"median", stats::json_from_estimate(group.median)},
          {"restricted_mean", stats::json_from_estimate(group.restricted_mean)},
          {"at", at}};
}

json json_from_log_rank(const stats::LogRank& log_rank, const SurvivalTable& table) {
  json groups = json::array();
  for (size_t g = 0; g < log_rank.groups.size(); ++g)
    groups.push_back({{"name", table.group.levels[g]},
                      {"n", log_rank.groups[g].n},
                      {"observed", log_rank.groups[g].observed},
                      {"expected", log_rank.groups[g].expected}});
  return {{"groups", groups}, {"test", stats::json_from_test(log_rank.test)}};
}

json json_from_cox(const SurvivalAnalysis& analysis, const SurvivalTable& table, stats::Ties ties) {
  const stats::CoxFit& fit = *analysis.cox;
  json coefficients = json::array();
  for (size_t j = 0; j < fit.coefficients.size(); ++j) {
    const stats::CoxCoefficient& c = fit.coefficients[j];
    json one{{"name", table.covariate_names[j]},
             {"log_hazard_ratio", stats::json_from_estimate(c.log_hazard_ratio)},
             {"hazard_ratio", stats::json_from_estimate(c.hazard_ratio)}};
    for (const auto& [key, value] : {std::pair{"standard_error", c.standard_error}, {"z", c.z}, {"p", c.p}})
      one[key] = value ? json(*value) : json(nullptr);
    coefficients.push_back(one);
  }
  return {{"ties", ties == stats::Ties::efron ? "efron" : "breslow"},
          {"coefficients", coefficients},
          {"null_log_likelihood", fit.null_log_likelihood},
          {"log_likelihood", fit.log_likelihood},
          {"likelihood_ratio_test", stats::json_from_test(fit.likelihood_ratio)},
          {"wald_test", stats::json_from_test(fit.wald)},
          {"score_test", stats::json_from_test(fit.score)},
          {"concordance", json_from_score(*analysis.cox_concordance)}};
}

json json_from_coxnet(const stats::ChosenCoxnet& model, const SurvivalTable& table) {
  const stats::CoxnetStep& step = model.validation.path.steps[model.step];
  json coefficients = json::object();
  for (size_t j = 0; j < step.beta.size(); ++j) coefficients[table.covariate_names[j]] = step.beta[j];
  const auto& errors = model.validation.errors;
  return {{"alpha", model.validation.alpha},
          {"lambda", step.lambda},
          {"lambda_least", errors[model.validation.least].lambda},
          {"lambda_one_standard_error", errors[model.validation.one_standard_error].lambda},
          {"nonzero", step.nonzero},
          {"deviance_explained", step.deviance_explained},
          {"cross_validated_deviance", errors[model.step].deviance},
          {"coefficients", coefficients}};
}

json json_from_nested(const SurvivalAnalysis& analysis) {
  json folds = json::array();
  for (size_t f = 0; f < analysis.nested->folds.size(); ++f) {
    const stats::OuterFold& fold = analysis.nested->folds[f];
    folds.push_back({{"name", analysis.fold_names[f]},
                     {"n", fold.n},
                     {"events", fold.events},
                     {"alpha", fold.alpha},
                     {"lambda", fold.lambda},
                     {"nonzero", fold.nonzero},
                     {"c_index", stats::json_from_estimate(fold.harrell.estimate)}});
  }
  return {{"folds", folds},
          {"pooled", json_from_concordance(analysis.nested->pooled)},
          {"mean_of_folds", stats::json_from_estimate(analysis.nested->mean)}};
}

std::string curve_csv(const SurvivalAnalysis& analysis) {
  std::string csv =
      csv_line({"group", "time", "at_risk", "events", "censored", "survival", "standard_error", "lower", "upper"});
  for (const GroupSurvival& group : analysis.groups)
    for (const stats::SurvivalStep& s : group.curve.steps)
      csv += csv_line({group.name,
                       csv_value(s.time),
                       fmt::format("{}", s.at_risk),
                       fmt::format("{}", s.events),
                       fmt::format("{}", s.censored),
                       csv_value(s.survival),
                       csv_value(s.standard_error),
                       csv_value(s.lower),
                       csv_value(s.upper)});
  return csv;
}

std::string log_rank_csv(const stats::LogRank& log_rank, const SurvivalTable& table) {
  std::string csv = csv_line({"group", "n", "observed", "expected"});
  for (size_t g = 0; g < log_rank.groups.size(); ++g)
    csv += csv_line({table.group.levels[g],
                     fmt::format("{}", log_rank.groups[g].n),
                     fmt::format("{}", log_rank.groups[g].observed),
                     csv_value(log_rank.groups[g].expected)});
  return csv;
}

std::string cox_csv(const stats::CoxFit& fit, const SurvivalTable& table) {
  std::string csv = csv_line(
      {"covariate", "log_hazard_ratio", "standard_error", "hazard_ratio", "lower", "upper", "z", "p", "reason"});
  for (size_t j = 0; j < fit.coefficients.size(); ++j) {
    const stats::CoxCoefficient& c = fit.coefficients[j];
    csv += csv_line({table.covariate_names[j],
                     csv_value(c.log_hazard_ratio.value),
                     csv_value(c.standard_error),
                     csv_value(c.hazard_ratio.value),
                     csv_value(c.hazard_ratio.lower),
                     csv_value(c.hazard_ratio.upper),
                     csv_value(c.z),
                     csv_value(c.p),
                     c.hazard_ratio.reason});
  }
  return csv;
}

std::string coxnet_csv(const stats::ChosenCoxnet& model, const SurvivalTable& table) {
  std::string csv = csv_line({"covariate", "log_hazard_ratio", "hazard_ratio"});
  for (size_t j = 0; j < model.beta.size(); ++j)
    csv += csv_line({table.covariate_names[j], csv_value(model.beta[j]), csv_value(std::exp(model.beta[j]))});
  return csv;
}

std::string baseline_csv(const std::vector<stats::HazardStep>& baseline, const SurvivalTable& table) {
  std::string csv = csv_line({"stratum", "time", "cumulative_hazard", "survival"});
  for (const stats::HazardStep& step : baseline)
    csv += csv_line({table.strata.levels.empty() ? "all" : table.strata.levels[step.stratum],
                     csv_value(step.time),
                     csv_value(step.cumulative_hazard),
                     csv_value(std::exp(-step.cumulative_hazard))});
  return csv;
}

std::string path_csv(const stats::CoxnetPath& path, const SurvivalTable& table) {
  std::vector<std::string> header{"lambda", "nonzero", "deviance_explained"};
  header.insert(header.end(), table.covariate_names.begin(), table.covariate_names.end());
  std::string csv = csv_line(header);
  for (const stats::CoxnetStep& step : path.steps) {
    std::vector<std::string> cells{
        csv_value(step.lambda), fmt::format("{}", step.nonzero), csv_value(step.deviance_explained)};
    for (const double beta : step.beta) cells.push_back(csv_value(beta));
    csv += csv_line(cells);
  }
  return csv;
}

std::string error_csv(const std::vector<stats::CoxnetError>& errors) {
  std::string csv = csv_line({"lambda", "deviance", "standard_error"});
  for (const stats::CoxnetError& e : errors)
    csv += csv_line({csv_value(e.lambda), csv_value(e.deviance), csv_value(e.standard_error)});
  return csv;
}

std::string folds_csv(const SurvivalAnalysis& analysis) {
  std::string csv =
      csv_line({"fold", "n", "events", "alpha", "lambda", "nonzero", "c_index", "lower", "upper", "reason"});
  for (size_t f = 0; f < analysis.nested->folds.size(); ++f) {
    const stats::OuterFold& fold = analysis.nested->folds[f];
    const stats::Estimate& c = fold.harrell.estimate;
    csv += csv_line({analysis.fold_names[f],
                     fmt::format("{}", fold.n),
                     fmt::format("{}", fold.events),
                     csv_value(fold.alpha),
                     csv_value(fold.lambda),
                     fmt::format("{}", fold.nonzero),
                     csv_value(c.value),
                     csv_value(c.lower),
                     csv_value(c.upper),
                     c.reason});
  }
  return csv;
}

std::string risk_csv(const SurvivalTable& table, const std::vector<double>& risk) {
  std::string csv = csv_line({"line", "time", "event", "log_hazard_ratio"});
  for (size_t i = 0; i < risk.size(); ++i)
    csv += csv_line({fmt::format("{}", table.lines[i]),
                     csv_value(table.data.time[i]),
                     fmt::format("{}", table.data.event[i]),
                     csv_value(risk[i])});
  return csv;
}

}  // namespace

json json_from_survival(const SurvivalAnalysis& analysis, const SurvivalTable& table, const SurvivalOptions& options) {
  json document{{"n", table.data.size()},
                {"events", table.data.events()},
                {"times", analysis.times},
                {"tau", analysis.tau},
                {"groups", json::array()},
                {"input", {{"file", table.file}, {"sha256", table.sha256}, {"rows_left_out", table.left_out}}},
                {"warnings", analysis.warnings}};
  for (const GroupSurvival& group : analysis.groups)
    document["groups"].push_back(json_from_group(group, analysis.times));
  if (analysis.log_rank) document["log_rank"] = json_from_log_rank(*analysis.log_rank, table);
  if (analysis.cox) document["cox"] = json_from_cox(analysis, table, options.ties);
  if (analysis.risk_concordance) document["risk"] = json_from_score(*analysis.risk_concordance);
  if (analysis.coxnet) document["coxnet"] = json_from_coxnet(*analysis.coxnet, table);
  if (analysis.nested) document["nested"] = json_from_nested(analysis);
  return document;
}

std::vector<NamedCsv> csvs_from_survival(const SurvivalAnalysis& analysis, const SurvivalTable& table) {
  std::vector<NamedCsv> csvs{{"curve.csv", curve_csv(analysis)}};
  if (analysis.log_rank) csvs.push_back({"log_rank.csv", log_rank_csv(*analysis.log_rank, table)});
  if (analysis.cox) {
    csvs.push_back({"coefficients.csv", cox_csv(*analysis.cox, table)});
    csvs.push_back({"baseline.csv", baseline_csv(analysis.cox->baseline, table)});
    csvs.push_back({"risk.csv", risk_csv(table, analysis.cox->linear_predictors(table.covariates))});
  }
  if (analysis.coxnet) {
    csvs.push_back({"coefficients.csv", coxnet_csv(*analysis.coxnet, table)});
    csvs.push_back({"baseline.csv", baseline_csv(analysis.coxnet_baseline, table)});
    csvs.push_back({"path.csv", path_csv(analysis.coxnet->validation.path, table)});
    csvs.push_back({"cross_validation.csv", error_csv(analysis.coxnet->validation.errors)});
    csvs.push_back({"risk.csv", risk_csv(table, analysis.coxnet->linear_predictors(table.covariates))});
  }
  if (analysis.nested) {
    csvs.push_back({"folds.csv", folds_csv(analysis)});
    csvs.push_back({"risk_out_of_fold.csv", risk_csv(table, analysis.nested->risk)});
  }
  return csvs;
}

std::vector<std::vector<std::string>> rows_from_survival(const SurvivalAnalysis& analysis, const SurvivalTable& table) {
  std::vector<std::vector<std::string>> rows{{"result", "value (interval)", "n", "detail"}};
  const auto add = [&](const std::string& name, const stats::Estimate& e, int digits, const std::string& detail) {
    rows.push_back({name, value_text(e, digits), fmt::format("{}", e.n), detail});
  };
  for (const GroupSurvival& group : analysis.groups) {
    add(fmt::format("median survival [{}]", group.name),
        group.median,
        1,
        fmt::format("{} events; {}", group.curve.events, group.median.method));
    add(fmt::format("restricted mean [{}]", group.name),
        group.restricted_mean,
        1,
        fmt::format("up to {:.6g}", analysis.tau));
  }
  if (analysis.log_rank)
    rows.push_back(
        {"log-rank test", stats::text_from_test(analysis.log_rank->test), fmt::format("{}", table.data.size()), ""});
  const auto add_score = [&](const std::string& name, const ScoreConcordance& score) {
    add(name + " Harrell's C", score.harrell.estimate, 3, score.harrell.estimate.method);
    add(name + " Uno's C", score.uno.estimate, 3, score.uno.estimate.method);
  };
  if (analysis.risk_concordance) add_score("risk score:", *analysis.risk_concordance);
  if (analysis.cox) {
    for (size_t j = 0; j < table.covariate_names.size(); ++j) {
      const stats::CoxCoefficient& c = analysis.cox->coefficients[j];
      const std::string p = c.p ? fmt::format("p {}{}", *c.p < 1e-4 ? "" : "= ", stats::text_from_p(c.p)) : "";
      add(fmt::format("hazard ratio [{}]", table.covariate_names[j]), c.hazard_ratio, 3, p);
    }
    rows.push_back({"likelihood ratio test",
                    stats::text_from_test(analysis.cox->likelihood_ratio),
                    fmt::format("{}", analysis.cox->n),
                    fmt::format("{} events", analysis.cox->events)});
    add_score("model (its own cases):", *analysis.cox_concordance);
  }
  if (analysis.coxnet) {
    const stats::CoxnetStep& step = analysis.coxnet->validation.path.steps[analysis.coxnet->step];
    for (size_t j = 0; j < step.beta.size(); ++j)
      if (step.beta[j] != 0)
        rows.push_back(
            {fmt::format("hazard ratio [{}]", table.covariate_names[j]),
             fmt::format("{:.3f}", std::exp(step.beta[j])),
             fmt::format("{}", table.data.size()),
             fmt::format("penalised, lambda {:.4g}, alpha {:.4g}", step.lambda, analysis.coxnet->validation.alpha)});
  }
  if (analysis.nested) {
    add("nested: pooled C", analysis.nested->pooled.estimate, 3, "pairs within outer folds");
    add("nested: mean of folds", analysis.nested->mean, 3, analysis.nested->mean.method);
  }
  return rows;
}

}  // namespace hepatica
