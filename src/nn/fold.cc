#include "nn/fold.h"

namespace hepatica::nn {

namespace {

/// Batch norm name -> name of the convolution that takes it in.
std::map<std::string, std::string> foldable(const Graph& graph) {
  std::map<std::string, int> uses;
  std::map<std::string, const Node*> by_name;
  for (const Node& node : graph.nodes) {
    by_name[node.name] = &node;
    for (const auto& input : node.inputs) ++uses[input];
  }
  for (const auto& [name, node] : graph.outputs) ++uses[node];
  std::map<std::string, std::string> pairs;
  for (const Node& node : graph.nodes) {
    if (node.op != "batch_norm") continue;
    const auto before = by_name.find(node.inputs.front());
    if (before != by_name.end() && before->second->op == "conv" && uses[before->first] == 1)
      pairs[node.name] = before->first;
  }
  return pairs;
}

void fold_values(TensorMap& values, const Node& norm, const std::string& conv) {
  const auto take = [&](const std::string& name) {
    const torch::Tensor value = values.at(norm.name + name).to(torch::kDouble);
    values.erase(norm.name + name);
    return value;
  };
  const torch::Tensor scale = take(".weight") / (take(".running_var") + attribute(norm, "eps", 1e-5)).sqrt();
  torch::Tensor shift = -take(".running_mean");
  values.erase(norm.name + ".num_batches_tracked");
  const auto bias = values.find(conv + ".bias");
  if (bias != values.end()) shift = shift + bias->second;
  values[conv + ".bias"] = (take(".bias") + shift * scale).to(torch::kFloat);
  torch::Tensor& weight = values.at(conv + ".weight");
  std::vector<int64_t> rows(size_t(weight.dim()), 1);
  rows[0] = -1;
  weight = (weight.to(torch::kDouble) * scale.reshape(rows)).to(torch::kFloat);
}

}  // namespace

Network fold_batch_norms(const Network& network) {
  const torch::NoGradGuard no_grad;
  const Graph& before = network.graph();
  const auto pairs = foldable(before);
  std::set<std::string> with_bias;
  for (const auto& [norm, conv] : pairs) with_bias.insert(conv);
  TensorMap values = network.state();
  Graph after{before.family, before.arguments, {}, before.outputs};
  for (Node node : before.nodes) {
    const auto pair = pairs.find(node.name);
    if (pair != pairs.end()) {
      fold_values(values, node, pair->second);
      continue;
    }
    if (with_bias.count(node.name)) node.attributes["bias"] = {1};
    for (auto& input : node.inputs) {
      if (pairs.count(input)) input = pairs.at(input);
    }
    after.nodes.push_back(std::move(node));
  }
  for (auto& [name, node] : after.outputs) {
    if (pairs.count(node)) node = pairs.at(node);
  }
  Network folded(std::move(after));
  folded.load(values, "folded network");
  return folded;
}

}  // namespace hepatica::nn
