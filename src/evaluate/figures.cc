#include "evaluate/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "base/threads.h"
#include "draw/forest_plot.h"
#include "draw/heat_map.h"
#include "draw/xy_chart.h"
#include "evaluate/evaluation_cases.h"
#include "stats/classification_cases.h"

namespace hepatica {
namespace {

using draw::ForestPlot;
using draw::ForestRow;
using draw::Series;
using draw::XyChart;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// "95%"
std::string percent_of(const Evaluation& e) { return fmt::format("{:g}%", 100 * e.confidence); }

Series series_of(const std::string& name, const stats::Curve& curve, bool band) {
  Series series;
  series.name = name;
  for (const stats::CurvePoint& point : curve) {
    if (!point.value.value) continue;
    series.x.push_back(point.at);
    series.y.push_back(*point.value.value);
    if (!band) continue;
    series.lower.push_back(point.value.lower.value_or(kNaN));
    series.upper.push_back(point.value.upper.value_or(kNaN));
  }
  return series;
}

draw::Axis percent_axis(const std::string& label) {
  draw::Axis axis;
  axis.label = label;
  axis.low = 0;
  axis.high = 1;
  axis.percent = true;
  return axis;
}

/// One curve a class, or that of the positive class with its band; with several classes the mean with its band.
std::vector<Series> curve_series(const PredictionTable& table,
                                 const Evaluation& e,
                                 const std::vector<stats::Curve>& classes,
                                 const stats::Curve& macro,
                                 const std::string& metric,
                                 const std::string& abbreviation) {
  std::vector<Series> all;
  const auto& names = table.predictions.classes;
  for (size_t c = 0; c < classes.size(); ++c) {
    const bool one = !e.positive.empty();
    if (classes[c].empty() || (one && names[c] != e.positive)) continue;
    const std::string text = figure_text(find_estimate(e.estimates, names[c] + ":" + metric), 3);
    all.push_back(series_of(fmt::format("{}, {} {}", names[c], abbreviation, text), classes[c], one));
  }
  if (e.positive.empty() && !macro.empty()) {
    const std::string text = figure_text(find_estimate(e.estimates, metric + "_macro"), 3);
    all.push_back(series_of(fmt::format("Mean of classes, {} {}", abbreviation, text), macro, true));
    all.back().colour = 6;
  }
  return all;
}

draw::Drawing precision_recall_figure(const PredictionTable& table,
                                      const Evaluation& e,
                                      const EvaluationCurves& curves) {
  XyChart chart;
  chart.title = "Precision and recall";
  chart.x = percent_axis("Recall (%)");
  chart.y = percent_axis("Precision (%)");
  chart.series = curve_series(
      table, e, curves.ranking.precision_recall, curves.ranking.precision_recall_macro, "average_precision", "AP");
  return draw_xy(chart, fmt::format("Precision against recall with {} band, n = {}", percent_of(e), e.n));
}

draw::Drawing calibration_figure(const Evaluation& e) {
  XyChart chart;
  const bool binary = !e.positive.empty();
  chart.title = "Calibration";
  chart.x = percent_axis(binary ? fmt::format("Predicted probability of {} (%)", e.positive)
                                : "Probability of the predicted class (%)");
  chart.y = percent_axis(binary ? fmt::format("Observed share of {} (%)", e.positive) : "Share that was right (%)");
  Series bins;
  bins.name = fmt::format("Observed, {} CI", percent_of(e));
  bins.marker = draw::Marker::circle;
  bins.spread = draw::Spread::bars;
  for (const stats::CalibrationBin& bin : e.calibration) {
    chart.counts.push_back({bin.low, bin.high, double(bin.n), {}});
    if (!bin.observed.value) continue;
    bins.x.push_back(bin.mean_probability);
    bins.y.push_back(*bin.observed.value);
    bins.lower.push_back(bin.observed.lower.value_or(kNaN));
    bins.upper.push_back(bin.observed.upper.value_or(kNaN));
  }
  chart.series = {draw::guide_line(0, 0, 1, 1, "Perfect"), bins};
  chart.counts_label = "Cases";
  if (binary) {
    chart.notes.push_back("Slope " + figure_text(find_estimate(e.estimates, "calibration_slope")));
    chart.notes.push_back("Intercept " + figure_text(find_estimate(e.estimates, "calibration_intercept")));
  }
  chart.notes.push_back("ECE " + figure_text(find_estimate(e.estimates, "ece"), 3));
  return draw_xy(chart, fmt::format("Observed shares against predicted probabilities, n = {}", e.n));
}

draw::Drawing decision_figure(const EvaluationCurves& curves, int64_t n) {
  XyChart chart;
  chart.title = "Decision curve";
  chart.x = percent_axis("Threshold probability (%)");
  chart.y.label = "Net benefit";
  double highest = 0.05;
  const bool one = curves.decision.size() == 1;
  for (const auto& [name, points] : curves.decision) {
    Series model, all;
    model.name = name;
    all.name = one ? "All " + name : "";
    all.dashed = true;
    all.colour = 6;
    for (const stats::DecisionPoint& point : points) {
      model.x.push_back(point.threshold);
      model.y.push_back(point.model.value.value_or(kNaN));
      if (one) {
        model.lower.push_back(point.model.lower.value_or(kNaN));
        model.upper.push_back(point.model.upper.value_or(kNaN));
      }
      if (!point.treat_all.value) continue;
      all.x.push_back(point.threshold);
      all.y.push_back(*point.treat_all.value);
      highest = std::max(highest, *point.treat_all.value);
      if (point.model.value) highest = std::max(highest, *point.model.value);
    }
    chart.series.push_back(model);
    if (one) chart.series.push_back(all);
  }
  chart.series.push_back(draw::guide_line(0, 0, 1, 0, "None"));
  chart.y.low = -0.2 * highest;
  chart.y.high = 1.1 * highest;
  return draw_xy(chart, fmt::format("Net benefit against the threshold probability, n = {}", n));
}

std::string heading(const std::string& column) {
  std::string text = readable(column);
  text[0] = char(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

ForestRow forest_row(const std::string& label, const stats::Estimate& e, int64_t n, ForestRow::Kind kind) {
  return {kind, label, {fmt::format("{}", n)}, e.value, e.lower, e.upper, double(n), e.value ? "" : e.reason};
}

draw::Drawing strata_figure(const Evaluation& e, const std::string& metric, const std::string& label) {
  ForestPlot plot;
  plot.title = label + " by stratum";
  plot.label_title = "Stratum";
  plot.column_titles = {"n"};
  plot.text_title = fmt::format("{} ({} CI), %", label, percent_of(e));
  plot.x.label = label + " (%)";
  plot.x.percent = true;
  plot.x.high = 1;
  plot.digits = 1;
  const stats::Estimate all = find_estimate(e.estimates, metric);
  plot.reference = all.value;
  std::string column;
  for (const auto& stratum : e.strata) {
    if (stratum.column != column)
      plot.rows.push_back({ForestRow::Kind::heading, heading(stratum.column), {}, {}, {}, {}, 1, ""});
    column = stratum.column;
    plot.rows.push_back(forest_row(
        readable(stratum.level), find_estimate(stratum.estimates, metric), stratum.n, ForestRow::Kind::estimate));
  }
  plot.rows.push_back(forest_row("All", all, e.n, ForestRow::Kind::summary));
  return draw_forest(plot, fmt::format("{} with {} interval in each stratum, n = {}", label, percent_of(e), e.n));
}

}  // namespace

stats::Estimate find_estimate(const std::vector<stats::NamedEstimate>& estimates, const std::string& name) {
  for (const auto& named : estimates)
    if (named.name == name) return named.estimate;
  return stats::undefined(0, "not computed");
}

std::string figure_text(const stats::Estimate& e, int digits) {
  if (!e.value) return "not estimable";
  std::string text = fmt::format("{:.{}f}", *e.value, digits);
  if (e.lower && e.upper) text += fmt::format(" ({:.{}f} to {:.{}f})", *e.lower, digits, *e.upper, digits);
  for (size_t at = text.find('-'); at != std::string::npos; at = text.find('-')) text.replace(at, 1, "\u2212");
  return text;
}

std::string readable(const std::string& name) {
  std::string text = name;
  std::replace(text.begin(), text.end(), '_', ' ');
  if (text.ends_with(" mm")) text.replace(text.size() - 2, 2, "(mm)");
  if (text.starts_with(">= ")) text.replace(0, 2, "\u2265");
  return text;
}

EvaluationCurves curves_of(const PredictionTable& table, const EvaluationOptions& options) {
  EvaluationCurves curves;
  const EvaluationCases cases = cases_of(table, options);
  const stats::Predictions& p = cases.predictions;
  if (p.probability.empty()) return curves;
  curves.ranking = stats::ranking_curves(p, cases.sampling, options.bootstrap);
  for (size_t c = 0; c < p.classes.size(); ++c) {
    if (p.classes.size() == 2 && int(c) != cases.classification.positive) continue;
    curves.decision.emplace_back(
        p.classes[c],
        stats::decision_curve(
            stats::probabilities_of(p, c), stats::is_class(p.truth, c), cases.sampling, options.bootstrap));
  }
  return curves;
}

draw::Drawing roc_figure(const PredictionTable& table,
                         const Evaluation& e,
                         const EvaluationCurves& curves,
                         const std::string& title) {
  XyChart chart;
  chart.title = title;
  chart.x = percent_axis("1 \u2212 specificity (%)");
  chart.y = percent_axis("Sensitivity (%)");
  chart.series = curve_series(table, e, curves.ranking.roc, curves.ranking.roc_macro, "auc", "AUC");
  chart.series.insert(chart.series.begin(), draw::guide_line(0, 0, 1, 1));
  return draw_xy(chart, fmt::format("ROC curves with {} band, n = {}", percent_of(e), e.n));
}

draw::Drawing confusion_figure(const PredictionTable& table, const Evaluation& e, const std::string& title) {
  const auto& classes = table.predictions.classes;
  draw::HeatMap map = draw::counts_heat_map(classes, classes, e.confusion);
  map.title = title;
  map.rows_label = "Reference";
  map.columns_label = "Prediction";
  return draw_heat_map(map, fmt::format("Counts of each reference class by predicted class, n = {}", e.n));
}

std::vector<NamedDrawing> evaluation_figures(const PredictionTable& table,
                                             const Evaluation& e,
                                             const EvaluationCurves& curves) {
  std::vector<NamedDrawing> all;
  all.push_back({"confusion", confusion_figure(table, e)});
  const bool scored = !table.predictions.probability.empty();
  if (scored) {
    all.push_back({"roc", roc_figure(table, e, curves)});
    all.push_back({"precision_recall", precision_recall_figure(table, e, curves)});
    all.push_back({"calibration", calibration_figure(e)});
    all.push_back({"decision_curve", decision_figure(curves, e.n)});
  }
  if (e.strata.empty()) return all;
  all.push_back({"strata_accuracy", strata_figure(e, "accuracy", "Accuracy")});
  if (scored) all.push_back({"strata_auc", strata_figure(e, e.positive.empty() ? "auc_macro" : "auc", "AUC")});
  return all;
}

void write_drawings(const std::vector<NamedDrawing>& drawings, const fs::path& folder) {
  fs::create_directories(folder);
  parallel_for(drawings.size(), [&](size_t i) { draw::write_drawing(drawings[i].drawing, folder, drawings[i].name); });
}

}  // namespace hepatica
