#include "evaluate/phase_shapley.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "draw/bar_chart.h"
#include "evaluate/evaluation_cases.h"
#include "evaluate/named_output.h"
#include "study/phase_abbreviation.h"

namespace hepatica {
namespace {

/// Place of a phase in the order of the analysis.
std::pair<size_t, std::string> rank_of(const std::string& name) {
  const auto phase = phase_from_name(name);
  return {phase && *phase != Phase::unknown ? size_t(*phase) : 100, name};
}

std::vector<std::string> phases_of(const CsvTable& table, size_t column) {
  std::vector<std::string> phases;
  for (const auto& row : table.rows) {
    const std::string& name = row.cells[column];
    if (name.empty())
      throw Error(ErrorCode::bad_manifest,
                  fmt::format("{}: phase is empty; name the image's phase or leave the row out", table.where(row)));
    if (std::find(phases.begin(), phases.end(), name) == phases.end()) phases.push_back(name);
  }
  std::sort(
      phases.begin(), phases.end(), [](const std::string& a, const std::string& b) { return rank_of(a) < rank_of(b); });
  if (phases.size() > stats::kMostPlayers)
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: the column phase holds {} names; Shapley values are for at most {}",
                            table.file,
                            phases.size(),
                            stats::kMostPlayers));
  return phases;
}

bool holds(size_t subset, size_t phase) { return (subset >> phase & 1) != 0; }

CsvTable rows_of(const CsvTable& table, size_t column, const std::vector<std::string>& phases, size_t subset) {
  CsvTable part{table.file, table.header, {}};
  for (const auto& row : table.rows) {
    const auto phase = size_t(std::find(phases.begin(), phases.end(), row.cells[column]) - phases.begin());
    if (holds(subset, phase)) part.rows.push_back(row);
  }
  return part;
}

void copy_row(const std::vector<double>& from, size_t from_row, std::vector<double>& to, size_t row, size_t width) {
  std::copy_n(from.begin() + std::ptrdiff_t(from_row * width), width, to.begin() + std::ptrdiff_t(row * width));
}

/// The cases of `all` in their order with the scores of `part`; those that `part` lacks get every class alike.
stats::Predictions aligned(const PredictionTable& part, const PredictionTable& all, bool by_logits) {
  stats::Predictions p = all.predictions;
  const size_t classes = p.classes.size();
  p.probability.assign(p.size() * classes, 1.0 / double(classes));
  if (by_logits) p.ranking.assign(p.size() * classes, 0.0);
  std::map<std::string, size_t> rows;
  for (size_t i = 0; i < part.case_ids.size(); ++i) rows[part.case_ids[i]] = i;
  for (size_t i = 0; i < all.case_ids.size(); ++i) {
    const auto found = rows.find(all.case_ids[i]);
    if (found == rows.end()) continue;
    copy_row(part.predictions.probability, found->second, p.probability, i, classes);
    if (by_logits) copy_row(part.mean_logits, found->second, p.ranking, i, classes);
  }
  return p;
}

std::string subset_name(const std::vector<std::string>& phases, size_t subset) {
  std::vector<std::string> names;
  for (size_t i = 0; i < phases.size(); ++i)
    if (holds(subset, i)) names.push_back(phases[i]);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, " + "));
}

/// As it is where it is no phase of ours.
std::string short_name(const std::string& phase) {
  const Phase known = phase_from_name(phase).value_or(Phase::unknown);
  return known == Phase::unknown ? phase : std::string(phase_abbreviation(known));
}

draw::Bar bar_of(const stats::Estimate& e) { return {e.value, e.lower, e.upper}; }

draw::Drawing values_figure(const PhaseShapleyAnalysis& analysis) {
  draw::BarChart chart;
  chart.title = "What each phase adds";
  chart.y.label = fmt::format("Shapley value, {}", analysis.auc);
  chart.groups_label = "Phase";
  chart.series = {"Shapley value"};
  chart.bars.resize(1);
  chart.digits = 3;
  for (size_t i = 0; i < analysis.phases.size(); ++i) {
    chart.groups.push_back(short_name(analysis.phases[i]));
    chart.bars[0].push_back(bar_of(analysis.shapley.values[i]));
  }
  return draw_bars(chart, "Shapley value of each phase for the AUC, with interval");
}

