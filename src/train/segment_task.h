// Training of the liver segmenter on single slices.
#pragma once

#include <memory>

#include "dataset/augment.h"
#include "nn/losses.h"
#include "stages/segment/input.h"
#include "train/task.h"

namespace hepatica::train {

struct SegmentTaskOptions {
  nn::Graph network;  ///< 2D, one channel in, one logit out
  SegmentInput input;
  int size = 256;  ///< side of the training image in pixels of `input.spacing_mm`
  AugmentOptions augment;
  nn::DiceOptions loss;
};

/// Dice plus binary cross entropy with deep supervision (train/supervised_loss.h); the figures are the Dice over all
/// validation slices of each source (as one volume: small cuts weigh little), and the share of liver-free slices where
/// more than 0.2 % of the image is called liver.
std::unique_ptr<Task> make_segment_task(Mixture data, SegmentTaskOptions options);

}  // namespace hepatica::train
