#include "nn/onnx.h"

#include <cmath>
#include <functional>
#include <numeric>

#include "base/error.h"
#include "nn/fold.h"
#include "nn/onnx_writer.h"
#include "nn/shapes.h"

namespace hepatica::nn {

namespace {

using Shape = std::vector<int64_t>;

constexpr int64_t kMasks = 5, kDistanceBins = 16;

torch::Tensor reals(const std::vector<float>& values, const Shape& shape) {
  return torch::tensor(at::ArrayRef<float>(values)).reshape(shape);
}

/// Names of the nodes that the outputs need.
std::set<std::string> needed_nodes(const Graph& graph) {
  std::set<std::string> needed;
  for (const auto& [name, node] : graph.outputs) needed.insert(node);
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
    if (needed.count(node->name)) needed.insert(node->inputs.begin(), node->inputs.end());
  return needed;
}

/// Writes graphs node by node; values are called as the graph's nodes are.
class Exporter {
 public:
  Exporter(const Network& network, const Shape& input)
      : graph_(network.graph()), state_(network.state()), shapes_(node_shapes(graph_, input)) {}

  OnnxFile write(const nlohmann::json& metadata) {
    const Shape& input = shapes_.at("input");
    writer_.input("input", "N", {input.begin() + 1, input.end()});
    const std::set<std::string> needed = needed_nodes(graph_);
    for (const Node& node : graph_.nodes)
      if (needed.count(node.name)) add(node);
    file_.input = input;
    for (const auto& [name, node] : graph_.outputs) {
      writer_.node("Identity", {node}, name);
      declare(name, shapes_.at(node));
    }
    if (graph_.family == "lilnet") add_aggregate();
    if (graph_.family == "yolov8") add_decoding();
    file_.bytes = writer_.model(graph_.family, {{"hepatica", metadata.dump()}});
    file_.nodes = writer_.nodes();
    return std::move(file_);
  }

 private:
  using Operation = void (Exporter::*)(const Node&);
  static const std::map<std::string, Operation>& operations();

  void add(const Node& node) {
    const auto found = operations().find(node.op);
    if (found == operations().end())
      throw Error(ErrorCode::unsupported, "Operation '" + node.op + "' has no form in ONNX here.");
    (this->*found->second)(node);
  }

  /// `shape` is that for a batch of one.
  void declare(const std::string& name, const Shape& shape) {
    writer_.output(name, shape[0] == 1 ? "N" : std::to_string(shape[0]) + "N", {shape.begin() + 1, shape.end()});
    file_.outputs[name] = shape;
  }

  /// The node's parameter as a constant, under its key.
  std::string parameter(const Node& node, const std::string& name) {
    return writer_.constant(node.name + "." + name, state_.at(node.name + "." + name));
  }

  static Shape padding_of(const Node& node) {
    Shape padding = integers(node, "padding");
    padding.resize(integers(node, "kernel").size(), 0);
    const Shape once = padding;
    padding.insert(padding.end(), once.begin(), once.end());  // begins, then ends
    return padding;
  }

  void convolution(const Node& node) {
    std::vector<std::string> inputs{node.inputs[0], parameter(node, "weight")};
    if (state_.count(node.name + ".bias")) inputs.push_back(parameter(node, "bias"));
    std::map<std::string, OnnxAttribute> attributes{{"kernel_shape", integers(node, "kernel")},
                                                    {"strides", integers(node, "stride")},
                                                    {"pads", padding_of(node)},
                                                    {"group", int64_t(attribute(node, "groups", 1))}};
    if (node.op == "conv_transpose" && !integers(node, "output_padding").empty())
      attributes["output_padding"] = integers(node, "output_padding");
    writer_.node(node.op == "conv" ? "Conv" : "ConvTranspose", inputs, node.name, attributes);
  }

  void batch_norm(const Node& node) {
    writer_.node("BatchNormalization",
                 {node.inputs[0],
                  parameter(node, "weight"),
                  parameter(node, "bias"),
                  parameter(node, "running_mean"),
                  parameter(node, "running_var")},
                 node.name,
                 {{"epsilon", float(attribute(node, "eps", 1e-5))}});
  }