draw::Drawing aucs_figure(const PhaseShapleyAnalysis& analysis) {
  std::vector<std::string> names;
  for (const std::string& phase : analysis.phases) names.push_back(short_name(phase));
  draw::BarChart chart;
  chart.title = "With these phases alone";
  chart.y.label = analysis.auc;
  chart.y.low = 0;
  chart.y.high = 1;
  chart.groups_label = "Phases";
  chart.series = {"AUC"};
  chart.bars.resize(1);
  chart.digits = 2;
  for (size_t s = 1; s < analysis.shapley.aucs.size(); ++s) {
    chart.groups.push_back(subset_name(names, s));
    chart.bars[0].push_back(bar_of(analysis.shapley.aucs[s]));
  }
  chart.plot_width = std::max(260.0, 40.0 * double(chart.groups.size()));
  return draw_bars(chart, "AUC of every subset of the phases, with interval");
}

std::vector<std::string> estimate_line(const std::string& what, const std::string& phases, const stats::Estimate& e) {
  return {what, phases, csv_value(e.value), csv_value(e.lower), csv_value(e.upper), fmt::format("{}", e.n), e.method};
}

}  // namespace

PhaseShapleyAnalysis analyse_phases(const CsvTable& table, const EvaluationOptions& options) {
  const size_t column = table.column("phase");
  const PredictionTable all = predictions_from_table(table);
  if (all.scores == "labels")
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: there are no scores; phases are told apart by columns logit_<class> or prob_<class>",
                            table.file));
  const EvaluationCases cases = cases_of(all, options);
  const int positive = cases.classification.positive;
  PhaseShapleyAnalysis analysis;
  analysis.phases = phases_of(table, column);
  analysis.n = int64_t(all.case_ids.size());
  analysis.auc = all.predictions.classes.size() == 2
                     ? fmt::format("AUC of {}", all.predictions.classes[size_t(positive)])
                     : "mean one-vs-rest AUC";
  const size_t count = size_t(1) << analysis.phases.size();
  std::vector<stats::Predictions> subsets(1);
  for (size_t subset = 1; subset < count; ++subset) {
    const PredictionTable part = predictions_from_table(rows_of(table, column, analysis.phases, subset));
    subsets.push_back(aligned(part, all, options.rank_by_logits));
    if ((subset & (subset - 1)) == 0) analysis.without.push_back(analysis.n - int64_t(part.case_ids.size()));
  }
  analysis.shapley = stats::auc_shapley(subsets, positive, cases.sampling, options.bootstrap);
  return analysis;
}

PhaseShapleyAnalysis analyse_phases(const fs::path& file, const EvaluationOptions& options) {
  return analyse_phases(read_csv(file), options);
}

nlohmann::json json_from_phases(const PhaseShapleyAnalysis& analysis) {
  nlohmann::json phases = nlohmann::json::array(), subsets = nlohmann::json::array();
  for (size_t i = 0; i < analysis.phases.size(); ++i)
    phases.push_back({{"phase", analysis.phases[i]},
                      {"shapley", stats::json_from_estimate(analysis.shapley.values[i])},
                      {"without", analysis.without[i]}});
  for (size_t s = 0; s < analysis.shapley.aucs.size(); ++s) {
    nlohmann::json names = nlohmann::json::array();
    for (size_t i = 0; i < analysis.phases.size(); ++i)
      if (holds(s, i)) names.push_back(analysis.phases[i]);
    subsets.push_back({{"phases", names}, {"auc", stats::json_from_estimate(analysis.shapley.aucs[s])}});
  }
  return {{"auc", analysis.auc}, {"n", analysis.n}, {"phases", phases}, {"subsets", subsets}};
}

std::string csv_from_phases(const PhaseShapleyAnalysis& analysis) {
  std::string csv = csv_line({"quantity", "phases", "value", "lower", "upper", "n", "method"});
  for (size_t i = 0; i < analysis.phases.size(); ++i)
    csv += csv_line(estimate_line("shapley", analysis.phases[i], analysis.shapley.values[i]));
  for (size_t s = 0; s < analysis.shapley.aucs.size(); ++s)
    csv += csv_line(estimate_line("auc", subset_name(analysis.phases, s), analysis.shapley.aucs[s]));
  return csv;
}

draw::Drawing phase_figure(const PhaseShapleyAnalysis& analysis) {
  return draw::sheet({values_figure(analysis), aucs_figure(analysis)}, 2);
}

}  // namespace hepatica
