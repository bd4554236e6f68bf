// Training of the lesion detector on single slices.
#pragma once

#include <memory>

#include "nn/yolo_loss.h"
#include "train/detect_examples.h"
#include "train/task.h"

namespace hepatica::train {

struct DetectTaskOptions {
  nn::Graph network;  ///< yolov8, one class
  DetectExampleOptions examples;
  double mosaic = 0.1;  ///< probability of four half-size slices as one image (LiLNet: 0.1)
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
