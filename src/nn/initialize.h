// First values of a network's parameters.
#pragma once

#include <torch/torch.h>

#include "base/rng.h"
#include "nn/graph.h"

namespace hepatica::nn {

/// The value with which training of the graph's family starts, drawn from `rng` alone:
/// ResNet and LiLNet: convolutions normal with variance 2 / fan_out (He et al., ICCV 2015); DynUNet: normal with
/// variance 2 / ((1 + .01^2) fan_in), biases 0; elsewhere uniform within 1 / sqrt(fan_in), PyTorch's default. Norms 1
/// and 0. YOLOv8's last biases: boxes 1, classes log(5 / classes / (640 / stride)^2).
torch::Tensor initial_value(const Graph& graph, const Node& node, const ParameterInfo& info, Rng rng);

}  // namespace hepatica::nn
