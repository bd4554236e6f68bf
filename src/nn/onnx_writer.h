// An ONNX graph under construction (onnx.ai/onnx/repo-docs/IR.html, onnx.proto for the field numbers).
#pragma once

#include <torch/torch.h>

#include <string>
#include <variant>
#include <vector>

#include "nn/protobuf.h"

namespace hepatica::nn {

/// Value of a node's attribute.
using OnnxAttribute = std::variant<int64_t, float, std::string, std::vector<int64_t>>;

class OnnxWriter {
 public:
  /// One node with one output, which is named `output`. Gives that name.
  std::string node(const std::string& op,
                   const std::vector<std::string>& inputs,
                   const std::string& output,
                   const std::map<std::string, OnnxAttribute>& attributes = {});
  /// A constant of f32 or int64. Gives its name.
  std::string constant(const std::string& name, const torch::Tensor& value);
  std::string constant(const std::string& name, const std::vector<int64_t>& values);

  /// Axes below 1 are free; `batch` names the first.
  void input(const std::string& name, const std::string& batch, const std::vector<int64_t>& other_axes);
  void output(const std::string& name, const std::string& batch, const std::vector<int64_t>& other_axes);

  size_t nodes() const { return nodes_; }
  /// The whole file.
  std::string model(const std::string& graph_name, const std::map<std::string, std::string>& metadata) const;

 private:
  ProtobufMessage graph_;
  size_t nodes_ = 0;
};

}  // namespace hepatica::nn