  void instance_norm(const Node& node) {
    const auto channels = int64_t(attribute(node, "channels"));
    const bool affine = attribute(node, "affine") != 0;
    const auto scale = affine ? parameter(node, "weight") : writer_.constant(node.name + ".one", torch::ones(channels));
    const auto shift = affine ? parameter(node, "bias") : writer_.constant(node.name + ".zero", torch::zeros(channels));
    writer_.node("InstanceNormalization",
                 {node.inputs[0], scale, shift},
                 node.name,
                 {{"epsilon", float(attribute(node, "eps", 1e-5))}});
  }

  /// Opset 13 has none: the groups become instances, then every channel its weight and bias.
  void group_norm(const Node& node) {
    const auto groups = int64_t(attribute(node, "groups", 1));
    const Shape& shape = shapes_.at(node.inputs[0]);
    const std::string n = node.name;
    auto x =
        writer_.node("Reshape", {node.inputs[0], writer_.constant(n + ".groups", {0, groups, -1})}, n + ".grouped");
    x = writer_.node(
        "InstanceNormalization",
        {x, writer_.constant(n + ".one", torch::ones(groups)), writer_.constant(n + ".zero", torch::zeros(groups))},
        n + ".normal",
        {{"epsilon", float(attribute(node, "eps", 1e-5))}});
    Shape whole = shape;
    whole[0] = 0;  // as the input has it
    x = writer_.node("Reshape", {x, writer_.constant(n + ".whole", whole)}, n + ".channels");
    weight_and_bias(node, x);
  }

  /// Opset 13 has none: the mean and the variance over the channels, spelled out.
  void layer_norm(const Node& node) {
    const std::string n = node.name;
    const std::map<std::string, OnnxAttribute> over_channels{{"axes", Shape{1}}, {"keepdims", int64_t(1)}};
    const auto mean = writer_.node("ReduceMean", node.inputs, n + ".mean", over_channels);
    const auto centered = writer_.node("Sub", {node.inputs[0], mean}, n + ".centered");
    auto spread = writer_.node("Mul", {centered, centered}, n + ".squares");
    spread = writer_.node("ReduceMean", {spread}, n + ".variance", over_channels);
    const auto eps = writer_.constant(n + ".eps", torch::full({1}, float(attribute(node, "eps", 1e-5))));
    spread = writer_.node("Sqrt", {writer_.node("Add", {spread, eps}, n + ".safe")}, n + ".deviation");
    const auto x = writer_.node("Div", {centered, spread}, n + ".normal");
    weight_and_bias(node, x);
  }

  /// `x` times the node's weight plus its bias, a channel, as the node's result.
  void weight_and_bias(const Node& node, const std::string& x) {
    Shape column(shapes_.at(node.inputs[0]).size() - 1, 1);
    column[0] = int64_t(attribute(node, "channels"));
    const auto constant = [&](const std::string& name) {
      const std::string key = node.name + "." + name;
      return writer_.constant(key, state_.at(key).detach().reshape(column));
    };
    const auto scaled = writer_.node("Mul", {x, constant("weight")}, node.name + ".scaled");
    writer_.node("Add", {scaled, constant("bias")}, node.name);
  }

  void layer_scale(const Node& node) {
    writer_.node("Mul", {node.inputs[0], parameter(node, "layer_scale")}, node.name);
  }

  /// x / 2 (1 + erf(x / sqrt 2)).
  void gelu(const Node& node) {
    const std::string n = node.name;
    const auto number = [&](const char* name, double value) {
      return writer_.constant(n + name, torch::full({1}, float(value)));
    };
    auto x = writer_.node("Mul", {node.inputs[0], number(".root_half", std::sqrt(0.5))}, n + ".scaled");
    x = writer_.node("Add", {writer_.node("Erf", {x}, n + ".erf"), number(".one", 1)}, n + ".shifted");
    x = writer_.node("Mul", {node.inputs[0], x}, n + ".twice");
    writer_.node("Mul", {x, number(".half", 0.5)}, n);
  }

