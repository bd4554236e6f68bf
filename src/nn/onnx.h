// Networks as ONNX files (onnx.ai; opset 13, IR version 7), for other programs to run.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nn/network.h"

namespace hepatica::nn {

struct OnnxFile {
  std::string bytes;
  /// Shapes by name for a batch of one; the first axis of the input and of every output is free.
  std::vector<int64_t> input;
  std::map<std::string, std::vector<int64_t>> outputs;
  size_t nodes = 0;
};

/// The network for inference in f32, its batch norms folded. The input is called "input"; `input_shape` is [C, H, W] or
/// [C, D, H, W], fixed in the file. Outputs are those of the graph and, where they are no result yet:
///  lilnet  "logits" [N, classes], the aggregate of both heads over the masks
///  yolov8  "detections" [N, 4 + classes, cells]: x, y, width, height in pixels of the input, then a score a class
/// `metadata` is kept under "hepatica". Error{bad_recipe} where the input does not suit the network.
OnnxFile onnx_from_network(const Network& network,
                           const std::vector<int64_t>& input_shape,
                           const nlohmann::json& metadata);

}  // namespace hepatica::nn
