#include "nn/graph_builder.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace hepatica::nn {

namespace {

std::vector<double> as_doubles(const std::vector<int>& values) { return {values.begin(), values.end()}; }

/// Keeps the size (divided by the stride) for odd kernels.
std::vector<double> half_padding(const std::vector<int>& kernel) {
  std::vector<double> padding;
  for (int k : kernel) padding.push_back(k / 2);
  return padding;
}

}  // namespace

GraphBuilder::GraphBuilder(std::string family, nlohmann::json arguments, int dims) : dims_(size_t(dims)) {
  graph_.family = std::move(family);
  graph_.arguments = std::move(arguments);
}

std::string GraphBuilder::with(const std::string& op,
                               const std::string& name,
                               const std::vector<std::string>& inputs,
                               std::map<std::string, std::vector<double>> attributes) {
  graph_.nodes.push_back({op, name, inputs, std::move(attributes)});
  return name;
}

std::string GraphBuilder::simple(const std::string& op,
                                 const std::string& name,
                                 const std::vector<std::string>& inputs) {
  return with(op, name, inputs, {});
}

std::string GraphBuilder::conv(const std::string& name,
                               const std::string& input,
                               int in,
                               int out,
                               const std::vector<int>& kernel,
                               const std::vector<int>& stride,
                               bool bias) {
  return with("conv",
              name,
              {input},
              {{"kernel", as_doubles(kernel)},
               {"stride", as_doubles(stride)},
               {"padding", half_padding(kernel)},
               {"in", {double(in)}},
               {"out", {double(out)}},
               {"groups", {1}},
               {"bias", {bias ? 1.0 : 0.0}}});
}

std::string GraphBuilder::conv(
    const std::string& name, const std::string& input, int in, int out, int kernel, int stride, bool bias) {
  return conv(name, input, in, out, std::vector<int>(dims_, kernel), std::vector<int>(dims_, stride), bias);
}

std::string GraphBuilder::depthwise(
    const std::string& name, const std::string& input, int channels, int kernel, int stride, bool bias) {
  conv(name, input, channels, channels, kernel, stride, bias);
  graph_.nodes.back().attributes["groups"] = {double(channels)};
  return name;
}

std::string GraphBuilder::conv_transpose(
    const std::string& name, const std::string& input, int in, int out, const std::vector<int>& stride) {
  const std::vector<double> zeros(dims_, 0);
  return with("conv_transpose",
              name,
              {input},
              {{"kernel", as_doubles(stride)},
               {"stride", as_doubles(stride)},
               {"padding", zeros},
               {"output_padding", zeros},
               {"in", {double(in)}},
               {"out", {double(out)}},
               {"bias", {0}}});
}

std::string GraphBuilder::batch_norm(
    const std::string& name, const std::string& input, int channels, double eps, double momentum) {
  return with(
      "batch_norm", name, {input}, {{"channels", {double(channels)}}, {"eps", {eps}}, {"momentum", {momentum}}});
}

std::string GraphBuilder::instance_norm(const std::string& name, const std::string& input, int channels) {
  return with("instance_norm", name, {input}, {{"channels", {double(channels)}}, {"eps", {1e-5}}, {"affine", {1}}});
}

std::string GraphBuilder::linear(const std::string& name, const std::string& input, int in, int out) {
  return with("linear", name, {input}, {{"in", {double(in)}}, {"out", {double(out)}}, {"bias", {1}}});
}

std::string GraphBuilder::max_pool(
    const std::string& name, const std::string& input, int kernel, int stride, int padding) {
  return with("max_pool",
              name,
              {input},
              {{"kernel", std::vector<double>(dims_, kernel)},
               {"stride", std::vector<double>(dims_, stride)},
               {"padding", std::vector<double>(dims_, padding)}});
}

std::string GraphBuilder::concat(const std::string& name, const std::vector<std::string>& inputs) {
  return with("concat", name, inputs, {{"axis", {1}}});
}

void check_classifier(const std::string& family, int classes, double width, int in_channels) {
  if (classes < 1) throw Error(ErrorCode::bad_recipe, family + " needs at least one class.");
  if (!(width > 0 && width <= 4)) throw Error(ErrorCode::bad_recipe, family + "'s width must lie in (0, 4].");
  if (in_channels < 1) throw Error(ErrorCode::bad_recipe, family + " needs at least one input channel.");
}

int scaled_channels(int channels, double width) { return std::max(8, int(std::lround(channels * width / 8)) * 8); }

}  // namespace hepatica::nn