  /// A linear layer at each position is a convolution of one pixel.
  void pointwise(const Node& node) {
    Shape kernel(shapes_.at(node.inputs[0]).size() - 2, 1), weight{-1, int64_t(attribute(node, "in"))};
    weight.insert(weight.end(), kernel.begin(), kernel.end());
    const std::string key = node.name + ".weight";
    std::vector<std::string> inputs{node.inputs[0], writer_.constant(key, state_.at(key).detach().reshape(weight))};
    if (state_.count(node.name + ".bias")) inputs.push_back(parameter(node, "bias"));
    writer_.node("Conv", inputs, node.name, {{"kernel_shape", kernel}});
  }

  void linear(const Node& node) {
    if (shapes_.at(node.inputs[0]).size() > 2) return pointwise(node);
    std::vector<std::string> inputs{node.inputs[0], parameter(node, "weight")};
    if (state_.count(node.name + ".bias")) inputs.push_back(parameter(node, "bias"));
    writer_.node("Gemm", inputs, node.name, {{"transB", int64_t(1)}});
  }

  void elementwise(const Node& node) {
    static const std::map<std::string, std::string> names{
        {"relu", "Relu"}, {"sigmoid", "Sigmoid"}, {"add", "Add"}, {"multiply", "Mul"}, {"identity", "Identity"}};
    writer_.node(names.at(node.op), node.inputs, node.name);
  }

  void silu(const Node& node) {
    const auto gate = writer_.node("Sigmoid", node.inputs, node.name + ".gate");
    writer_.node("Mul", {node.inputs[0], gate}, node.name);
  }

  void leaky_relu(const Node& node) {
    writer_.node("LeakyRelu", node.inputs, node.name, {{"alpha", float(attribute(node, "slope", .01))}});
  }

  void pool(const Node& node) {
    writer_.node(node.op == "max_pool" ? "MaxPool" : "AveragePool",
                 node.inputs,
                 node.name,
                 {{"kernel_shape", integers(node, "kernel")},
                  {"strides", integers(node, "stride")},
                  {"pads", padding_of(node)}});
  }

  void global_avg_pool(const Node& node) {
    if (attribute(node, "keep") != 0) {
      writer_.node("GlobalAveragePool", node.inputs, node.name);
      return;
    }
    const auto x = writer_.node("GlobalAveragePool", node.inputs, node.name + ".pooled");
    writer_.node("Flatten", {x}, node.name);
  }

  void concat(const Node& node) {
    writer_.node("Concat", node.inputs, node.name, {{"axis", int64_t(attribute(node, "axis", 1))}});
  }

  std::string slice(
      const std::string& input, const std::string& output, const Shape& axes, const Shape& starts, const Shape& ends) {
    return writer_.node("Slice",
                        {input,
                         writer_.constant(output + ".starts", starts),
                         writer_.constant(output + ".ends", ends),
                         writer_.constant(output + ".axes", axes)},
                        output);
  }

  void split(const Node& node) {
    const auto start = int64_t(attribute(node, "start")), length = int64_t(attribute(node, "length"));
    slice(node.inputs[0], node.name, {int64_t(attribute(node, "axis", 1))}, {start}, {start + length});
  }

  void upsample(const Node& node) {
    std::vector<float> scales{1, 1};
    for (int64_t s : integers(node, "scale")) scales.push_back(float(s));
    const bool linear_mode = attribute(node, "mode") != 0;
    std::map<std::string, OnnxAttribute> attributes{
        {"mode", std::string(linear_mode ? "linear" : "nearest")},
        {"coordinate_transformation_mode", std::string(linear_mode ? "half_pixel" : "asymmetric")}};
    if (!linear_mode) attributes["nearest_mode"] = std::string("floor");
    const auto count = int64_t(scales.size());
    writer_.node("Resize",
                 {node.inputs[0], "", writer_.constant(node.name + ".scales", reals(scales, {count}))},
                 node.name,
                 attributes);
  }

