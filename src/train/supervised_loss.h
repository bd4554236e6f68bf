// The loss of segmenters with deep supervision.
#pragma once

#include "nn/losses.h"
#include "nn/network.h"

namespace hepatica::train {

/// Mean of `loss` over the output and its deep supervision: "logits" weighs 1, "deep1", "deep2", ... where the network
/// has them 1/2, 1/4, ..., divided by the weights' sum (Isensee et al., nnU-Net, Nat Methods 2021). `target` [N, 1,
/// ...], 0..1, is averaged down to the size of each output.
torch::Tensor supervised_loss(const nn::TensorMap& outputs, const torch::Tensor& target, const nn::DiceOptions& loss);

}  // namespace hepatica::train
