#include "nn/graph.h"

#include <functional>
#include <numeric>

#include "base/error.h"
#include "nn/classifiers.h"

namespace hepatica::nn {

namespace {

using Shape = std::vector<int64_t>;

/// Weights of a convolution: [first, second, kernel...].
Shape kernel_shape(const Node& node, int64_t first, int64_t second) {
  Shape shape{first, second};
  for (int64_t k : integers(node, "kernel")) shape.push_back(k);
  return shape;
}

void add_weight_and_bias(std::vector<ParameterInfo>& all, const Node& node, Shape weight, int64_t bias_length) {
  all.push_back({node.name + ".weight", std::move(weight)});
  if (bias_length > 0) all.push_back({node.name + ".bias", {bias_length}});
}

void add_batch_norm(std::vector<ParameterInfo>& all, const Node& node, int64_t channels) {
  add_weight_and_bias(all, node, {channels}, channels);
  all.push_back({node.name + ".running_mean", {channels}, false, true});
  all.push_back({node.name + ".running_var", {channels}, false, true});
  all.push_back({node.name + ".num_batches_tracked", {}, false, true});
}

void add_parameters(std::vector<ParameterInfo>& all, const Node& node) {
  const int64_t in = int64_t(attribute(node, "in")), out = int64_t(attribute(node, "out"));
  const int64_t channels = int64_t(attribute(node, "channels"));
  const int64_t bias = attribute(node, "bias") != 0 ? out : 0;
  if (node.op == "conv") {
    add_weight_and_bias(all, node, kernel_shape(node, out, in / int64_t(attribute(node, "groups", 1))), bias);
  } else if (node.op == "conv_transpose") {
    add_weight_and_bias(all, node, kernel_shape(node, in, out), bias);
  } else if (node.op == "linear") {
    add_weight_and_bias(all, node, {out, in}, bias);
  } else if (node.op == "batch_norm") {
    add_batch_norm(all, node, channels);
  } else if (node.op == "layer_scale") {
    all.push_back({node.name + ".layer_scale", {channels, 1, 1}});
  } else if (node.op == "group_norm" || node.op == "layer_norm" ||
             (node.op == "instance_norm" && attribute(node, "affine") != 0)) {
    add_weight_and_bias(all, node, {channels}, channels);
  } else if (node.op == "dfl") {
    all.push_back({node.name + ".conv.weight", {1, int64_t(attribute(node, "reg_max")), 1, 1}, false, false});
  }
}

/// `arguments` must hold the keys of `defaults` only; missing ones are filled in.
nlohmann::json complete(const std::string& family, const nlohmann::json& arguments, nlohmann::json defaults) {
  if (!arguments.is_object() && !arguments.is_null()) {
    throw Error(ErrorCode::bad_recipe, "The arguments of network '" + family + "' must be a mapping.");
  }
  for (const auto& [key, value] : arguments.items()) {
    if (!defaults.contains(key)) {
      throw Error(ErrorCode::bad_recipe, "Network '" + family + "' has no argument '" + key + "'.");
    }
    defaults[key] = value;
  }
  return defaults;
}

using Builder = std::function<Graph(const nlohmann::json&)>;

Graph build_resnet(const nlohmann::json& given) {
  const auto a = complete("resnet", given, {{"depth", 50}, {"classes", 1000}, {"width", 1.0}, {"in_channels", 3}});
  return resnet(a.at("depth"), a.at("classes"), a.at("width"), a.at("in_channels"));
}

Graph build_densenet(const nlohmann::json& given) {
  const auto a = complete("densenet", given, {{"depth", 121}, {"classes", 1000}, {"width", 1.0}, {"in_channels", 3}});
  return densenet(a.at("depth"), a.at("classes"), a.at("width"), a.at("in_channels"));
}

Graph build_efficientnet(const nlohmann::json& given) {
  const auto a =
      complete("efficientnet", given, {{"scale", "b0"}, {"classes", 1000}, {"width", 1.0}, {"in_channels", 3}});
  return efficientnet(a.at("scale"), a.at("classes"), a.at("width"), a.at("in_channels"));
}

Graph build_convnext(const nlohmann::json& given) {
  const auto a =
      complete("convnext", given, {{"scale", "tiny"}, {"classes", 1000}, {"width", 1.0}, {"in_channels", 3}});
  return convnext(a.at("scale"), a.at("classes"), a.at("width"), a.at("in_channels"));
}

Graph build_lilnet(const nlohmann::json& given) {
  const auto a = complete("lilnet", given, {{"depth", 50}, {"classes", 2}, {"width", 1.0}});
  return lilnet(a.at("depth"), a.at("classes"), a.at("width"));
}

Graph build_yolov8(const nlohmann::json& given) {
  const auto a = complete("yolov8", given, {{"scale", "n"}, {"classes", 1}, {"in_channels", 3}});
  return yolov8(a.at("scale"), a.at("classes"), a.at("in_channels"));
}

Graph build_dynunet(const nlohmann::json& given) {
  DynUNetOptions o;
  const auto a = complete("dynunet",
                          given,
                          {{"dims", o.dims},
                           {"in_channels", o.in_channels},
                           {"out_channels", o.out_channels},
                           {"filters", o.filters},
                           {"kernels", nlohmann::json::array()},
                           {"strides", nlohmann::json::array()},
                           {"deep_supervision", o.deep_supervision},
                           {"norm", o.norm},
                           {"upsample_logits", o.upsample_logits}});
  o.dims = a.at("dims");
  o.in_channels = a.at("in_channels");
  o.out_channels = a.at("out_channels");
  o.filters = a.at("filters").get<std::vector<int>>();
  o.kernels = a.at("kernels").get<std::vector<std::vector<int>>>();
  o.strides = a.at("strides").get<std::vector<std::vector<int>>>();
  o.deep_supervision = a.at("deep_supervision");
  o.norm = a.at("norm");
  o.upsample_logits = a.at("upsample_logits");
  return dynunet(o);
}

Graph build_residual_unet(const nlohmann::json& given) {
  ResidualUNetOptions o;
  const auto a = complete("residual_unet",
                          given,
                          {{"in_channels", o.in_channels},
                           {"out_channels", o.out_channels},
                           {"base_width", o.base_width},
                           {"encoder_blocks", o.encoder_blocks},
                           {"decoder_blocks", o.decoder_blocks}});
  o.in_channels = a.at("in_channels");
  o.out_channels = a.at("out_channels");
  o.base_width = a.at("base_width");
  o.encoder_blocks = a.at("encoder_blocks").get<std::vector<int>>();
  o.decoder_blocks = a.at("decoder_blocks").get<std::vector<int>>();
  return residual_unet(o);
}

const std::map<std::string, Builder>& builders() {
  static const std::map<std::string, Builder> all{{"resnet", build_resnet},
                                                  {"densenet", build_densenet},
                                                  {"efficientnet", build_efficientnet},
                                                  {"convnext", build_convnext},
                                                  {"lilnet", build_lilnet},
                                                  {"yolov8", build_yolov8},
                                                  {"dynunet", build_dynunet},
                                                  {"residual_unet", build_residual_unet}};
  return all;
}

}  // namespace

double attribute(const Node& node, const std::string& name, double fallback) {
  const auto found = node.attributes.find(name);
  return found == node.attributes.end() || found->second.empty() ? fallback : found->second.front();
}

std::vector<int64_t> integers(const Node& node, const std::string& name) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<ParameterInfo> parameters_of(const Graph& graph) {
  std::vector<ParameterInfo> all;
  for (const Node& node : graph.nodes) add_parameters(all, node);
  return all;
}

int64_t parameter_count(const Graph& graph) {
  int64_t count = 0;
  for (const ParameterInfo& info : parameters_of(graph)) {
    if (info.statistic) continue;
    count += std::accumulate(info.shape.begin(), info.shape.end(), int64_t(1), std::multiplies<>());
  }
  return count;
}

Graph build_graph(const std::string& family, const nlohmann::json& arguments) {
  const auto found = builders().find(family);
  if (found == builders().end()) {
    std::string known;
    for (const auto& [name, builder] : builders()) known += (known.empty() ? "" : ", ") + name;
    throw Error(ErrorCode::bad_recipe, "No network family '" + family + "'; the families are " + known + ".");
  }
  try {
    return found->second(arguments);
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorCode::bad_recipe, "An argument of network '" + family + "' has the wrong type: " + e.what());
  }
}

}  // namespace hepatica::nn
