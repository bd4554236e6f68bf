// What each operation of a graph computes.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "nn/network.h"

namespace hepatica::nn {

/// Result of one node on the values of its inputs. `reusable`: the first input's memory may be overwritten.
/// Error{internal} for an operation that graph.h does not name.
torch::Tensor apply_node(
    const Node& node, const std::vector<torch::Tensor>& inputs, const TensorMap& state, bool training, bool reusable);

/// Means over each sample's grid without mask and with the top-left, top-right, bottom-left and bottom-right quadrant
/// set to 0 (sizes halved downwards; zeros stay in the divisor): [N, C, H, W] -> [5N, C] in f32, row 5n + mask.
torch::Tensor quadrant_means(const torch::Tensor& features);

}  // namespace hepatica::nn
