#include "nn/cost.h"

#include <map>

#include "base/error.h"

namespace hepatica::nn {
namespace {

using Shape = std::vector<int64_t>;

double product(const Shape& shape, size_t from) {
  double all = 1;
  for (size_t i = from; i < shape.size(); ++i) all *= double(shape[i]);
  return all;
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

Shape joined(const std::vector<Shape>& inputs, size_t axis) {
  Shape out = inputs.front();
  for (size_t i = 1; i < inputs.size(); ++i) out[axis] += inputs[i][axis];
  return out;
}

Shape output_shape(const Node& node, const std::vector<Shape>& inputs) {
  Shape shape = inputs.front();
  if (node.op == "conv") return convolved(node, shape, int64_t(attribute(node, "out")));
  if (node.op == "max_pool" || node.op == "avg_pool") return convolved(node, shape, shape[1]);
  if (node.op == "conv_transpose") return transposed(node, shape);
  if (node.op == "linear") return {shape[0], int64_t(attribute(node, "out"))};
  if (node.op == "global_avg_pool") return {shape[0], shape[1]};
  if (node.op == "quadrant_means") return {5 * shape[0], shape[1]};
  if (node.op == "concat") return joined(inputs, size_t(attribute(node, "axis", 1)));
  if (node.op == "split") {
    shape[size_t(attribute(node, "axis", 1))] = int64_t(attribute(node, "length"));
    return shape;
  }
  if (node.op == "upsample") {
    const auto scale = integers(node, "scale");
    for (size_t a = 0; a < scale.size(); ++a) shape[a + 2] *= scale[a];
    return shape;
  }
  if (node.op == "dfl") return {shape[0], 4, shape.back()};
  return shape;  // element by element
}

double multiply_adds_of(const Node& node, const Shape& in, const Shape& out) {
  if (node.op == "linear") return product(out, 0) * double(in[1]);
  if (node.op != "conv" && node.op != "conv_transpose") return 0;
  double kernel = 1;
  for (int64_t k : integers(node, "kernel")) kernel *= double(k);
  if (node.op == "conv_transpose") return product(in, 0) * double(out[1]) * kernel;
  return product(out, 0) * kernel * double(in[1]) / attribute(node, "groups", 1);
}

}  // namespace

double multiply_adds(const Graph& graph, const std::vector<int64_t>& shape) {
  std::map<std::string, Shape> shapes{{"input", shape}};
  double sum = 0;
  for (const Node& node : graph.nodes) {
    std::vector<Shape> inputs;
    for (const std::string& name : node.inputs) inputs.push_back(shapes.at(name));
    if (inputs.empty()) throw Error(ErrorCode::bad_recipe, "Node '" + node.name + "' has no input.");
    shapes[node.name] = output_shape(node, inputs);
    sum += multiply_adds_of(node, inputs.front(), shapes[node.name]);
  }
  return sum;
}

}  // namespace hepatica::nn
