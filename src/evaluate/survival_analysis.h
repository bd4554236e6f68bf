// All that is said of a table of follow-up times: curves, their comparison, Cox's model, its concordance.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/named_output.h"
#include "evaluate/survival_table.h"
#include "stats/concordance.h"
#include "stats/cox.h"
#include "stats/coxnet_validation.h"
#include "stats/kaplan_meier.h"
#include "stats/log_rank.h"

namespace hepatica {

struct SurvivalOptions {
  stats::KaplanMeierOptions curve;
  stats::Ties ties = stats::Ties::efron;
  /// End of the restricted mean and of Uno's C; absent: the shortest of the groups' follow-ups for the one, every event
  /// for the other.
  std::optional<double> tau;
  std::vector<double> times;  ///< where survival is reported; empty: five even ones up to the last time
  bool penalise = false;      ///< fit the elastic net instead of the plain model
  stats::CoxnetSearch search;
  std::vector<std::string> unpenalised;  ///< columns of covariates that the penalty spares
  std::optional<int> outer_folds;        ///< nested validation; 0: each institution is a fold
};

struct GroupSurvival {
  std::string name;  ///< "all", or a level of the group's column
  stats::KaplanMeier curve;
  stats::Estimate median, restricted_mean;
  std::vector<stats::Estimate> at_times;
  std::vector<int64_t> at_risk;  ///< at the same times
};

/// Concordance of one score.
struct ScoreConcordance {
  stats::Concordance harrell, uno;
};

struct SurvivalAnalysis {
  std::vector<double> times;
  double tau = 0;  ///< of the restricted mean
  std::vector<GroupSurvival> groups;
  std::optional<stats::LogRank> log_rank;
  std::optional<stats::CoxFit> cox;
  std::optional<ScoreConcordance> cox_concordance;   ///< of its linear predictor on the cases it was fitted to
  std::optional<ScoreConcordance> risk_concordance;  ///< of the column of risks
  std::optional<stats::ChosenCoxnet> coxnet;
  std::vector<stats::HazardStep> coxnet_baseline;
  std::optional<stats::NestedValidation> nested;
  std::vector<std::string> fold_names;  ///< institutions of each outer fold
  std::vector<std::string> warnings;
};

/// Error{usage} where options ask for columns that the table was read without.
SurvivalAnalysis analyse_survival(const SurvivalTable& table, const SurvivalOptions& options);

/// {"n", "events", "times", "tau", "groups", "log_rank", "cox", "risk", "coxnet", "nested", "input", "warnings"}; what
/// was not asked for is absent.
nlohmann::json json_from_survival(const SurvivalAnalysis& analysis,
                                  const SurvivalTable& table,
                                  const SurvivalOptions& options);

/// curve.csv, and as they apply log_rank.csv, coefficients.csv, baseline.csv, path.csv, cross_validation.csv, folds.csv
/// and risk.csv.
std::vector<NamedCsv> csvs_from_survival(const SurvivalAnalysis& analysis, const SurvivalTable& table);

/// kaplan_meier, and as they apply hazard_ratios, coefficient_path and cross_validation. `unit` of the times stands in
/// the axis' label; empty: none.
std::vector<NamedDrawing> figures_from_survival(const SurvivalAnalysis& analysis,
                                                const SurvivalTable& table,
                                                const std::string& unit = "");

/// The main results as rows of a table for the terminal; the first is the header.
std::vector<std::vector<std::string>> rows_from_survival(const SurvivalAnalysis& analysis, const SurvivalTable& table);

}  // namespace hepatica
