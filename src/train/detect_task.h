// Training of the lesion detector on single slices.
#pragma once

#include <memory>
#include <optional>

#include "nn/yolo_loss.h"
#include "train/detect_examples.h"
#include "train/task.h"
#include "train/yolo_augment.h"

namespace hepatica::train {

struct DetectTaskOptions {
  nn::Graph network;  ///< yolov8, one class
  DetectExampleOptions examples;
  double mosaic = 0.1;  ///< probability of four half-size slices as one image
  /// Where given, images are varied as YOLOv8 varies them, in place of `examples.augment`, the other variations of
  /// `examples` and `mosaic`.
  std::optional<YoloAugmentOptions> yolo;
  /// What chooses the best epoch: "average_precision" at IoU 0.3, where a crop still shows the lesion; or YOLOv8's
  /// "fitness", .1 AP at IoU .5 + .9 mean AP at IoU .5, .55, ... .95, of at most 300 boxes after suppression at IoU .7.
  std::string choose = "average_precision";
  nn::YoloLossOptions loss;
};

/// YOLOv8's loss; the figures are what `choose` names, and recall and false boxes a slice at a score of 0.25.
std::unique_ptr<Task> make_detect_task(Mixture data, DetectTaskOptions options);

/// Box found against boxes that are there: precision over the ranking by score, interpolated at 101 points. A box that
/// overlaps an ignored one by half of itself counts neither way. IoU at least `iou` is a hit, each truth is hit once.
struct RankedBox {
  double score = 0;
  bool hit = false;
};
double average_precision(std::vector<RankedBox> found, size_t truths);

}  // namespace hepatica::train
