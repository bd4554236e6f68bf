// The figure of the checks of explanation maps.
#include <fmt/format.h>

#include <map>

#include "draw/bar_chart.h"
#include "draw/xy_chart.h"
#include "evaluate/map_trust.h"

namespace hepatica {
namespace {

constexpr double kPlotWidth = 230, kPlotHeight = 170;

std::string shown_name(const std::string& method) {
  static const std::map<std::string, std::string> kNames{{"cam", "CAM"},
                                                         {"grad_cam", "Grad-CAM"},
                                                         {"grad_cam_pp", "Grad-CAM++"},
                                                         {"expected_gradients", "Expected gradients"},
                                                         {"random", "Random map"},
                                                         {"centre", "Centre"}};
  const auto found = kNames.find(method);
  return found == kNames.end() ? method : found->second;
}

/// A line on steps 0, 1, ..., n-1 of an axis from 0 to 100%.
draw::Series mean_curve(const MethodChecks& method, std::vector<double> MapCheck::*curve, size_t colour) {
  draw::Series series;
  series.name = shown_name(method.name);
  series.colour = colour;
  series.dashed = method.control;
  const size_t steps = method.of_crop.empty() ? 0 : (method.of_crop[0].*curve).size();
  for (size_t s = 0; s < steps; ++s) {
    double sum = 0;
    for (const MapCheck& check : method.of_crop) sum += (check.*curve)[s];
    series.x.push_back(double(s) / double(steps - 1));
    series.y.push_back(sum / double(method.of_crop.size()));
  }
  return series;
}

draw::Drawing fidelity_panel(const TrustData& data, std::vector<double> MapCheck::*curve, const std::string& title) {
  draw::XyChart chart;
  chart.title = title;
  chart.x = {"Pixels (%)", 0.0, 1.0};
  chart.x.percent = true;
  chart.y = {"Mean probability of the class", 0.0, 1.0};
  for (size_t m = 0; m < data.methods.size(); ++m) chart.series.push_back(mean_curve(data.methods[m], curve, m));
  chart.plot_width = kPlotWidth;
  chart.plot_height = kPlotHeight;
  return draw_xy(chart);
}

draw::Drawing randomisation_panel(const TrustData& data, const std::vector<MethodTrust>& methods) {
  draw::XyChart chart;
  chart.title = "Untrained layers";
  chart.x = {"Layers untrained, from the head", 0.0, double(data.layers.size())};
  chart.y = {"Rank correlation with the map", -1.0, 1.0};
  chart.series.push_back(draw::guide_line(0, 0, double(data.layers.size()), 0));
  for (size_t m = 0; m < methods.size(); ++m) {
    if (methods[m].control) continue;
    draw::Series series;
    series.name = shown_name(methods[m].name);
    series.colour = m;
    series.marker = draw::Marker::circle;
    series.x = {0};
    series.y = series.lower = series.upper = {1};
    for (size_t layer = 0; layer < data.layers.size(); ++layer) {
      const stats::Estimate& e = methods[m].correlations[layer];
      if (!e.value) continue;
      series.x.push_back(double(layer + 1));
      series.y.push_back(*e.value);
      series.lower.push_back(e.lower.value_or(*e.value));
      series.upper.push_back(e.upper.value_or(*e.value));
    }
    chart.series.push_back(std::move(series));
  }
  chart.plot_width = kPlotWidth;
  chart.plot_height = kPlotHeight;
  return draw_xy(chart, "Rank correlation of maps with those of a network whose layers are untrained one by one");
}

draw::Drawing pointing_panel(const TrustData& data, const std::vector<MethodTrust>& methods) {
  draw::BarChart chart;
  chart.title = fmt::format("Pointing game (a blind point: {:.0f}%)", 100 * chance_of_hit(data));
  chart.y = {"Highest pixel on the lesion (%)", 0.0, 1.0};
  chart.y.percent = true;
  chart.series = {"Hits"};
  chart.bars.resize(1);
  chart.digits = 0;
  for (const MethodTrust& method : methods) {
    chart.groups.push_back(shown_name(method.name));
    chart.bars[0].push_back({method.pointing.value, method.pointing.lower, method.pointing.upper});
  }
  chart.plot_width = kPlotWidth + 60;
  chart.plot_height = kPlotHeight;
  return draw_bars(chart, "Share of maps whose highest pixel lies on the lesion, with Wilson's interval");
}

}  // namespace

draw::Drawing trust_figure(const TrustData& data, const std::vector<MethodTrust>& methods) {
  return draw::sheet({randomisation_panel(data, methods),
                      fidelity_panel(data, &MapCheck::deletion, "Deletion: the best map falls first"),
                      fidelity_panel(data, &MapCheck::insertion, "Insertion: the best map rises first"),
                      pointing_panel(data, methods)},
                     2);
}

}  // namespace hepatica
