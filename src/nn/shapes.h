// The shape of every value in a graph, without running it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nn/graph.h"

namespace hepatica::nn {

/// Shapes by node name, and "input" itself, for an input [N, C, H, W] or [N, C, D, H, W]. Error{bad_recipe} where the
/// input has another number of axes or channels than the network takes, or sides that it cannot join again.
std::map<std::string, std::vector<int64_t>> node_shapes(const Graph& graph, const std::vector<int64_t>& input);

}  // namespace hepatica::nn
