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

/// Mean of `loss` over the output and its deep supervision: "logits" weighs 1, "deep1", "deep2", ... where the network
/// has them 1/2, 1/4, ..., divided by the weights' sum (Isensee et al., nnU-Net, Nat Methods 2021). `target` [N, 1,
/// ...], 0..1, is averaged down to the size of each output.
torch::Tensor supervised_loss(const nn::TensorMap& outputs, const torch::Tensor& target, const nn::DiceOptions& loss);

/// Dice plus binary cross entropy (nn/losses.h); the figures are the Dice over all validation slices of each source
/// (as one volume: small cuts weigh little), and the share of liver-free slices where more than 0.2 % of the image is
/// called liver.
std::unique_ptr<Task> make_segment_task(Mixture data, SegmentTaskOptions options);

}  // namespace hepatica::train
