#include "nn/initialize.h"

#include <cmath>

namespace hepatica::nn {

namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool starts_with(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

template <class Draw>
torch::Tensor drawn(const std::vector<int64_t>& shape, Draw draw) {
  torch::Tensor tensor = torch::empty(shape, torch::kFloat);
  float* values = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) values[i] = float(draw());
  return tensor;
}

double kernel_size(const Node& node) {
  double size = 1;
  for (int64_t k : integers(node, "kernel")) size *= double(k);
  return size;
}

/// Convolution and linear weights; also their biases in the families that follow PyTorch's default.
torch::Tensor weight_value(const std::string& family, const Node& node, const ParameterInfo& info, Rng& rng) {
  const double kernel = kernel_size(node), groups = attribute(node, "groups", 1);
  const double in = attribute(node, "in"), out = attribute(node, "out");
  // PyTorch counts a transposed convolution's fan over its second axis, the output channels.
  const double fan_in = (node.op == "conv_transpose" ? out : in / groups) * kernel;
  const bool bias = ends_with(info.key, ".bias");
  double deviation = 0;
  if (family == "densenet" && !bias && node.op == "conv") {
    deviation = std::sqrt(2 / fan_in);
  } else if (family == "efficientnet" && !bias && node.op == "conv") {
    deviation = std::sqrt(2 * groups / (out * kernel));
  } else if (family == "efficientnet" && !bias) {
    const double bound = 1 / std::sqrt(out);
    return drawn(info.shape, [&] { return rng.uniform(-bound, bound); });
  } else if (family == "convnext" && !bias) {
    deviation = 0.02;
  } else if (bias && (family == "densenet" || family == "efficientnet" || family == "convnext")) {
    return torch::zeros(info.shape);
  } else if (family == "dynunet") {
    if (bias) return torch::zeros(info.shape);
    deviation = std::sqrt(2 / ((1 + 1e-4) * fan_in));
  } else if ((family == "resnet" || family == "lilnet") && node.op == "conv") {
    deviation = std::sqrt(2 / (out * kernel));
  } else {
    const double bound = 1 / std::sqrt(fan_in);
    return drawn(info.shape, [&] { return rng.uniform(-bound, bound); });
  }
  return drawn(info.shape, [&] { return rng.normal(0, deviation); });
}

/// YOLOv8's last biases: one box side, and about 5 objects on a 640 x 640 image.
double head_bias(const Graph& graph, const Node& node) {
  if (starts_with(node.name, "model.22.cv2.")) return 1.0;
  const double classes = graph.arguments.at("classes").get<double>();
  const double stride = 8 << (node.name.at(std::string("model.22.cv3.").size()) - '0');
  return std::log(5 / classes / std::pow(640 / stride, 2));
}

}  // namespace

torch::Tensor initial_value(const Graph& graph, const Node& node, const ParameterInfo& info, Rng rng) {
  if (node.op == "dfl") return torch::arange(info.shape[1], torch::kFloat).reshape(info.shape);
  if (ends_with(info.key, ".num_batches_tracked")) return torch::zeros({}, torch::kLong);
  if (node.op == "layer_scale") return torch::full(info.shape, 1e-6f);
  if (ends_with(node.op, "_norm")) {
    const bool one = ends_with(info.key, ".weight") || ends_with(info.key, ".running_var");
    return torch::full(info.shape, one ? 1.f : 0.f);
  }
  const bool yolo_head = graph.family == "yolov8" && ends_with(info.key, ".bias");
  if (yolo_head) return torch::full(info.shape, float(head_bias(graph, node)));
  return weight_value(graph.family, node, info, rng);
}

}  // namespace hepatica::nn
