#include "nn/shapes.h"

#include <algorithm>

#include "base/error.h"

namespace hepatica::nn {

namespace {

using Shape = std::vector<int64_t>;

[[noreturn]] void fail(const std::string& text) {
  throw Error(ErrorCode::bad_recipe, "The input does not suit the network: " + text);
}

void check_input(const Node& node, const Shape& in) {
  const size_t axes = integers(node, "kernel").size() + 2;
  const auto channels = int64_t(attribute(node, "in"));
  if (in.size() != axes) fail(std::to_string(axes) + " axes are needed (batch, channels, sides).");
  if (in[1] != channels) fail(std::to_string(channels) + " channels are needed.");
}

Shape convolved(const Node& node, const Shape& in, int64_t channels) {
  const auto kernel = integers(node, "kernel"), stride = integers(node, "stride");
  auto padding = integers(node, "padding");
  padding.resize(kernel.size(), 0);
  Shape out{in[0], channels};
  for (size_t a = 0; a < kernel.size(); ++a) out.push_back((in[a + 2] + 2 * padding[a] - kernel[a]) / stride[a] + 1);
  return out;
}

Shape transposed(const Node& node, const Shape& in) {
  const auto kernel = integers(node, "kernel"), stride = integers(node, "stride");
  auto padding = integers(node, "padding"), extra = integers(node, "output_padding");
  padding.resize(kernel.size(), 0);
  extra.resize(kernel.size(), 0);
  Shape out{in[0], int64_t(attribute(node, "out"))};
  for (size_t a = 0; a < kernel.size(); ++a)
    out.push_back((in[a + 2] - 1) * stride[a] - 2 * padding[a] + kernel[a] + extra[a]);
  return out;
}

Shape joined(const Node& node, const std::vector<Shape>& inputs) {
  const auto axis = size_t(attribute(node, "axis", 1));
  Shape out = inputs.front();
  for (size_t i = 1; i < inputs.size(); ++i) {
    out[axis] += inputs[i][axis];
    for (size_t a = 0; a < out.size(); ++a)
      if (a != axis && out[a] != inputs[i][a]) fail("its sides are no multiple of what the network's strides need.");
  }
  return out;
}

Shape averaged(const Node& node, const Shape& in) {
  Shape out{in[0], in[1]};
  if (attribute(node, "keep") != 0) out.resize(in.size(), 1);
  return out;
}

Shape output_shape(const Node& node, const std::vector<Shape>& inputs) {
  Shape shape = inputs.front();
  if (node.op == "conv") {
    check_input(node, shape);
    return convolved(node, shape, int64_t(attribute(node, "out")));
  }
  if (node.op == "max_pool" || node.op == "avg_pool") return convolved(node, shape, shape[1]);
  if (node.op == "conv_transpose") return transposed(node, shape);
  if (node.op == "linear") {
    shape[1] = int64_t(attribute(node, "out"));
    return shape;
  }
  if (node.op == "global_avg_pool") return averaged(node, shape);
  if (node.op == "quadrant_means") return {5 * shape[0], shape[1]};
  if (node.op == "concat") return joined(node, inputs);
  if (node.op == "split") {
    shape[size_t(attribute(node, "axis", 1))] = int64_t(attribute(node, "length"));
    return shape;
  }
  if (node.op == "upsample") {
    const auto scale = integers(node, "scale");
    for (size_t a = 0; a < scale.size(); ++a) shape[a + 2] *= scale[a];
    return shape;
  }
  if (node.op == "dfl") return {shape[0], 4, shape[2], shape[3]};
  return shape;  // element by element
}

}  // namespace

std::map<std::string, Shape> node_shapes(const Graph& graph, const Shape& input) {
  std::map<std::string, Shape> shapes{{"input", input}};
  for (const Node& node : graph.nodes) {
    std::vector<Shape> inputs;
    for (const std::string& name : node.inputs) inputs.push_back(shapes.at(name));
    Shape shape = output_shape(node, inputs);
    if (std::any_of(shape.begin(), shape.end(), [](int64_t n) { return n < 1; })) fail("its sides are too short.");
    shapes[node.name] = std::move(shape);
  }
  return shapes;
}

}  // namespace hepatica::nn
