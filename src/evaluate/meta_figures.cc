// The figures of a meta-analysis.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "draw/forest_plot.h"
#include "draw/xy_chart.h"
#include "evaluate/meta_analysis.h"

namespace hepatica {
namespace {

constexpr double kSmallestMarker = 3, kLargestMarker = 11;

int64_t cases_of(const stats::AccuracyStudy& s) {
  return s.true_positive + s.false_negative + s.false_positive + s.true_negative;
}

int64_t largest_of(const StudyTable& table) {
  int64_t largest = 1;
  for (const stats::AccuracyStudy& s : table.studies) largest = std::max(largest, cases_of(s));
  return largest;
}

draw::Series study_points(const MetaAnalysis& analysis, const StudyTable& table) {
  draw::Series points;
  points.name = "Study (area: cases)";
  points.line = false;
  points.marker = draw::Marker::circle;
  points.colour = 1;
  const double largest = double(largest_of(table));
  for (size_t i = 0; i < table.studies.size(); ++i) {
    points.x.push_back(*analysis.studies[i].false_positive_rate.value);
    points.y.push_back(*analysis.studies[i].sensitivity.value);
    points.size.push_back(
        std::max(kSmallestMarker, kLargestMarker * std::sqrt(double(cases_of(table.studies[i])) / largest)));
  }
  return points;
}

draw::Series line_of(const std::string& name, const std::vector<stats::RocPlace>& places, size_t colour) {
  draw::Series line;
  line.name = name;
  line.colour = colour;
  for (const stats::RocPlace& place : places) {
    line.x.push_back(place.false_positive_rate);
    line.y.push_back(place.sensitivity);
  }
  return line;
}

draw::Drawing sroc_figure(const MetaAnalysis& analysis, const StudyTable& table) {
  const std::string percent = fmt::format("{:.4g}%", 100 * analysis.fit.options.confidence);
  draw::XyChart chart;
  chart.x = {"1 − specificity", 0.0, 1.0};
  chart.y = {"Sensitivity", 0.0, 1.03};  // room for the markers at 1
  chart.x.tick_values = chart.y.tick_values = {0, 0.2, 0.4, 0.6, 0.8, 1};
  chart.plot_width = chart.plot_height = 240;
  draw::Series region = line_of(percent + " region of the mean", stats::confidence_region(analysis.fit), 0);
  region.filled = true;
  draw::Series prediction = line_of(percent + " region of a new study", stats::prediction_region(analysis.fit), 0);
  prediction.dashed = true;
  chart.series = {draw::guide_line(0, 0, 1, 1), region, prediction};
  if (analysis.roc.defined)
    chart.series.push_back(
        line_of("Summary ROC", analysis.roc.curve(analysis.roc.lowest_rate, analysis.roc.highest_rate, 200), 2));
  chart.series.push_back(study_points(analysis, table));
  draw::Series point =
      line_of("Summary point", {{*analysis.fit.false_positive_rate.value, *analysis.fit.sensitivity.value}}, 0);
  point.line = false;
  point.marker = draw::Marker::diamond;
  point.size = {8};
  chart.series.push_back(point);
  if (analysis.roc.area.value) chart.notes.push_back(fmt::format("AUC {:.3f}", *analysis.roc.area.value));
  return draw::draw_xy(chart, "Studies in ROC space with the summary ROC curve, the summary point and its region");
}

draw::Drawing forest(const MetaAnalysis& analysis, const StudyTable& table, bool sensitivity) {
  const std::string name = sensitivity ? "Sensitivity" : "Specificity";
  draw::ForestPlot plot;
  plot.label_title = "Study";
  plot.column_titles = sensitivity ? std::vector<std::string>{"TP", "FN"} : std::vector<std::string>{"TN", "FP"};
  plot.text_title = fmt::format("{} ({:.4g}% CI)", name, 100 * analysis.fit.options.confidence);
  plot.x = {name, 0.0, 1.0};
  plot.plot_width = 150;
  for (size_t i = 0; i < table.studies.size(); ++i) {
    const stats::AccuracyStudy& s = table.studies[i];
    const stats::Estimate& e = sensitivity ? analysis.studies[i].sensitivity : analysis.studies[i].specificity;
    const int64_t right = sensitivity ? s.true_positive : s.true_negative;
    const int64_t wrong = sensitivity ? s.false_negative : s.false_positive;
    plot.rows.push_back({draw::ForestRow::Kind::estimate,
                         table.names[i],
                         {fmt::format("{}", right), fmt::format("{}", wrong)},
                         e.value,
                         e.lower,
                         e.upper,
                         double(right + wrong),
                         ""});
  }
  const stats::Estimate& all = sensitivity ? analysis.fit.sensitivity : analysis.fit.specificity;
  plot.rows.push_back({draw::ForestRow::Kind::summary,
                       "Summary (" + stats::name_of(analysis.fit.options.likelihood) + ")",
                       {"", ""},
                       all.value,
                       all.lower,
                       all.upper,
                       1,
                       ""});
  plot.reference = all.value;
  return draw::draw_forest(plot, name + " of each study and their summary");
}

}  // namespace

std::vector<NamedDrawing> figures_from_meta(const MetaAnalysis& analysis, const StudyTable& table) {
  return {{"sroc", sroc_figure(analysis, table)},
          {"forest_sensitivity", forest(analysis, table, true)},
          {"forest_specificity", forest(analysis, table, false)}};
}

}  // namespace hepatica
