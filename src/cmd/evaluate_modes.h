// What `hepatica evaluate` does with each kind of table.
#pragma once

#include "cmd/command.h"
#include "evaluate/evaluation.h"

namespace hepatica::cmd {

struct EvaluateArguments {
  std::string predictions, detections, references, masks, features;  ///< tables; one kind is given
  std::string out, positive, cluster, validation, style, average = "weighted", auc_scores = "probabilities";
  std::vector<std::string> strata;
  std::vector<double> ious{0.1, 0.3, 0.5};
  bool no_strata = false, no_figures = false, checklists = false, lilnet_counting = false, phase_shapley = false;
  int resamples = 2000, bins = 10;
  double confidence = 0.95, sensitivity = 0.95, box_confidence = 0.25, froc_iou = 0.1, tolerance_mm = 2,
         perplexity = 30;
};

int evaluate_predictions(const EvaluateArguments& arguments, const Common& common);
int evaluate_boxes(const EvaluateArguments& arguments, const Common& common);
int evaluate_segmentations(const EvaluateArguments& arguments, const Common& common);
int evaluate_features(const EvaluateArguments& arguments, const Common& common);

}  // namespace hepatica::cmd