  /// The five masked means from four quadrant sums, as quadrant_means in operations.cc.
  void quadrant_means(const Node& node) {
    const Shape& shape = shapes_.at(node.inputs[0]);
    const int64_t rows = shape[2], columns = shape[3], h = rows / 2, w = columns / 2;
    const std::string n = node.name, axes = writer_.constant(n + ".plane", {2, 3});
    std::vector<std::string> sums;
    for (int64_t q = 0; q < 4; ++q) {
      const bool bottom = q >= 2, right = q % 2 == 1;
      const std::string name = n + ".quadrant" + std::to_string(q);
      const auto part = slice(
          node.inputs[0], name, {2, 3}, {bottom ? h : 0, right ? w : 0}, {bottom ? rows : h, right ? columns : w});
      sums.push_back(writer_.node("ReduceSum", {part, axes}, name + ".sum", {{"keepdims", int64_t(0)}}));
    }
    const auto total = writer_.node("Sum", sums, n + ".total");
    const auto axis = writer_.constant(n + ".axis", {1});
    std::vector<std::string> means{writer_.node("Unsqueeze", {total, axis}, n + ".none")};
    for (size_t q = 0; q < sums.size(); ++q) {
      const std::string name = n + ".without" + std::to_string(q);
      means.push_back(writer_.node("Unsqueeze", {writer_.node("Sub", {total, sums[q]}, name), axis}, name + ".row"));
    }
    auto x = writer_.node("Concat", means, n + ".stacked", {{"axis", int64_t(1)}});
    x = writer_.node("Reshape", {x, writer_.constant(n + ".rows", {-1, shape[1]})}, n + ".flat");
    writer_.node("Div", {x, writer_.constant(n + ".pixels", torch::full({1}, float(rows * columns)))}, n);
  }

  /// mean over masks j of out4[5b + j, 5c + j] and out3[5b + j, 5c + j] (LiLNet's process.py).
  void add_aggregate() {
    const auto classes = graph_.arguments.at("classes").get<int64_t>();
    auto x = writer_.node("Add", {"out4", "out3"}, "aggregate.sum");
    x = writer_.node(
        "Reshape", {x, writer_.constant("aggregate.shape", {-1, kMasks, classes, kMasks})}, "aggregate.by_mask");
    const auto chosen = torch::eye(kMasks).reshape({1, kMasks, 1, kMasks}) / double(2 * kMasks);
    x = writer_.node("Mul", {x, writer_.constant("aggregate.chosen", chosen)}, "aggregate.own");
    writer_.node("ReduceSum", {x, writer_.constant("aggregate.axes", {1, 3})}, "logits", {{"keepdims", int64_t(0)}});
    declare("logits", {1, classes});
  }

  /// The raw levels side by side: [N, 64 + classes, cells], with each cell's centre and stride as constants.
  std::string join_levels(int64_t channels) {
    const int64_t side = shapes_.at("input")[2];
    std::vector<std::string> levels;
    std::vector<float> x, y, strides;
    for (const char* name : {"p3", "p4", "p5"}) {
      const Shape& shape = file_.outputs.at(name);
      const auto flat = writer_.constant(std::string(name) + ".shape", {0, channels, shape[2] * shape[3]});
      levels.push_back(writer_.node("Reshape", {name, flat}, std::string(name) + ".cells"));
      for (int64_t cell = 0; cell < shape[2] * shape[3]; ++cell) {
        x.push_back(float(cell % shape[3]) + .5f);
        y.push_back(float(cell / shape[3]) + .5f);
        strides.push_back(float(side) / float(shape[2]));
      }
    }
    const auto cells = int64_t(strides.size());
    x.insert(x.end(), y.begin(), y.end());
    writer_.constant("decode.centers", reals(x, {1, 2, cells}));
    writer_.constant("decode.strides", reals(strides, {1, 1, cells}));
    file_.outputs["detections"] = {1, channels - 4 * kDistanceBins + 4, cells};
    return writer_.node("Concat", levels, "decode.raw", {{"axis", int64_t(2)}});
  }

