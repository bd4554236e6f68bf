// What each phase adds to the decisions, as charts.
#include <fmt/format.h>

#include "draw/bar_chart.h"
#include "stages/report/content.h"
#include "stages/report/words.h"

namespace hepatica::report {
namespace {

/// Stage one's, and that of the types of the class which it chose.
std::vector<const StagePrediction*> decisive_stages(const Diagnosis& diagnosis) {
  std::vector<const StagePrediction*> stages;
  for (const StagePrediction& stage : diagnosis.stages)
    if (stage.shapley && (stages.empty() || stage.task == stages.front()->shapley->chosen)) stages.push_back(&stage);
  return stages;
}

std::string class_text(const std::string& name) {
  return name == "benign" || name == "malignant" ? name : short_class_name(name);
}

draw::Figure shares_figure(const StagePrediction& stage) {
  const PhaseShapley& shapley = *stage.shapley;
  draw::BarChart chart;
  chart.y.label = shapley.value == "logit" ? "Shapley value (log odds)" : "Shapley value (probability)";
  chart.series = {"Shapley value"};
  chart.bars.resize(1);
  chart.digits = 2;
  chart.plot_width = 170;
  chart.plot_height = 90;
  for (const auto& [phase, value] : shapley.phases) {
    chart.groups.push_back(phase_text(phase));
    chart.bars[0].push_back({value, {}, {}});
  }
  draw::Figure figure = draw_bars(chart, fmt::format("Shapley value of each phase for {}", shapley.chosen)).figure;
  figure.pixels_per_unit = 2.5;
  figure.caption = fmt::format("For \u201c{}\u201d ({}): from {} without a phase to {} with all",
                               class_text(shapley.chosen),
                               task_text(stage.task),
                               number(shapley.none, 2),
                               number(shapley.all, 2));
  return figure;
}

}  // namespace

void append_phase_shares(const ReportInput& input, std::vector<ReportBlock>& blocks) {
  std::vector<draw::Figure> row;
  for (const StagePrediction* stage : decisive_stages(input.diagnosis)) row.push_back(shares_figure(*stage));
  if (row.empty()) return;
  blocks.emplace_back(Heading{"What each phase adds"});
  blocks.emplace_back(Paragraph{
      "Exact Shapley values of the phases for the class that was decided for: what a phase adds on average over "
      "all orders in which the phases could have been looked at. Above 0 it spoke for the class, below 0 "
      "against it; the bars sum to the way from no phase to all."});
  blocks.emplace_back(Pictures{"", "", {std::move(row)}});
}

}  // namespace hepatica::report
