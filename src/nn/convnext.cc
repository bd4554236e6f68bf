// torchvision's ConvNeXt-Tiny (Liu et al., A ConvNet for the 2020s, CVPR 2022, section 2 and table 9: widths 96, 192,
// 384, 768, blocks 3, 3, 9, 3).
#include <fmt/format.h>

#include "base/error.h"
#include "nn/classifiers.h"
#include "nn/graph_builder.h"

namespace hepatica::nn {

namespace {

constexpr int kWidths[] = {96, 192, 384, 768}, kBlocks[] = {3, 3, 9, 3};
constexpr int kExpansion = 4;

std::string layer_norm(GraphBuilder& b, const std::string& name, const std::string& input, int channels) {
  return b.with("layer_norm", name, {input}, {{"channels", {double(channels)}}, {"eps", {1e-6}}});
}

/// A convolution whose kernel equals its stride: patches side by side.
std::string patches(GraphBuilder& b, const std::string& name, const std::string& input, int in, int out, int side) {
  const double s = side;
  return b.with("conv",
                name,
                {input},
                {{"kernel", {s, s}},
                 {"stride", {s, s}},
                 {"padding", {0, 0}},
                 {"in", {double(in)}},
                 {"out", {double(out)}},
                 {"groups", {1}},
                 {"bias", {1}}});
}

/// Depthwise 7x7, norm, two linear layers at each position with GELU between, scaled a channel, added to the input.
std::string add_block(GraphBuilder& b, const std::string& name, const std::string& input, int channels) {
  const std::string p = name + ".block.";
  std::string x = b.depthwise(p + "0", input, channels, 7, 1, true);
  x = layer_norm(b, p + "2", x, channels);
  x = b.simple("gelu", p + "4", {b.linear(p + "3", x, channels, kExpansion * channels)});
  x = b.linear(p + "5", x, kExpansion * channels, channels);
  x = b.with("layer_scale", name, {x}, {{"channels", {double(channels)}}});
  return b.simple("add", name + ".add", {x, input});
}

}  // namespace

Graph convnext(const std::string& scale, int classes, double width, int in_channels) {
  if (scale != "tiny")
    throw Error(ErrorCode::bad_recipe, fmt::format("ConvNeXt has no scale '{}'; the scale is tiny.", scale));
  check_classifier("ConvNeXt", classes, width, in_channels);
  GraphBuilder b("convnext", {{"scale", scale}, {"classes", classes}, {"width", width}, {"in_channels", in_channels}});
  int channels = scaled_channels(kWidths[0], width);
  std::string x = patches(b, "features.0.0", "input", in_channels, channels, 4);
  x = layer_norm(b, "features.0.1", x, channels);
  for (int stage = 0; stage < 4; ++stage) {
    if (stage > 0) {
      const int out = scaled_channels(kWidths[stage], width);
      const std::string down = fmt::format("features.{}.", 2 * stage);
      x = patches(b, down + "1", layer_norm(b, down + "0", x, channels), channels, out, 2);
      channels = out;
    }
    for (int block = 0; block < kBlocks[stage]; ++block)
      x = add_block(b, fmt::format("features.{}.{}", 2 * stage + 1, block), x, channels);
  }
  b.output("features4", x);
  x = layer_norm(b, "classifier.0", b.simple("global_avg_pool", "avgpool", {x}), channels);
  b.output("logits", b.linear("classifier.2", x, channels, classes));
  return b.take();
}

}  // namespace hepatica::nn
