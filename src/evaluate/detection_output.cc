#include <fmt/format.h>

#include <limits>

#include "draw/bar_chart.h"
#include "draw/xy_chart.h"
#include "evaluate/detection.h"

namespace hepatica {
namespace {

std::vector<std::pair<std::string, const stats::Estimate*>> figures_of(const DetectionAtIou& at) {
  return {{"precision", &at.precision},
          {"recall", &at.recall},
          {"f1", &at.f1},
          {"average_precision", &at.average_precision}};
}

std::string number(const std::optional<double>& value) { return value ? draw::csv_number(*value) : std::string(); }

std::string line(const std::string& iou, const std::string& metric, const stats::Estimate& e) {
  return csv_line(
      {iou, metric, number(e.value), number(e.lower), number(e.upper), fmt::format("{}", e.n), e.method, e.reason});
}

draw::Drawing froc_figure(const DetectionEvaluation& e) {
  draw::XyChart chart;
  chart.title = "FROC";
  chart.x.label = "False positives per image";
  chart.x.low = 0;
  chart.y.label = "Sensitivity (%)";
  chart.y.percent = true;
  chart.y.low = 0;
  chart.y.high = 1;
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  for (const BoxFrocCurve& curve : e.froc) {
    if (curve.points.empty()) continue;
    draw::Series series;
    series.name = fmt::format("{} (n = {})", curve.band, curve.references);
    series.name[0] = char(std::toupper(static_cast<unsigned char>(series.name[0])));
    for (const BoxFrocPoint& point : curve.points) {
      series.x.push_back(point.false_positives_per_image);
      series.y.push_back(point.sensitivity.value.value_or(kNaN));
      if (curve.band != "all") continue;
      series.lower.push_back(point.sensitivity.lower.value_or(kNaN));
      series.upper.push_back(point.sensitivity.upper.value_or(kNaN));
    }
    chart.series.push_back(series);
  }
  return draw_xy(chart, fmt::format("Sensitivity against false positives per image, {} images", e.images));
}

}  // namespace

nlohmann::json json_from_detections(const DetectionEvaluation& e, const DetectionOptions& options) {
  nlohmann::json json{{"n", e.images},
                      {"patients", e.patients},
                      {"counting", options.lilnet ? "lilnet" : "one box, one reference"},
                      {"confidence", options.confidence},
                      {"iou", nlohmann::json::array()},
                      {"froc", nlohmann::json::array()}};
  for (const DetectionAtIou& at : e.at) {
    nlohmann::json one{{"iou", at.iou},
                       {"true_positives", at.true_positives},
                       {"detections", at.detections},
                       {"references", at.references}};
    for (const auto& [name, estimate] : figures_of(at)) one["metrics"][name] = stats::json_from_estimate(*estimate);
    json["iou"].push_back(one);
  }
  json["metrics"]["map_50_95"] = stats::json_from_estimate(e.map_50_95);
  for (const BoxFrocCurve& curve : e.froc) {
    nlohmann::json one{{"band", curve.band}, {"references", curve.references}, {"points", nlohmann::json::array()}};
    for (const BoxFrocPoint& point : curve.points)
      one["points"].push_back({{"threshold", point.threshold},
                               {"false_positives_per_image", point.false_positives_per_image},
                               {"sensitivity", stats::json_from_estimate(point.sensitivity)}});
    json["froc"].push_back(one);
  }
  return json;
}

std::vector<stats::NamedEstimate> named_estimates(const DetectionEvaluation& e) {
  std::vector<stats::NamedEstimate> all;
  for (const DetectionAtIou& at : e.at)
    for (const auto& [name, estimate] : figures_of(at))
      all.push_back({fmt::format("{} [IoU {:g}]", name == "average_precision" ? "map" : name, at.iou), *estimate, {}});
  all.push_back({"map [IoU 0.5 to 0.95]", e.map_50_95, {}});
  return all;
}

std::string csv_from_detections(const DetectionEvaluation& e) {
  std::string csv = csv_line({"iou", "metric", "value", "lower", "upper", "n", "method", "reason"});
  for (const DetectionAtIou& at : e.at)
    for (const auto& [name, estimate] : figures_of(at)) csv += line(fmt::format("{:g}", at.iou), name, *estimate);
  return csv + line("0.5 to 0.95", "map", e.map_50_95);
}

std::vector<NamedDrawing> detection_figures(const DetectionEvaluation& e) {
  draw::BarChart chart;
  chart.title = "Detection";
  chart.y.label = "Percent";
  chart.y.percent = true;
  chart.y.low = 0;
  chart.y.high = 1;
  chart.groups_label = "IoU threshold";
  chart.series = {"F1", "Recall", "Precision"};
  chart.bars.resize(3);
  for (const DetectionAtIou& at : e.at) {
    chart.groups.push_back(fmt::format("{:g}", at.iou));
    size_t row = 0;
    for (const stats::Estimate* one : {&at.f1, &at.recall, &at.precision})
      chart.bars[row++].push_back({one->value, one->lower, one->upper});
  }
  std::vector<NamedDrawing> all{{"detection", draw_bars(chart, "F1, recall and precision by IoU threshold")}};
  all.push_back({"froc", froc_figure(e)});
  return all;
}

}  // namespace hepatica
