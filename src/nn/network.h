// A graph with its values, run by LibTorch, for training and for inference.
#pragma once

#include <torch/torch.h>

#include <map>
#include <set>
#include <string>

#include "base/rng.h"
#include "nn/graph.h"
#include "nn/key_match.h"

namespace hepatica::nn {

using TensorMap = std::map<std::string, torch::Tensor>;

TensorShapes shapes_of(const TensorMap& tensors);

/// Runs a graph. Values are f32; autocast and channels-last are the caller's choice. Copies share their values.
class Network {
 public:
  /// Initialises as the families do (kaiming_normal fan_out for ResNet convolutions, PyTorch defaults elsewhere,
  /// YOLOv8's head biases), from the seed alone.
  Network(Graph graph, uint64_t seed);
  /// For loading: every value is 0 (num_batches_tracked included) but fixed weights; nothing requires gradients.
  explicit Network(Graph graph);

  const Graph& graph() const { return graph_; }
  /// Outputs by name; only the nodes that `wanted` needs are run (all where empty).
  /// `training` selects batch statistics and updates the running ones. Error{bad_recipe} for an output that is not
  /// there. Values whose last use is past are freed on the way (autograd keeps what it needs).
  TensorMap forward(const torch::Tensor& input, bool training, const std::set<std::string>& wanted = {});

  /// Every parameter and buffer by key.
  const TensorMap& state() const { return state_; }
  std::vector<torch::Tensor> trainable() const;
  /// Trainable parameters with keys, in graph order.
  std::vector<std::pair<std::string, torch::Tensor>> named_trainable() const;
  /// Copies values into this network. Error{wrong_checkpoint} lists missing, unexpected and misshapen keys.
  /// Prefixes "module." are taken off; MONAI's aliases under "skip_layers." and a missing num_batches_tracked are
  /// passed over.
  void load(const TensorMap& values, const std::string& source);
  void to(torch::Device device);
  /// Channels-last memory format for 2D and 3D convolution weights.
  void use_channels_last();
  /// Convolutions compute in `type` from now on; other values stay f32. For inference, with gradients off.
  void set_convolution_type(torch::ScalarType type);

 private:
  Graph graph_;
  TensorMap state_;
};

}  // namespace hepatica::nn
