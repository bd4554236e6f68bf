#include "nn/network.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/threads.h"
#include "nn/initialize.h"
#include "nn/norm_chain.h"
#include "nn/operations.h"
#include "nn/worker_sum.h"

namespace hepatica::nn {

namespace {

/// Names of the nodes that `targets` need, themselves included.
std::set<std::string> needed_nodes(const Graph& graph, const std::set<std::string>& targets) {
  std::set<std::string> needed = targets;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (needed.count(node->name)) needed.insert(node->inputs.begin(), node->inputs.end());
  }
  return needed;
}

/// The operation writes memory of its own, so that whoever uses it last may overwrite it.
bool owns_result(const std::string& op) {
  static const std::set<std::string> fresh{
      "conv", "conv_transpose", "batch_norm", "instance_norm", "group_norm", "add"};
  return fresh.count(op) > 0;
}

/// Batch norms in training run as one operation with what follows them, where no worker shares them.
bool fuses_norms(const torch::Tensor& input, bool training) {
  return training && input.is_cpu() && input.scalar_type() == torch::kFloat && !workers_share_batch_norms();
}

/// One run through the graph: values by node name, and how many uses of each are still to come.
class Run {
 public:
  Run(const Graph& graph, const std::set<std::string>& targets, bool fuse) {
    const std::set<std::string> needed = needed_nodes(graph, targets);
    if (fuse) norms_ = norm_chains(graph, needed, targets);
    std::set<std::string> absorbed;
    for (const auto& [last, chain] : norms_) absorbed.insert(chain.absorbed.begin(), chain.absorbed.end());
    for (const Node& node : graph.nodes) {
      if (!needed.count(node.name) || absorbed.count(node.name)) continue;
      const auto chain = norms_.find(node.name);
      steps_.push_back(chain == norms_.end() ? Step{&node, nullptr, node.inputs}
                                             : Step{&node, &chain->second, chain->second.inputs});
      for (const auto& input : steps_.back().inputs) ++uses_[input];
      if (owns_result(node.op)) owned_.insert(node.name);
    }
    for (const auto& target : targets) ++uses_[target];
  }

  void execute(const torch::Tensor& input, const TensorMap& state, bool training) {
    values_["input"] = input;
    for (const Step& step : steps_) {
      std::vector<torch::Tensor> inputs;
      for (const auto& name : step.inputs) inputs.push_back(values_.at(name));
      values_[step.node->name] =
          step.norm ? apply_norm_chain(*step.norm, inputs, state) : plain(*step.node, inputs, state, training);
      for (const auto& name : step.inputs) {
        if (--uses_.at(name) == 0) values_.erase(name);
      }
    }
  }

  const torch::Tensor& value(const std::string& name) const { return values_.at(name); }

 private:
  struct Step {
    const Node* node;
    const NormChain* norm;  ///< that ends in the node; null: the node alone
    std::vector<std::string> inputs;
  };

  static bool owns_result_in_place(const std::string& op) { return op == "relu" || op == "silu" || op == "leaky_relu"; }

  torch::Tensor plain(const Node& node,
                      const std::vector<torch::Tensor>& inputs,
                      const TensorMap& state,
                      bool training) {
    const auto& first = node.inputs.front();
    const bool reusable = !at::GradMode::is_enabled() && owned_.count(first) && uses_.at(first) == 1;
    if (reusable && owns_result_in_place(node.op)) owned_.insert(node.name);
    return apply_node(node, inputs, state, training, reusable);
  }

  std::map<std::string, NormChain> norms_;
  std::vector<Step> steps_;
  std::set<std::string> owned_;
  std::map<std::string, int> uses_;
  TensorMap values_;
};

bool is_batch_counter(const std::string& key) {
  static const std::string end = ".num_batches_tracked";
  return key.size() > end.size() && key.compare(key.size() - end.size(), end.size(), end) == 0;
}

bool is_convolution(const Node& node) { return node.op == "conv" || node.op == "conv_transpose"; }

}  // namespace

TensorShapes shapes_of(const TensorMap& tensors) {
  TensorShapes shapes;
  for (const auto& [key, value] : tensors) shapes[key] = value.sizes().vec();
  return shapes;
}

