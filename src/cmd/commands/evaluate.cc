#include "base/error.h"
#include "cmd/evaluate_modes.h"

namespace hepatica::cmd {
namespace {

int run(const EvaluateArguments& a, const Common& common) {
  const int kinds = !a.predictions.empty() + !a.detections.empty() + !a.masks.empty() + !a.features.empty();
  if (kinds != 1)
    throw Error(ErrorCode::usage,
                "give one kind of table: PREDICTIONS.csv, --detections with --references, --masks or --features");
  if (!a.predictions.empty()) return evaluate_predictions(a, common);
  if (!a.detections.empty()) return evaluate_boxes(a, common);
  return a.masks.empty() ? evaluate_features(a, common) : evaluate_segmentations(a, common);
}

void add_tables(CLI::App& app, EvaluateArguments& a) {
  app.add_option("predictions",
                 a.predictions,
                 "CSV: case_id, truth, logit_<class>... or prob_<class>..., further columns as strata");
  auto* detections = app.add_option("--detections",
                                    a.detections,
                                    "CSV of found boxes: image, x0, y0, x1, y1, score; "
                                    "optional patient, class");
  auto* references = app.add_option("--references",
                                    a.references,
                                    "CSV of reference boxes: image, x0, y0, x1, y1; "
                                    "optional patient, class, size_mm");
  detections->needs(references);
  references->needs(detections);
  app.add_option("--masks", a.masks, "CSV of mask files: case_id, prediction, reference; optional patient");
  app.add_option("--features", a.features, "CSV of features: case_id, truth, f0, f1, ...; draws their t-SNE");
  app.add_option("--out", a.out, "folder for evaluation.json, the tables and figures/")->required();
}

void add_statistics(CLI::App& app, EvaluateArguments& a) {
  app.add_option("--strata", a.strata, "columns to split by; all suitable ones where not given")->delimiter(',');
  app.add_flag("--no-strata", a.no_strata, "no strata")->excludes("--strata");
  app.add_option("--cluster", a.cluster, "column that names the patient, where a patient has several cases");
  app.add_option("--positive", a.positive, "with two classes: the one that sensitivity and AUC speak of");
  app.add_option("--auc-scores", a.auc_scores, "what AUC and average precision rank by; LiLNet ranks by logits")
      ->check(CLI::IsMember({"probabilities", "logits"}))
      ->capture_default_str();
  auto* validation = app.add_option(
      "--operating-point-from", a.validation, "predictions of other cases, on which a threshold is chosen");
  app.add_option("--sensitivity", a.sensitivity, "that the threshold is to reach there")
      ->check(CLI::Range(0.0, 1.0))
      ->needs(validation)
      ->capture_default_str();
  app.add_option("--resamples", a.resamples, "bootstrap resamples")
      ->check(CLI::Range(100, 1000000))
      ->capture_default_str();
  app.add_option("--confidence", a.confidence, "of the intervals")
      ->check(CLI::Range(0.5, 0.9999))
      ->capture_default_str();
  app.add_option("--bins", a.bins, "bins of the calibration curve")->check(CLI::Range(2, 200))->capture_default_str();
}

void add_others(CLI::App& app, EvaluateArguments& a) {
  app.add_option("--box-confidence", a.box_confidence, "detections: least score of a box")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--iou", a.ious, "detections: overlaps at which a box counts")->delimiter(',')->capture_default_str();
  app.add_option("--froc-iou", a.froc_iou, "detections: overlap of the FROC curve")
      ->check(CLI::Range(0.01, 1.0))
      ->capture_default_str();
  app.add_flag("--lilnet-counting", a.lilnet_counting, "detections: a box may serve several references");
  app.add_option("--tolerance-mm", a.tolerance_mm, "masks: tolerance of the surface Dice")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--perplexity", a.perplexity, "features: of the t-SNE")
      ->check(CLI::Range(1.0, 1000.0))
      ->capture_default_str();
  app.add_option("--style", a.style, "also the tables and panels of a paper")->check(CLI::IsMember({"lilnet"}));
  app.add_option("--average", a.average, "of the paper's precision, recall and F1")
      ->check(CLI::IsMember({"weighted", "macro"}))
      ->needs("--style")
      ->capture_default_str();
  app.add_flag("--phase-shapley",
               a.phase_shapley,
               "share the AUC out among the phases: one row an image with a column phase, as validate writes");
  app.add_flag("--checklists", a.checklists, "STARD-AI, CLAIM and TRIPOD+AI, filled in as far as can be");
  app.add_flag("--no-figures", a.no_figures, "tables alone");
}

}  // namespace

Command declare_evaluate() {
  return {"evaluate",
          "All metrics of predictions, boxes or masks, with intervals, strata and figures",
          "hepatica evaluate predictions.csv --out evaluation --strata center,size_mm\n"
          "hepatica evaluate validation/predictions_images_benign_malignant.csv --phase-shapley --out phases\n"
          "hepatica evaluate --detections found.csv --references boxes.csv --out detection\n"
          "hepatica evaluate --masks pairs.csv --out segmentation",
          [](CLI::App& app) -> std::function<int(const Common&)> {
            auto a = std::make_shared<EvaluateArguments>();
            add_tables(app, *a);
            add_statistics(app, *a);
            add_others(app, *a);
            return [a](const Common& common) { return run(*a, common); };
          }};
}

}  // namespace hepatica::cmd
