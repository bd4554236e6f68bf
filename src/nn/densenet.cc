// torchvision's DenseNet-121 (Huang, Liu, van der Maaten and Weinberger, Densely Connected Convolutional Networks, CVPR
// 2017, table 1: growth 32, blocks of 6, 12, 24 and 16 layers, bottleneck 4, transitions that halve the channels).
#include <fmt/format.h>

#include "base/error.h"
#include "nn/classifiers.h"
#include "nn/graph_builder.h"

namespace hepatica::nn {

namespace {

constexpr int kBlocks[] = {6, 12, 24, 16};
constexpr int kGrowth = 32, kFirstChannels = 64, kBottleneck = 4;

/// Batch norm, ReLU and convolution, twice; what comes out stands beside what came in.
std::string add_layer(GraphBuilder& b, const std::string& name, const std::string& input, int in, int growth) {
  std::string x = b.simple("relu", name + ".relu1", {b.batch_norm(name + ".norm1", input, in)});
  x = b.conv(name + ".conv1", x, in, kBottleneck * growth, 1, 1);
  x = b.simple("relu", name + ".relu2", {b.batch_norm(name + ".norm2", x, kBottleneck * growth)});
  x = b.conv(name + ".conv2", x, kBottleneck * growth, growth, 3, 1);
  return b.concat(name + ".concat", {input, x});
}

std::string add_transition(GraphBuilder& b, const std::string& name, const std::string& input, int in) {
  std::string x = b.simple("relu", name + ".relu", {b.batch_norm(name + ".norm", input, in)});
  x = b.conv(name + ".conv", x, in, in / 2, 1, 1);
  return b.with("avg_pool", name + ".pool", {x}, {{"kernel", {2, 2}}, {"stride", {2, 2}}});
}

}  // namespace

Graph densenet(int depth, int classes, double width, int in_channels) {
  if (depth != 121)
    throw Error(ErrorCode::bad_recipe, fmt::format("DenseNet has no depth {}; the depth is 121.", depth));
  check_classifier("DenseNet", classes, width, in_channels);
  GraphBuilder b("densenet", {{"depth", depth}, {"classes", classes}, {"width", width}, {"in_channels", in_channels}});
  const int growth = scaled_channels(kGrowth, width);
  int channels = scaled_channels(kFirstChannels, width);
  std::string x = b.conv("features.conv0", "input", in_channels, channels, 7, 2);
  x = b.simple("relu", "features.relu0", {b.batch_norm("features.norm0", x, channels)});
  x = b.max_pool("features.pool0", x, 3, 2, 1);
  for (int block = 0; block < 4; ++block) {
    for (int layer = 0; layer < kBlocks[block]; ++layer, channels += growth)
      x = add_layer(b, fmt::format("features.denseblock{}.denselayer{}", block + 1, layer + 1), x, channels, growth);
    if (block == 3) break;
    x = add_transition(b, fmt::format("features.transition{}", block + 1), x, channels);
    channels /= 2;
  }
  x = b.simple("relu", "relu", {b.batch_norm("features.norm5", x, channels)});
  b.output("features4", x);
  b.output("logits", b.linear("classifier", b.simple("global_avg_pool", "avgpool", {x}), channels, classes));
  return b.take();
}

}  // namespace hepatica::nn