Network::Network(Graph graph, uint64_t seed) : graph_(std::move(graph)) {
  struct Item {
    const Node* node;
    ParameterInfo info;
    torch::Tensor value;
  };
  std::vector<Item> items;
  for (const Node& node : graph_.nodes) {
    Graph one;
    one.nodes = {node};
    for (auto& info : parameters_of(one)) items.push_back({&node, std::move(info), {}});
  }
  const Rng rng(seed);
  parallel_for(items.size(),
               [&](size_t i) { items[i].value = initial_value(graph_, *items[i].node, items[i].info, rng.fork(i)); });
  for (Item& item : items) state_[item.info.key] = item.value.set_requires_grad(item.info.trainable);
}

Network::Network(Graph graph) : graph_(std::move(graph)) {
  for (const ParameterInfo& info : parameters_of(graph_)) {
    state_[info.key] = torch::zeros(info.shape, is_batch_counter(info.key) ? torch::kLong : torch::kFloat);
  }
  for (const Node& node : graph_.nodes) {
    if (node.op == "dfl") {
      auto& weight = state_.at(node.name + ".conv.weight");
      weight = torch::arange(weight.numel(), torch::kFloat).reshape(weight.sizes());
    }
  }
}

TensorMap Network::forward(const torch::Tensor& input, bool training, const std::set<std::string>& wanted) {
  std::map<std::string, std::string> outputs;
  for (const auto& [name, node] : graph_.outputs) {
    if (wanted.empty() || wanted.count(name)) outputs[name] = node;
  }
  for (const auto& name : wanted) {
    if (!outputs.count(name)) {
      throw Error(ErrorCode::bad_recipe, "Network '" + graph_.family + "' has no output '" + name + "'.");
    }
  }
  std::set<std::string> targets;
  for (const auto& [name, node] : outputs) targets.insert(node);
  Run run(graph_, targets, fuses_norms(input, training));
  run.execute(input, state_, training);
  TensorMap results;
  for (const auto& [name, node] : outputs) results[name] = run.value(node);
  return results;
}

std::vector<std::pair<std::string, torch::Tensor>> Network::named_trainable() const {
  std::vector<std::pair<std::string, torch::Tensor>> all;
  for (const ParameterInfo& info : parameters_of(graph_)) {
    if (info.trainable) all.emplace_back(info.key, state_.at(info.key));
  }
  return all;
}

std::vector<torch::Tensor> Network::trainable() const {
  std::vector<torch::Tensor> all;
  for (auto& [key, value] : named_trainable()) all.push_back(value);
  return all;
}

void Network::load(const TensorMap& values, const std::string& source) {
  const KeyMatch match = match_keys(graph_, shapes_of(values));
  if (!match.fits()) {
    throw Error(ErrorCode::wrong_checkpoint,
                fmt::format("{}: the tensors do not fit the network '{}' {}:{} give the checkpoint of this network, or "
                            "name the network that the checkpoint is of.",
                            source,
                            graph_.family,
                            graph_.arguments.dump(),
                            match.text()));
  }
  TensorMap given;
  for (const auto& [key, value] : values) given[without_module_prefix(key)] = value;
  const torch::NoGradGuard no_grad;
  for (auto& [key, mine] : state_) {
    const auto found = given.find(key);
    if (found != given.end()) mine.copy_(found->second);
  }
}

void Network::to(torch::Device device) {
  const torch::NoGradGuard no_grad;
  for (auto& [key, value] : state_) value = value.to(device).set_requires_grad(value.requires_grad());
}

void Network::use_channels_last() {
  const torch::NoGradGuard no_grad;
  for (const Node& node : graph_.nodes) {
    if (!is_convolution(node)) continue;
    torch::Tensor& weight = state_.at(node.name + ".weight");
    const auto format = weight.dim() == 5 ? torch::MemoryFormat::ChannelsLast3d : torch::MemoryFormat::ChannelsLast;
    weight = weight.contiguous(format).set_requires_grad(weight.requires_grad());
  }
}

void Network::set_convolution_type(torch::ScalarType type) {
  const torch::NoGradGuard no_grad;
  for (const Node& node : graph_.nodes) {
    if (!is_convolution(node)) continue;
    for (const char* part : {".weight", ".bias"}) {
      const auto found = state_.find(node.name + part);
      if (found != state_.end()) found->second = found->second.to(type);
    }
  }
}

}  // namespace hepatica::nn
