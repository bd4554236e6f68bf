// Training of the lesion detector on single slices.
#pragma once

#include <memory>

#include "dataset/augment.h"
#include "nn/yolo_loss.h"
#include "stages/detect/input.h"
#include "train/task.h"

namespace hepatica::train {

struct DetectTaskOptions {
  nn::Graph network;  ///< yolov8, one class
  DetectInput input;
  AugmentOptions augment;
  double mosaic = 0.1;         ///< probability of four half-size slices as one image (LiLNet: 0.1)
  double drop_liver = 0.3;     ///< probability that the liver mask is not given
  double miss_lesion = 0.15;   ///< probability, for each lesion, that the mask leaves it out, as segmenters do
  double drop_context = 0.1;   ///< probability that the planes beside a slice are not given
  /// Probability that the mask's bays are filled, as segmenters take in the vena cava, the portal vein and the
  /// gallbladder, which a detector that has only seen them outside the mask calls lesions.
  double fill_liver = 0;
  double jitter_liver = 0.5;   ///< probability that the mask's border is moved
  double liver_hu_jitter = 6;  ///< standard deviation, HU
  nn::YoloLossOptions loss;
};

/// YOLOv8's loss; the figures are average precision at IoU 0.3, and recall and false boxes a slice at a score of 0.25.
std::unique_ptr<Task> make_detect_task(Mixture data, DetectTaskOptions options);

/// Box found against boxes that are there: precision over the ranking by score, interpolated at 101 points. A box that
/// overlaps an ignored one by half of itself counts neither way. IoU at least `iou` is a hit, each truth is hit once.
struct RankedBox {
  double score = 0;
  bool hit = false;
};
double average_precision(std::vector<RankedBox> found, size_t truths);

}  // namespace hepatica::train
