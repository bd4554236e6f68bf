// A graph with its values, run by LibTorch, for training and for inference.
#pragma once

#include <torch/torch.h>

#include <map>
#include <set>
#include <string>

#include "base/rng.h"
#include "nn/graph.h"

namespace hepatica::nn {

using TensorMap = std::map<std::string, torch::Tensor>;

/// Runs a graph. Values are f32; autocast and channels-last are the caller's choice.
class Network {
 public:
  /// Initialises as the families do (kaiming_normal fan_out for ResNet convolutions, PyTorch defaults elsewhere,
  /// YOLOv8's head biases), from the seed alone.
  Network(Graph graph, uint64_t seed);

  const Graph& graph() const { return graph_; }
  /// Outputs by name; only the nodes that `wanted` needs are run (all where empty).
  /// `training` selects batch statistics and updates the running ones.
  TensorMap forward(const torch::Tensor& input, bool training, const std::set<std::string>& wanted = {});

  /// Every parameter and buffer by key.
  const TensorMap& state() const { return state_; }
  std::vector<torch::Tensor> trainable() const;
  /// Trainable parameters with keys, in graph order.
  std::vector<std::pair<std::string, torch::Tensor>> named_trainable() const;
  /// Copies values into this network. Error{wrong_checkpoint} lists missing, unexpected and misshapen keys.
  void load(const TensorMap& values, const std::string& source);
  void to(torch::Device device);
  /// Channels-last memory format for 2D and 3D convolution weights.
  void use_channels_last();

 private:
  Graph graph_;
  TensorMap state_;
};

}  // namespace hepatica::nn
