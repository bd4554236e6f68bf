// The layers of a network in groups, from its outputs to its input, and their values drawn anew.
#pragma once

#include <string>
#include <vector>

#include "nn/network.h"

namespace hepatica::nn {

/// Nodes with parameters by group, from the last of the graph to the first: those whose names share the first two of
/// three or more parts ("layer4.0" of "layer4.0.conv1") form one group, every other node ("fc", "conv1") is its own.
struct LayerGroup {
  std::string name;
  std::vector<std::string> nodes;
};
std::vector<LayerGroup> layer_groups(const Graph& graph);

/// The same network with the first `groups` of layer_groups as an untrained network of that seed has them; norms
/// forget their running statistics. The original keeps its values.
Network with_random_layers(const Network& network, size_t groups, uint64_t seed);

}  // namespace hepatica::nn
