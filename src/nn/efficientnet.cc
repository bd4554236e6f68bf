// torchvision's EfficientNet-B0 (Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks,
// ICML 2019, table 1; the blocks are MobileNetV2's with squeeze and excitation, Hu et al., CVPR 2018).
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "nn/classifiers.h"
#include "nn/graph_builder.h"

namespace hepatica::nn {

namespace {

struct Stage {
  int expansion, kernel, stride, channels, blocks;
};
constexpr Stage kStages[] = {{1, 3, 1, 16, 1},
                             {6, 3, 2, 24, 2},
                             {6, 5, 2, 40, 2},
                             {6, 3, 2, 80, 3},
                             {6, 5, 1, 112, 3},
                             {6, 5, 2, 192, 4},
                             {6, 3, 1, 320, 1}};
constexpr int kFirstChannels = 32, kLastChannels = 1280, kSqueeze = 4;

/// `name`.0 a convolution, `name`.1 its batch norm.
std::string conv_bn(
    GraphBuilder& b, const std::string& name, const std::string& input, int in, int out, int kernel, int stride) {
  return b.batch_norm(name + ".1", b.conv(name + ".0", input, in, out, kernel, stride), out);
}

std::string depthwise_bn(
    GraphBuilder& b, const std::string& name, const std::string& input, int channels, int kernel, int stride) {
  return b.batch_norm(name + ".1", b.depthwise(name + ".0", input, channels, kernel, stride, false), channels);
}

std::string silu(GraphBuilder& b, const std::string& name, const std::string& input) {
  return b.simple("silu", name + ".silu", {input});
}

/// The input times a gate a channel, made of its mean.
std::string squeeze_excitation(
    GraphBuilder& b, const std::string& name, const std::string& input, int channels, int squeezed) {
  std::string gate = b.with("global_avg_pool", name + ".avgpool", {input}, {{"keep", {1}}});
  gate = silu(b, name, b.conv(name + ".fc1", gate, channels, squeezed, 1, 1, true));
  gate = b.simple("sigmoid", name + ".gate", {b.conv(name + ".fc2", gate, squeezed, channels, 1, 1, true)});
  return b.simple("multiply", name, {input, gate});
}

/// Mobile inverted bottleneck: wider by 1x1, depthwise, gated, narrower by 1x1.
std::string add_block(
    GraphBuilder& b, const std::string& name, const std::string& input, int in, int out, int stride, const Stage& s) {
  const int wide = in * s.expansion;
  int part = 0;
  const auto next = [&] { return fmt::format("{}.block.{}", name, part++); };
  std::string x = input;
  if (s.expansion > 1) {
    const std::string expand = next();
    x = silu(b, expand, conv_bn(b, expand, x, in, wide, 1, 1));
  }
  const std::string depth = next();
  x = silu(b, depth, depthwise_bn(b, depth, x, wide, s.kernel, stride));
  x = squeeze_excitation(b, next(), x, wide, std::max(1, in / kSqueeze));
  x = conv_bn(b, next(), x, wide, out, 1, 1);
  return stride == 1 && in == out ? b.simple("add", name + ".add", {x, input}) : x;
}

}  // namespace

Graph efficientnet(const std::string& scale, int classes, double width, int in_channels) {
  if (scale != "b0")
    throw Error(ErrorCode::bad_recipe, fmt::format("EfficientNet has no scale '{}'; the scale is b0.", scale));
  check_classifier("EfficientNet", classes, width, in_channels);
  GraphBuilder b("efficientnet",
                 {{"scale", scale}, {"classes", classes}, {"width", width}, {"in_channels", in_channels}});
  int channels = scaled_channels(kFirstChannels, width);
  std::string x = silu(b, "features.0", conv_bn(b, "features.0", "input", in_channels, channels, 3, 2));
  int index = 0;
  for (const Stage& stage : kStages) {
    ++index;
    const int out = scaled_channels(stage.channels, width);
    for (int block = 0; block < stage.blocks; ++block, channels = out)
      x = add_block(
          b, fmt::format("features.{}.{}", index, block), x, channels, out, block == 0 ? stage.stride : 1, stage);
  }
  const int last = scaled_channels(kLastChannels, width);
  x = silu(b, "features.8", conv_bn(b, "features.8", x, channels, last, 1, 1));
  b.output("features4", x);
  b.output("logits", b.linear("classifier.1", b.simple("global_avg_pool", "avgpool", {x}), last, classes));
  return b.take();
}

}  // namespace hepatica::nn
