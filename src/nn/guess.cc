#include "nn/guess.h"

#include <algorithm>
#include <optional>

namespace hepatica::nn {

namespace {

using nlohmann::json;
using Shape = std::vector<int64_t>;

// No published network has more; larger ones are nonsense.
constexpr int64_t kLargestSide = 1 << 16;
constexpr int kMostLevels = 16;

/// The shapes of a file by their plain keys.
class Keys {
 public:
  explicit Keys(const TensorShapes& shapes) {
    for (const auto& [key, shape] : shapes) shapes_[without_module_prefix(key)] = shape;
  }

  bool has(const std::string& key) const { return shapes_.count(key) > 0; }

  /// nullptr where the tensor is not there, or has not `axes` axes of usable length.
  const Shape* shape(const std::string& key, size_t axes) const {
    const auto found = shapes_.find(key);
    if (found == shapes_.end() || found->second.size() != axes) return nullptr;
    const auto usable = [](int64_t n) { return n > 0 && n <= kLargestSide; };
    return std::all_of(found->second.begin(), found->second.end(), usable) ? &found->second : nullptr;
  }

  /// How many of `before`0`after`, `before`1`after`, ... are there.
  int count(const std::string& before, const std::string& after) const {
    int n = 0;
    while (n < 1000 && has(before + std::to_string(n) + after)) ++n;
    return n;
  }

