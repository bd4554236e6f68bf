#include "cmd/evaluate_modes.h"

#include <fmt/format.h>

#include "base/files.h"
#include "cmd/build_info.h"
#include "evaluate/checklists.h"
#include "evaluate/detection.h"
#include "evaluate/features.h"
#include "evaluate/figures.h"
#include "evaluate/lilnet_style.h"
#include "evaluate/number_check.h"
#include "evaluate/operating_point.h"
#include "evaluate/phase_shapley.h"
#include "evaluate/segmentation.h"

namespace hepatica::cmd {
namespace {

using Rows = std::vector<std::vector<std::string>>;

void add_row(Rows& rows, const std::string& name, const stats::Estimate& e) {
  const std::string text = stats::text_from_estimate(e);
  rows.push_back({name, text.substr(0, text.rfind(", n = ")), fmt::format("{}", e.n), e.method});
}

void print_estimates(const Evaluation& evaluation,
                     const std::optional<OperatingPoint>& point,
                     const std::optional<PhaseShapleyAnalysis>& phases) {
  Rows rows{{"metric", "value (interval)", "n", "method"}};
  for (const auto& named : evaluation.estimates) add_row(rows, named.name, named.estimate);
  for (const auto& stratum : evaluation.strata)
    for (const auto& named : stratum.estimates)
      if (named.name == "accuracy" || named.name == "auc" || named.name == "auc_macro")
        add_row(rows,
                fmt::format(
                    "{} [{} {}{}]", named.name, stratum.column, stratum.level, stratum.note.empty() ? "" : "; small n"),
                named.estimate);
  if (point)
    for (const auto& named : point->estimates)
      add_row(rows, fmt::format("{} [at {:.4g}]", named.name, point->threshold), named.estimate);
  if (phases)
    for (size_t i = 0; i < phases->phases.size(); ++i)
      add_row(rows, fmt::format("shapley [{}]", phases->phases[i]), phases->shapley.values[i]);
  print_table(rows);
}

EvaluationOptions options_of(const EvaluateArguments& arguments, const Common& common) {
  EvaluationOptions options;
  options.bootstrap = {arguments.resamples, common.seed, arguments.confidence};
  options.calibration_bins = arguments.bins;
  options.positive = arguments.positive;
  options.cluster = arguments.cluster;
  options.rank_by_logits = arguments.auc_scores == "logits";
  if (arguments.no_strata || !arguments.strata.empty()) options.strata = arguments.strata;
  return options;
}

std::string program_name() { return fmt::format("Hepatica {} ({})", kVersion, kCommit); }

void write_tables(const PredictionTable& table, const Evaluation& evaluation, const fs::path& folder) {
  write_file(folder / "metrics.csv", csv_from_evaluation(evaluation));
  write_file(folder / "confusion.csv", confusion_csv(evaluation, table));
  if (table.scores == "labels") return;
  write_file(folder / "roc.csv", roc_csv(table));
  write_file(folder / "calibration.csv", calibration_csv(evaluation));
}

void write_json(const nlohmann::json& document, const fs::path& folder) {
  write_file(folder / "evaluation.json", document.dump(2) + "\n");
}

}  // namespace

int evaluate_predictions(const EvaluateArguments& arguments, const Common& common) {
  const EvaluationOptions options = options_of(arguments, common);
  const PredictionTable table = read_predictions(arguments.predictions);
  const Evaluation evaluation = evaluate(table, options);
  check_numbers(evaluation);
  nlohmann::json document = json_from_evaluation(evaluation, table, options);
  std::optional<OperatingPoint> point;
  if (!arguments.validation.empty()) {
    point = operating_point(read_predictions(arguments.validation), table, arguments.sensitivity, options);
    check_numbers(point->estimates);
    document["operating_point"] = json_from_operating_point(*point);
  }
  std::optional<PhaseShapleyAnalysis> phases;
  if (arguments.phase_shapley) {
    phases = analyse_phases(arguments.predictions, options);
    document["phase_shapley"] = json_from_phases(*phases);
  }
  OutputFolder out(arguments.out);
  write_json(document, out.staging());
  write_tables(table, evaluation, out.staging());
  if (phases) write_file(out.staging() / "phase_shapley.csv", csv_from_phases(*phases));
  const LilnetStyleOptions style{arguments.average == "macro"};
  const bool lilnet = arguments.style == "lilnet";
  if (lilnet) write_file(out.staging() / "tables.md", lilnet_tables(table, options, style));
  if (!arguments.no_figures) {
    const EvaluationCurves curves = curves_of(table, options);
    std::vector<NamedDrawing> drawings = evaluation_figures(table, evaluation, curves);
    if (lilnet)
      for (NamedDrawing& drawing : lilnet_figures(table, evaluation, curves, options, style))
        drawings.push_back(std::move(drawing));
    if (phases) drawings.push_back({"phase_shapley", phase_figure(*phases)});
    write_drawings(drawings, out.staging() / "figures");
  }
  if (arguments.checklists)
    for (const std::string& name : checklist_names())
      write_file(out.staging() / ("checklist_" + name + ".md"), checklist(name, document, program_name()));
  out.commit();
  common.json ? print_json(document) : print_estimates(evaluation, point, phases);
  return 0;
}

int evaluate_boxes(const EvaluateArguments& arguments, const Common& common) {
  DetectionOptions options;
  options.confidence = arguments.box_confidence;
  options.ious = arguments.ious;
  options.lilnet = arguments.lilnet_counting;
  options.froc_iou = arguments.froc_iou;
  options.bootstrap = {arguments.resamples, common.seed, arguments.confidence};
  const DetectionEvaluation evaluation =
      evaluate_detections(read_detections(arguments.detections, arguments.references), options);
  check_numbers(named_estimates(evaluation));
  const nlohmann::json document = json_from_detections(evaluation, options);
  OutputFolder out(arguments.out);
  write_json(document, out.staging());
  write_file(out.staging() / "metrics.csv", csv_from_detections(evaluation));
  if (!arguments.no_figures) write_drawings(detection_figures(evaluation), out.staging() / "figures");
  out.commit();
  if (common.json) {
    print_json(document);
    return 0;
  }
  Rows rows{{"metric", "value (interval)", "n", "method"}};
  for (const auto& named : named_estimates(evaluation)) add_row(rows, named.name, named.estimate);
  print_table(rows);
  return 0;
}

int evaluate_segmentations(const EvaluateArguments& arguments, const Common& common) {
  const SegmentationOptions options{arguments.tolerance_mm, {arguments.resamples, common.seed, arguments.confidence}};
  const std::vector<SegmentationResult> results = evaluate_masks(arguments.masks, options);
  check_numbers(segmentation_means(results, options));
  const nlohmann::json document = json_from_segmentation(results, options);
  OutputFolder out(arguments.out);
  write_json(document, out.staging());
  write_file(out.staging() / "cases.csv", csv_from_segmentation(results));
  out.commit();
  if (common.json) {
    print_json(document);
    return 0;
  }
  Rows rows{{"metric", "mean (interval)", "n", "method"}};
  for (const auto& named : segmentation_means(results, options)) add_row(rows, named.name, named.estimate);
  print_table(rows);
  return 0;
}

int evaluate_features(const EvaluateArguments& arguments, const Common& common) {
  stats::TsneOptions options;
  options.perplexity = arguments.perplexity;
  options.seed = common.seed;
  const FeatureTable table = read_features(arguments.features);
  const auto places = embed_features(table, options);
  OutputFolder out(arguments.out);
  write_file(out.staging() / "tsne.csv", embedding_csv(table, places));
  if (!arguments.no_figures) write_drawings({{"tsne", embedding_figure(table, places)}}, out.staging() / "figures");
  out.commit();
  nlohmann::json document{{"n", places.size()}, {"dimensions", table.dimensions}, {"cases", nlohmann::json::array()}};
  for (size_t i = 0; i < places.size(); ++i)
    document["cases"].push_back({{"case_id", table.case_ids[i]}, {"truth", table.truth[i]}, {"place", places[i]}});
  if (common.json) print_json(document);
  return 0;
}

}  // namespace hepatica::cmd