  /// Distances of the four sides as expectations over 16 bins, then x, y, width, height, and sigmoid scores.
  void add_decoding() {
    const int64_t boxes = 4 * kDistanceBins, channels = boxes + graph_.arguments.at("classes").get<int64_t>();
    const auto raw = join_levels(channels);
    const Shape shape = file_.outputs.at("detections");
    auto bins = slice(raw, "decode.boxes", {1}, {0}, {boxes});
    bins = writer_.node(
        "Reshape", {bins, writer_.constant("decode.bins", {0, 4, kDistanceBins, shape[2]})}, "decode.by_side");
    bins = writer_.node("Softmax", {bins}, "decode.shares", {{"axis", int64_t(2)}});
    const auto distances = torch::arange(kDistanceBins, torch::kFloat).reshape({1, 1, kDistanceBins, 1});
    bins = writer_.node("Mul", {bins, writer_.constant("decode.distances", distances)}, "decode.weighted");
    const auto sides = writer_.node(
        "ReduceSum", {bins, writer_.constant("decode.axis", {2})}, "decode.sides", {{"keepdims", int64_t(0)}});
    const auto before = slice(sides, "decode.before", {1}, {0}, {2}),
               after = slice(sides, "decode.after", {1}, {2}, {4});
    const auto half = writer_.constant("decode.half", torch::full({1}, .5f));
    auto center = writer_.node("Sub", {after, before}, "decode.shift");
    center = writer_.node("Mul", {center, half}, "decode.half_shift");
    center = writer_.node("Add", {center, "decode.centers"}, "decode.center");
    const auto extent = writer_.node("Add", {before, after}, "decode.extent");
    auto box = writer_.node("Concat", {center, extent}, "decode.box", {{"axis", int64_t(1)}});
    box = writer_.node("Mul", {box, "decode.strides"}, "decode.pixels");
    const auto scores =
        writer_.node("Sigmoid", {slice(raw, "decode.classes", {1}, {boxes}, {channels})}, "decode.scores");
    writer_.node("Concat", {box, scores}, "detections", {{"axis", int64_t(1)}});
    declare("detections", shape);
  }

  const Graph& graph_;
  const TensorMap& state_;
  std::map<std::string, Shape> shapes_;
  OnnxWriter writer_;
  OnnxFile file_;
};

const std::map<std::string, Exporter::Operation>& Exporter::operations() {
  static const std::map<std::string, Operation> all{{"conv", &Exporter::convolution},
                                                    {"conv_transpose", &Exporter::convolution},
                                                    {"batch_norm", &Exporter::batch_norm},
                                                    {"instance_norm", &Exporter::instance_norm},
                                                    {"group_norm", &Exporter::group_norm},
                                                    {"layer_norm", &Exporter::layer_norm},
                                                    {"layer_scale", &Exporter::layer_scale},
                                                    {"linear", &Exporter::linear},
                                                    {"gelu", &Exporter::gelu},
                                                    {"relu", &Exporter::elementwise},
                                                    {"sigmoid", &Exporter::elementwise},
                                                    {"add", &Exporter::elementwise},
                                                    {"multiply", &Exporter::elementwise},
                                                    {"identity", &Exporter::elementwise},
                                                    {"silu", &Exporter::silu},
                                                    {"leaky_relu", &Exporter::leaky_relu},
                                                    {"max_pool", &Exporter::pool},
                                                    {"avg_pool", &Exporter::pool},
                                                    {"global_avg_pool", &Exporter::global_avg_pool},
                                                    {"concat", &Exporter::concat},
                                                    {"split", &Exporter::split},
                                                    {"upsample", &Exporter::upsample},
                                                    {"quadrant_means", &Exporter::quadrant_means}};
  return all;
}

}  // namespace

OnnxFile onnx_from_network(const Network& network, const Shape& input_shape, const nlohmann::json& metadata) {
  const torch::NoGradGuard no_grad;
  Shape input{1};
  input.insert(input.end(), input_shape.begin(), input_shape.end());
  const Network folded = fold_batch_norms(network);
  return Exporter(folded, input).write(metadata);
}

}  // namespace hepatica::nn