 private:
  TensorShapes shapes_;
};

json named(const std::string& family, json arguments) { return {{"family", family}, {"arguments", arguments}}; }

std::optional<int> resnet_depth(const Keys& keys) {
  std::vector<int> blocks;
  for (int stage = 1; stage <= 4; ++stage)
    blocks.push_back(keys.count("layer" + std::to_string(stage) + ".", ".conv1.weight"));
  const bool bottleneck = keys.has("layer1.0.conv3.weight");
  if (blocks == std::vector<int>{2, 2, 2, 2} && !bottleneck) return 18;
  if (blocks == std::vector<int>{3, 4, 6, 3}) return bottleneck ? 50 : 34;
  if (blocks == std::vector<int>{3, 4, 23, 3} && bottleneck) return 101;
  return std::nullopt;
}

json guess_resnet(const Keys& keys) {
  const Shape *first = keys.shape("conv1.weight", 4), *last = keys.shape("fc.weight", 2);
  const auto depth = resnet_depth(keys);
  if (!first || !last || !depth) return nullptr;
  json arguments{{"depth", *depth}, {"width", double((*first)[0]) / 64}};
  if (keys.has("fc3.weight") || keys.has("fc_SD.weight")) {
    arguments["classes"] = (*last)[0] / 5;
    return named("lilnet", arguments);
  }
  arguments["classes"] = (*last)[0];
  arguments["in_channels"] = (*first)[1];
  return named("resnet", arguments);
}

/// Width of the first convolution against the published one, with the classes of the last layer.
json classifier(const Keys& keys,
                const std::string& family,
                const std::string& first_key,
                int64_t published,
                const std::string& last_key,
                json arguments) {
  const Shape *first = keys.shape(first_key, 4), *last = keys.shape(last_key, 2);
  if (!first || !last) return nullptr;
  arguments["width"] = double((*first)[0]) / double(published);
  arguments["in_channels"] = (*first)[1];
  arguments["classes"] = (*last)[0];
  return named(family, arguments);
}

json guess_torchvision(const Keys& keys) {
  if (keys.has("features.denseblock4.denselayer16.conv2.weight") &&
      !keys.has("features.denseblock4.denselayer17.conv2.weight"))
    return classifier(keys, "densenet", "features.conv0.weight", 64, "classifier.weight", {{"depth", 121}});
  if (keys.has("features.8.0.weight") && keys.has("features.1.0.block.1.fc1.weight"))
    return classifier(keys, "efficientnet", "features.0.0.weight", 32, "classifier.1.weight", {{"scale", "b0"}});
  if (keys.has("features.5.8.layer_scale") && !keys.has("features.5.9.layer_scale"))
    return classifier(keys, "convnext", "features.0.0.weight", 96, "classifier.2.weight", {{"scale", "tiny"}});
  return nullptr;
}

json guess_yolov8(const Keys& keys) {
  const Shape *first = keys.shape("model.0.conv.weight", 4), *last = keys.shape("model.22.cv3.0.2.weight", 4);
  if (!first || !last) return nullptr;
  static const std::map<int64_t, std::string> scales{{16, "n"}, {32, "s"}, {48, "m"}, {64, "l"}, {80, "x"}};
  const auto scale = scales.find((*first)[0]);
  if (scale == scales.end()) return nullptr;
  return named("yolov8", {{"scale", scale->second}, {"classes", (*last)[0]}, {"in_channels", (*first)[1]}});
}

Shape kernel_of(const Shape& weight) { return {weight.begin() + 2, weight.end()}; }

/// Channels, kernels and strides of DynUNet's levels; nullptr where a tensor of one is missing.
json dynunet_levels(const Keys& keys, size_t axes) {
  const int downs = keys.count("downsamples.", ".conv1.conv.weight");
  if (downs < 1 || downs > kMostLevels) return nullptr;
  json filters = json::array(), kernels = json::array(), strides = json::array();
  for (int level = 0; level <= downs + 1; ++level) {
    const std::string block = level == 0           ? "input_block"
                              : level == downs + 1 ? "bottleneck"
                                                   : "downsamples." + std::to_string(level - 1);
    const Shape* weight = keys.shape(block + ".conv1.conv.weight", axes);
    const Shape* up = keys.shape("upsamples." + std::to_string(downs + 1 - level) + ".transp_conv.conv.weight", axes);
    if (!weight || (level > 0 && !up)) return nullptr;
    filters.push_back((*weight)[0]);
    kernels.push_back(kernel_of(*weight));
    strides.push_back(level == 0 ? Shape(axes - 2, 1) : kernel_of(*up));
  }
  return {{"filters", filters}, {"kernels", kernels}, {"strides", strides}};
}

json guess_dynunet(const Keys& keys) {
  for (const size_t axes : {size_t(4), size_t(5)}) {
    const Shape *first = keys.shape("input_block.conv1.conv.weight", axes),
                *last = keys.shape("output_block.conv.conv.weight", axes);
    if (!first || !last) continue;
    json arguments = dynunet_levels(keys, axes);
    if (arguments.is_null()) return nullptr;
    arguments["dims"] = axes - 2;
    arguments["in_channels"] = (*first)[1];
    arguments["out_channels"] = (*last)[0];
    arguments["deep_supervision"] = keys.count("deep_supervision_heads.", ".conv.conv.weight");
    arguments["norm"] = keys.has("input_block.norm1.running_mean") ? "batch" : "instance";
    return named("dynunet", arguments);
  }
  return nullptr;
}

json guess_residual_unet(const Keys& keys) {
  const Shape *first = keys.shape("encoder.layers.0.blocks.0.conv1.conv.weight", 5),
              *last = keys.shape("final_convolution.weight", 5);
  if (!first || !last) return nullptr;
  const auto blocks = [&](const std::string& part) {
    std::vector<int> counts;
    for (int level = 0; level < kMostLevels; ++level) {
      const int n = keys.count(part + ".layers." + std::to_string(level) + ".blocks.", ".conv1.conv.weight");
      if (n == 0) break;
      counts.push_back(n);
    }
    return counts;
  };
  return named("residual_unet",
               {{"in_channels", (*first)[1]},
                {"out_channels", (*last)[0]},
                {"base_width", (*first)[0]},
                {"encoder_blocks", blocks("encoder")},
                {"decoder_blocks", blocks("decoder")}});
}

}  // namespace

json guess_network(const TensorShapes& shapes) {
  const Keys keys(shapes);
  for (const auto guess : {guess_yolov8, guess_dynunet, guess_residual_unet, guess_resnet, guess_torchvision}) {
    json network = guess(keys);
    if (!network.is_null()) return network;
  }
  return nullptr;
}

json guess_network(const TensorShapes& shapes, const json& hint) {
  json guess = guess_network(shapes);
  if (guess.is_null()) return hint;
  if (!hint.is_object() || hint.value("family", "") != guess["family"]) return guess;
  json arguments = hint.value("arguments", json::object());
  const json strides = arguments.value("strides", json::array());
  arguments.update(guess["arguments"]);
  if (strides.size() == arguments.value("strides", json::array()).size() && !strides.empty())
    arguments["strides"][0] = strides[0];
  guess["arguments"] = arguments;
  return guess;
}

}  // namespace hepatica::nn
