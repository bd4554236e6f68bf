#include "nn/layer_groups.h"

#include <algorithm>
#include <set>

namespace hepatica::nn {
namespace {

std::string group_of(const std::string& node) {
  const size_t first = node.find('.');
  const size_t second = first == std::string::npos ? first : node.find('.', first + 1);
  return second == std::string::npos ? node : node.substr(0, second);
}

}  // namespace

std::vector<LayerGroup> layer_groups(const Graph& graph) {
  std::vector<LayerGroup> groups;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    Graph one;
    one.nodes = {*node};
    if (parameters_of(one).empty()) continue;
    const std::string name = group_of(node->name);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const LayerGroup& g) { return g.name == name; });
    if (group == groups.end()) group = groups.insert(groups.end(), {name, {}});
    group->nodes.push_back(node->name);
  }
  return groups;
}

Network with_random_layers(const Network& network, size_t groups, uint64_t seed) {
  const torch::NoGradGuard no_grad;
  std::set<std::string> chosen;
  const std::vector<LayerGroup> all = layer_groups(network.graph());
  for (size_t g = 0; g < std::min(groups, all.size()); ++g) chosen.insert(all[g].nodes.begin(), all[g].nodes.end());
  const Network fresh(network.graph(), seed);
  Network result(network.graph());
  for (const Node& node : network.graph().nodes) {
    Graph one;
    one.nodes = {node};
    for (const ParameterInfo& info : parameters_of(one)) {
      torch::Tensor value = result.state().at(info.key);
      value.copy_((chosen.count(node.name) ? fresh : network).state().at(info.key));
    }
  }
  return result;
}

}  // namespace hepatica::nn
