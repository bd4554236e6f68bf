#include "nn/cost.h"

#include "nn/shapes.h"

namespace hepatica::nn {
namespace {

using Shape = std::vector<int64_t>;

double product(const Shape& shape, size_t from) {
  double all = 1;
  for (size_t i = from; i < shape.size(); ++i) all *= double(shape[i]);
  return all;
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
  const auto shapes = node_shapes(graph, shape);
  double sum = 0;
  for (const Node& node : graph.nodes)
    sum += multiply_adds_of(node, shapes.at(node.inputs.front()), shapes.at(node.name));
  return sum;
}

}  // namespace hepatica::nn
