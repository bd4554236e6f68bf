#include "nn/norm_chain.h"

#include <algorithm>

#include "nn/norm_activation.h"

namespace hepatica::nn {

namespace {

/// For each node the one that alone uses it.
using OnlyUsers = std::map<std::string, const Node*>;

OnlyUsers only_users(const Graph& graph, const std::set<std::string>& needed, const std::set<std::string>& targets) {
  std::map<std::string, std::vector<const Node*>> users;
  for (const Node& node : graph.nodes) {
    if (!needed.count(node.name)) continue;
    for (const auto& input : node.inputs) users[input].push_back(&node);
  }
  OnlyUsers only;
  for (const auto& [name, nodes] : users)
    if (nodes.size() == 1 && !targets.count(name)) only[name] = nodes.front();
  return only;
}

const Node* user_of(const OnlyUsers& only, const Node& node) {
  const auto found = only.find(node.name);
  return found == only.end() ? nullptr : found->second;
}

Activation activation_of(const Node* node) {
  if (!node) return Activation::none;
  if (node->op == "relu") return Activation::relu;
  if (node->op == "leaky_relu") return Activation::leaky_relu;
  return Activation::silu;
}

bool is_activation(const Node* node) {
  return node && (node->op == "relu" || node->op == "leaky_relu" || node->op == "silu");
}

/// The chain of `norm` as far as it goes, and the name of its last node.
std::pair<std::string, NormChain> chain_of(const Node& norm, const OnlyUsers& only) {
  NormChain chain{&norm, nullptr, norm.inputs, {}};
  const Node* next = user_of(only, norm);
  if (is_activation(next)) {
    chain.activation = next;
    chain.absorbed = {norm.name};
    return {next->name, chain};
  }
  if (!next || next->op != "add" || next->inputs.size() != 2) return {norm.name, chain};
  const Node* relu = user_of(only, *next);
  if (!relu || relu->op != "relu") return {norm.name, chain};
  chain.activation = relu;
  chain.inputs.push_back(next->inputs[0] == norm.name ? next->inputs[1] : next->inputs[0]);
  chain.absorbed = {norm.name, next->name};
  return {relu->name, chain};
}

}  // namespace

std::map<std::string, NormChain> norm_chains(const Graph& graph,
                                             const std::set<std::string>& needed,
                                             const std::set<std::string>& targets) {
  const OnlyUsers only = only_users(graph, needed, targets);
  std::map<std::string, NormChain> chains;
  for (const Node& node : graph.nodes) {
    if (node.op != "batch_norm" || !needed.count(node.name)) continue;
    auto [last, chain] = chain_of(node, only);
    if (chains.count(last)) {  // of two norms that one addition joins, the first takes it
      last = node.name;
      chain = {&node, nullptr, node.inputs, {}};
    }
    chains.emplace(last, std::move(chain));
  }
  return chains;
}

torch::Tensor apply_norm_chain(const NormChain& chain,
                               const std::vector<torch::Tensor>& inputs,
                               const TensorMap& state) {
  const auto value = [&](const char* name) { return state.at(chain.norm->name + "." + name); };
  value("num_batches_tracked").add_(1);
  const NormActivation norm{value("weight"),
                            value("bias"),
                            value("running_mean"),
                            value("running_var"),
                            attribute(*chain.norm, "momentum", .1),
                            attribute(*chain.norm, "eps", 1e-5),
                            activation_of(chain.activation),
                            chain.activation ? attribute(*chain.activation, "slope", .01) : 0};
  return norm_activation(inputs.front(), inputs.size() > 1 ? inputs[1] : torch::Tensor(), norm);
}

}  // namespace hepatica::nn
