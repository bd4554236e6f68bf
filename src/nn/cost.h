// How much work a network does, from its graph alone.
#pragma once

#include <cstdint>
#include <vector>

#include "nn/graph.h"

namespace hepatica::nn {

/// Multiplications (each with its addition) of convolutions and linear layers for one run on an input of `shape`
/// [N, C, H, W] or [N, C, D, H, W]; the other operations are not counted. Error{bad_recipe} for an input that does not
/// suit the network.
double multiply_adds(const Graph& graph, const std::vector<int64_t>& shape);

}  // namespace hepatica::nn
