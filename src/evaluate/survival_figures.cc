// The figures of a survival analysis.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "draw/forest_plot.h"
#include "draw/xy_chart.h"
#include "evaluate/survival_analysis.h"

namespace hepatica {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
/// More curves than these stand without their bands, which would hide one another.
constexpr size_t kMostBands = 3;
/// Lines of a coefficient path that the legend names.
constexpr size_t kMostNames = 8;

draw::Series curve_of(const GroupSurvival& group, size_t colour, bool band) {
  draw::Series series;
  series.name = group.name == "all" ? "" : group.name;
  series.curve = draw::Curve::steps;
  series.colour = colour;
  const auto add = [&](double time, double survival, std::optional<double> lower, std::optional<double> upper) {
    series.x.push_back(time);
    series.y.push_back(survival);
    if (!band) return;
    series.lower.push_back(lower.value_or(kNone));
    series.upper.push_back(upper.value_or(kNone));
  };
  add(0, 1, 1, 1);
  for (const stats::SurvivalStep& step : group.curve.steps) add(step.time, step.survival, step.lower, step.upper);
  return series;
}

/// A tick on the curve at each time where a case was censored.
draw::Series censored_of(const GroupSurvival& group, size_t colour) {
  draw::Series series;
  series.line = false;
  series.marker = draw::Marker::plus;
  series.colour = colour;
  for (const stats::SurvivalStep& step : group.curve.steps) {
    if (step.censored == 0) continue;
    series.x.push_back(step.time);
    series.y.push_back(step.survival);
    series.size.push_back(4);
  }
  return series;
}

draw::TableRow at_risk_of(const GroupSurvival& group, const std::vector<double>& times, size_t colour) {
  draw::TableRow row{group.name == "all" ? "All" : group.name, {}, {}, colour};
  for (const double time : times) {
    row.x.push_back(time);
    row.text.push_back(fmt::format("{}", group.curve.at_risk(time)));
  }
  return row;
}

std::string p_note(const stats::ChiSquareTest& test) {
  const std::string p = stats::text_from_p(test.p);
  return fmt::format("Log-rank P {}{}", p.starts_with("<") ? "" : "= ", p);
}

draw::Drawing kaplan_meier_figure(const SurvivalAnalysis& analysis, const std::string& unit) {
  draw::XyChart chart;
  chart.x.label = unit.empty() ? "Time" : fmt::format("Time ({})", unit);
  chart.x.low = 0;
  chart.y = {"Survival (%)", 0.0, 1.0, false, true};
  chart.plot_width = 280;
  std::vector<double> ticks{0};
  ticks.insert(ticks.end(), analysis.times.begin(), analysis.times.end());
  double last = ticks.back();
  for (size_t g = 0; g < analysis.groups.size(); ++g) {
    const GroupSurvival& group = analysis.groups[g];
    chart.series.push_back(curve_of(group, g, analysis.groups.size() <= kMostBands));
    chart.series.push_back(censored_of(group, g));
    chart.table.push_back(at_risk_of(group, ticks, g));
    last = std::max(last, group.curve.steps.back().time);
  }
  chart.x.high = last > 0 ? last : 1;
  chart.x.tick_values = ticks;
  chart.table_title = "Number at risk";
  if (analysis.log_rank && analysis.log_rank->test.p) chart.notes.push_back(p_note(analysis.log_rank->test));
  return draw::draw_xy(chart, "Kaplan-Meier curves of survival with the numbers at risk");
}

/// The whole axis from a third of the least value to thrice the largest, as far as the estimates themselves go.
draw::Axis ratio_axis(const stats::CoxFit& fit) {
  draw::Axis axis{"Hazard ratio", {}, {}, true};
  double low = 1, high = 1;
  for (const stats::CoxCoefficient& c : fit.coefficients)
    if (c.hazard_ratio.value) {
      low = std::min({low, *c.hazard_ratio.value / 3, c.hazard_ratio.lower.value_or(1)});
      high = std::max({high, *c.hazard_ratio.value * 3, c.hazard_ratio.upper.value_or(1)});
    }
  axis.low = std::max(low, 1e-3);
  axis.high = std::min(high, 1e3);
  return axis;
}

draw::Drawing hazard_ratio_figure(const stats::CoxFit& fit, const SurvivalTable& table) {
  draw::ForestPlot plot;
  plot.label_title = "Covariate";
  plot.column_titles = {"P"};
  plot.text_title = "Hazard ratio (interval)";
  plot.x = ratio_axis(fit);
  plot.reference = 1;
  for (size_t j = 0; j < fit.coefficients.size(); ++j) {
    const stats::CoxCoefficient& c = fit.coefficients[j];
    draw::ForestRow row;
    row.label = table.covariate_names[j];
    row.columns = {stats::text_from_p(c.p)};
    row.value = c.hazard_ratio.value;
    row.lower = c.hazard_ratio.lower;
    row.upper = c.hazard_ratio.upper;
    plot.rows.push_back(row);
  }
  return draw::draw_forest(plot, "Hazard ratios of Cox's model with their intervals");
}

draw::Series chosen_line(double lambda, double low, double high) {
  draw::Series line = draw::guide_line(lambda, low, lambda, high, "Chosen penalty");
  line.dashed = true;
  return line;
}

/// Covariates by falling size of their last coefficient.
std::vector<size_t> by_size(const std::vector<draw::Series>& lines) {
  std::vector<size_t> order(lines.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(), [&](size_t j) { return std::abs(lines[j].y.back()); });
  return order;
}

draw::Drawing path_figure(const stats::ChosenCoxnet& model, const SurvivalTable& table) {
  const std::vector<double> deviation = stats::column_scale(table.covariates).deviation;
  std::vector<draw::Series> lines(deviation.size());
  double low = 0, high = 0;
  for (const stats::CoxnetStep& step : model.validation.path.steps)
    for (size_t j = 0; j < lines.size(); ++j) {
      lines[j].x.push_back(step.lambda);
      lines[j].y.push_back(step.beta[j] * deviation[j]);
      low = std::min(low, lines[j].y.back());
      high = std::max(high, lines[j].y.back());
    }
  draw::XyChart chart;
  chart.x = {"Penalty λ", {}, {}, true};
  chart.y.label = "Log hazard ratio per standard deviation";
  chart.plot_width = 280;
  chart.series.push_back(chosen_line(model.validation.path.steps[model.step].lambda, low, high));
  const std::vector<size_t> order = by_size(lines);
  for (size_t place = 0; place < order.size(); ++place) {
    draw::Series line = lines[order[place]];
    line.colour = place;
    if (place < kMostNames) line.name = table.covariate_names[order[place]];
    chart.series.push_back(line);
  }
  return draw::draw_xy(chart, "Coefficients of the penalised model over the penalty");
}

draw::Drawing validation_figure(const stats::ChosenCoxnet& model) {
  draw::Series line;
  line.spread = draw::Spread::bars;
  line.marker = draw::Marker::circle;
  line.line = false;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const stats::CoxnetError& error : model.validation.errors) {
    line.x.push_back(error.lambda);
    line.y.push_back(error.deviance);
    line.lower.push_back(error.deviance - error.standard_error);
    line.upper.push_back(error.deviance + error.standard_error);
    line.size.push_back(3);
    low = std::min(low, line.lower.back());
    high = std::max(high, line.upper.back());
  }
  draw::XyChart chart;
  chart.x = {"Penalty λ", {}, {}, true};
  chart.y.label = "Deviance per event (± 1 standard error)";
  chart.plot_width = 280;
  chart.series = {chosen_line(model.validation.errors[model.step].lambda, low, high), line};
  return draw::draw_xy(chart, "Cross-validated deviance over the penalty");
}

}  // namespace

std::vector<NamedDrawing> figures_from_survival(const SurvivalAnalysis& analysis,
                                                const SurvivalTable& table,
                                                const std::string& unit) {
  std::vector<NamedDrawing> figures{{"kaplan_meier", kaplan_meier_figure(analysis, unit)}};
  if (analysis.cox) figures.push_back({"hazard_ratios", hazard_ratio_figure(*analysis.cox, table)});
  if (analysis.coxnet) {
    figures.push_back({"coefficient_path", path_figure(*analysis.coxnet, table)});
    figures.push_back({"cross_validation", validation_figure(*analysis.coxnet)});
  }
  return figures;
}

}  // namespace hepatica
