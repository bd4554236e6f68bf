// torchvision's ResNet v1.5 (He et al., CVPR 2016; the stride lies on the 3x3 convolution of a bottleneck).
#include "base/error.h"
#include "nn/graph_builder.h"

namespace hepatica::nn {

namespace {

struct Layout {
  bool bottleneck;
  std::vector<int> blocks;
};

Layout layout_of(int depth) {
  switch (depth) {
    case 18:
      return {false, {2, 2, 2, 2}};
    case 34:
      return {false, {3, 4, 6, 3}};
    case 50:
      return {true, {3, 4, 6, 3}};
    case 101:
      return {true, {3, 4, 23, 3}};
    default:
      throw Error(ErrorCode::bad_recipe,
                  "ResNet has no depth " + std::to_string(depth) + "; the depths are 18, 34, 50 and 101.");
  }
}

/// One convolution and its batch norm; `index` numbers them within a block.
std::string conv_bn(GraphBuilder& b,
                    const std::string& block,
                    int index,
                    const std::string& input,
                    int in,
                    int out,
                    int kernel,
                    int stride) {
  const std::string number = std::to_string(index);
  const auto conv = b.conv(block + "conv" + number, input, in, out, kernel, stride);
  return b.batch_norm(block + "bn" + number, conv, out);
}

std::string add_block(GraphBuilder& b,
                      const std::string& name,
                      const std::string& input,
                      int in,
                      int planes,
                      int out,
                      int stride,
                      bool bottleneck) {
  const std::string p = name + ".";
  std::string x = conv_bn(b, p, 1, input, in, planes, bottleneck ? 1 : 3, bottleneck ? 1 : stride);
  x = b.simple("relu", p + "relu1", {x});
  x = conv_bn(b, p, 2, x, planes, planes, 3, bottleneck ? stride : 1);
  if (bottleneck) {
    x = b.simple("relu", p + "relu2", {x});
    x = conv_bn(b, p, 3, x, planes, out, 1, 1);
  }
  std::string shortcut = input;
  if (stride != 1 || in != out) {
    shortcut = b.conv(p + "downsample.0", input, in, out, 1, stride);
    shortcut = b.batch_norm(p + "downsample.1", shortcut, out);
  }
  return b.simple("relu", p + "relu", {b.simple("add", p + "add", {x, shortcut})});
}

}  // namespace

ResnetTrunk add_resnet_trunk(GraphBuilder& b, int depth, double width, int in_channels) {
  const Layout layout = layout_of(depth);
  if (!(width > 0 && width <= 4)) throw Error(ErrorCode::bad_recipe, "ResNet's width must lie in (0, 4].");
  if (in_channels < 1) throw Error(ErrorCode::bad_recipe, "ResNet needs at least one input channel.");
  int channels = scaled_channels(64, width);
  std::string x = b.conv("conv1", "input", in_channels, channels, 7, 2);
  x = b.simple("relu", "relu", {b.batch_norm("bn1", x, channels)});
  x = b.max_pool("maxpool", x, 3, 2, 1);
  ResnetTrunk trunk;
  for (int stage = 0; stage < 4; ++stage) {
    const int planes = scaled_channels(64 << stage, width);
    const int out = layout.bottleneck ? 4 * planes : planes;
    for (int i = 0; i < layout.blocks[size_t(stage)]; ++i) {
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(i);
      x = add_block(b, name, x, channels, planes, out, i == 0 && stage > 0 ? 2 : 1, layout.bottleneck);
      channels = out;
    }
    if (stage == 2) trunk.layer3 = x, trunk.channels3 = channels;
  }
  trunk.layer4 = x;
  trunk.channels4 = channels;
  return trunk;
}

Graph resnet(int depth, int classes, double width, int in_channels) {
  if (classes < 1) throw Error(ErrorCode::bad_recipe, "ResNet needs at least one class.");
  GraphBuilder b("resnet", {{"depth", depth}, {"classes", classes}, {"width", width}, {"in_channels", in_channels}});
  const ResnetTrunk trunk = add_resnet_trunk(b, depth, width, in_channels);
  const auto pooled = b.simple("global_avg_pool", "avgpool", {trunk.layer4});
  b.output("logits", b.linear("fc", pooled, trunk.channels4, classes));
  b.output("features4", trunk.layer4);
  return b.take();
}

}  // namespace hepatica::nn
