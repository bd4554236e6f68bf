#include "evaluate/survival_analysis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"

namespace hepatica {
namespace {

std::vector<size_t> cases_of_level(const Factor& factor, uint32_t level) {
  std::vector<size_t> cases;
  for (size_t i = 0; i < factor.level_of_case.size(); ++i)
    if (factor.level_of_case[i] == level) cases.push_back(i);
  return cases;
}

std::vector<GroupSurvival> curves_of(const SurvivalTable& table, const stats::KaplanMeierOptions& options) {
  std::vector<GroupSurvival> groups;
  if (table.group.levels.size() < 2) {
    groups.push_back({"all", stats::kaplan_meier(table.data, options), {}, {}, {}, {}});
    return groups;
  }
  for (uint32_t level = 0; level < table.group.levels.size(); ++level) {
    const std::vector<size_t> cases = cases_of_level(table.group, level);
    groups.push_back(
        {table.group.levels[level], stats::kaplan_meier(stats::cases_of(table.data, cases), options), {}, {}, {}, {}});
  }
  return groups;
}

/// Five even times, round to two digits, up to the last one.
std::vector<double> even_times(double last) {
  std::vector<double> times;
  for (int i = 1; i <= 5; ++i) {
    const std::string rounded = fmt::format("{:.2g}", last * i / 5);
    const double time = std::stod(rounded);
    if (time > 0 && time <= last && (times.empty() || time > times.back())) times.push_back(time);
  }
  return times;
}

void add_curves(const SurvivalTable& table, const SurvivalOptions& options, SurvivalAnalysis& analysis) {
  analysis.groups = curves_of(table, options.curve);
  double shortest = 0, longest = 0;
  for (const GroupSurvival& group : analysis.groups) {
    const double last = group.curve.steps.back().time;
    shortest = shortest == 0 ? last : std::min(shortest, last);
    longest = std::max(longest, last);
  }
  analysis.tau = options.tau.value_or(shortest);
  analysis.times = options.times.empty() ? even_times(longest) : options.times;
  for (GroupSurvival& group : analysis.groups) {
    group.median = stats::survival_quantile(group.curve, 0.5);
    group.restricted_mean = analysis.tau > 0 ? stats::restricted_mean(group.curve, analysis.tau)
                                             : stats::undefined(group.curve.n, "there is no follow-up after time 0");
    for (const double time : analysis.times) {
      group.at_times.push_back(group.curve.estimate_at(time));
      group.at_risk.push_back(group.curve.at_risk(time));
    }
  }
}

ScoreConcordance concordance_of(const SurvivalTable& table,
                                std::span<const double> risk,
                                const SurvivalOptions& options) {
  const double confidence = options.curve.confidence;
  return {stats::harrell_c(table.data, risk, table.strata.level_of_case, confidence),
          stats::uno_c(table.data, risk, options.tau, confidence)};
}

std::vector<double> penalty_factors(const SurvivalTable& table, const SurvivalOptions& options) {
  for (const std::string& name : options.unpenalised)
    if (std::ranges::find(table.covariate_columns, name) == table.covariate_columns.end())
      throw Error(
          ErrorCode::usage,
          fmt::format(
              "'{}' is to be spared the penalty but is no covariate; the covariates are {}",
              name,
              fmt::join(std::set<std::string>(table.covariate_columns.begin(), table.covariate_columns.end()), ", ")));
  std::vector<double> factors;
  for (const std::string& column : table.covariate_columns)
    factors.push_back(std::ranges::find(options.unpenalised, column) == options.unpenalised.end() ? 1 : 0);
  return factors;
}

/// Folds of the outer validation: k sets of institutions (of cases, without institutions), or each institution by
/// itself.
std::vector<uint32_t> outer_folds(const SurvivalTable& table, int count, uint64_t seed) {
  if (!table.institution.levels.empty() && count == 0) return table.institution.level_of_case;
  std::vector<uint32_t> own(table.data.size());
  for (size_t i = 0; i < own.size(); ++i) own[i] = uint32_t(i);
  const bool by_case = table.institution.levels.empty();
  return stats::grouped_folds(by_case ? own : table.institution.level_of_case, table.data, count, seed);
}

void add_fold_names(const SurvivalTable& table, const std::vector<uint32_t>& fold, SurvivalAnalysis& analysis) {
  std::vector<std::set<std::string>> names(analysis.nested->folds.size());
  for (size_t i = 0; i < fold.size(); ++i)
    if (!table.institution.levels.empty())
      names[fold[i]].insert(table.institution.levels[table.institution.level_of_case[i]]);
  for (size_t f = 0; f < names.size(); ++f)
    analysis.fold_names.push_back(names[f].empty() ? fmt::format("fold {}", f + 1)
                                                   : fmt::format("{}", fmt::join(names[f], ", ")));
}

void add_penalised(const SurvivalTable& table, const SurvivalOptions& options, SurvivalAnalysis& analysis) {
  stats::CoxnetSearch search = options.search;
  search.options.penalty_factors = penalty_factors(table, options);
  const auto& group = table.institution.level_of_case;
  analysis.coxnet = stats::choose_coxnet(table.data, table.covariates, search, group);
  const std::vector<double> risk = analysis.coxnet->linear_predictors(table.covariates);
  analysis.coxnet_baseline = stats::baseline_hazard(table.data, risk, stats::Ties::breslow);
  if (!options.outer_folds) return;
  if (*options.outer_folds == 0 && table.institution.levels.size() < 2)
    throw Error(
        ErrorCode::usage,
        "leaving one institution out needs a column with at least two institutions; name it with --institution, "
        "or ask for a number of outer folds");
  const std::vector<uint32_t> fold = outer_folds(table, *options.outer_folds, search.seed);
  analysis.nested = stats::nested_coxnet(table.data, table.covariates, search, fold, group, options.curve.confidence);
  add_fold_names(table, fold, analysis);
}

void add_plain_model(const SurvivalTable& table, const SurvivalOptions& options, SurvivalAnalysis& analysis) {
  analysis.cox = stats::fit_cox(
      table.data, table.covariates, {options.ties, options.curve.confidence}, table.strata.level_of_case);
  const size_t p = table.covariate_names.size();
  if (analysis.cox->events < int64_t(10 * p))
    analysis.warnings.push_back(fmt::format(
        "{} events for {} coefficients: fewer than 10 each, so the model may be overfitted", analysis.cox->events, p));
  analysis.cox_concordance = concordance_of(table, analysis.cox->linear_predictors(table.covariates), options);
}

void add_risk(const SurvivalTable& table, const SurvivalOptions& options, SurvivalAnalysis& analysis) {
  analysis.risk_concordance = concordance_of(table, table.risk, options);
  if (analysis.risk_concordance->harrell.estimate.value.value_or(1) < 0.5)
    analysis.warnings.push_back(
        "C of the risk score is below 0.5: higher scores go with later events; turn its sign if that is its meaning");
}

}  // namespace

SurvivalAnalysis analyse_survival(const SurvivalTable& table, const SurvivalOptions& options) {
  SurvivalAnalysis analysis;
  if (table.left_out > 0)
    analysis.warnings.push_back(fmt::format("{} rows with missing cells were left out", table.left_out));
  if (options.penalise && table.covariate_names.empty())
    throw Error(ErrorCode::usage, "a penalised model needs covariates; name their columns with --covariates");
  if (options.penalise && !table.strata.levels.empty())
    throw Error(ErrorCode::unsupported, "the penalised model knows no strata; leave --strata out, or do not penalise");
  add_curves(table, options, analysis);
  if (table.group.levels.size() == 1)
    analysis.warnings.push_back(
        fmt::format("the group's column holds '{}' alone: nothing to compare", table.group.levels[0]));
  if (table.group.levels.size() > 1)
    analysis.log_rank = stats::log_rank(table.data, table.group.level_of_case, table.strata.level_of_case);
  if (!table.risk.empty()) add_risk(table, options, analysis);
  if (!table.covariate_names.empty())
    options.penalise ? add_penalised(table, options, analysis) : add_plain_model(table, options, analysis);
  return analysis;
}

}  // namespace hepatica
