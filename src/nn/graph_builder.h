// Appends nodes to a graph; shared by the families' builders.
#pragma once

#include <string>
#include <vector>

#include "nn/graph.h"

namespace hepatica::nn {

/// Every method adds one node and returns its name. Kernels, strides and paddings are given once and used on every axis
/// unless a list is given.
class GraphBuilder {
 public:
  GraphBuilder(std::string family, nlohmann::json arguments, int dims = 2);

  std::string conv(
      const std::string& name, const std::string& input, int in, int out, int kernel, int stride, bool bias = false);
  std::string conv(const std::string& name,
                   const std::string& input,
                   int in,
                   int out,
                   const std::vector<int>& kernel,
                   const std::vector<int>& stride,
                   bool bias);
  /// A convolution of each channel by itself.
  std::string depthwise(
      const std::string& name, const std::string& input, int channels, int kernel, int stride, bool bias);
  /// Kernel and stride alike, no padding, no bias.
  std::string conv_transpose(
      const std::string& name, const std::string& input, int in, int out, const std::vector<int>& stride);
  std::string batch_norm(
      const std::string& name, const std::string& input, int channels, double eps = 1e-5, double momentum = .1);
  std::string instance_norm(const std::string& name, const std::string& input, int channels);
  std::string linear(const std::string& name, const std::string& input, int in, int out);
  std::string max_pool(const std::string& name, const std::string& input, int kernel, int stride, int padding);
  /// An operation without attributes: relu, silu, add, global_avg_pool, quadrant_means, ...
  std::string simple(const std::string& op, const std::string& name, const std::vector<std::string>& inputs);
  std::string with(const std::string& op,
                   const std::string& name,
                   const std::vector<std::string>& inputs,
                   std::map<std::string, std::vector<double>> attributes);
  std::string concat(const std::string& name, const std::vector<std::string>& inputs);

  void output(const std::string& name, const std::string& node) { graph_.outputs[name] = node; }
  Graph take() { return std::move(graph_); }

 private:
  Graph graph_;
  size_t dims_;
};

/// `channels` times `width`, rounded to the nearest multiple of 8, at least 8.
int scaled_channels(int channels, double width);

/// Error{bad_recipe} on a number of classes, a width or a number of channels that no classifier has.
void check_classifier(const std::string& family, int classes, double width, int in_channels);

/// What LiLNet shares with ResNet: everything up to layer4, with the same keys.
struct ResnetTrunk {
  std::string layer3, layer4;  ///< node names
  int channels3 = 0, channels4 = 0;
};
ResnetTrunk add_resnet_trunk(GraphBuilder& builder, int depth, double width, int in_channels);

}  // namespace hepatica::nn
