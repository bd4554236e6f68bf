// The residual U-Net of 3DUnetCNN, from the facts of its published keys and layer table.
#include "base/error.h"
#include "nn/graph_builder.h"

namespace hepatica::nn {

namespace {

constexpr int kNormGroups = 8, kLargestLevels = 8, kMostBlocks = 64, kLargestWidth = 1024;

class ResidualBuilder {
 public:
  explicit ResidualBuilder(GraphBuilder& builder) : b_(builder) {}

  /// `blocks` residual blocks; the first one changes the channels.
  std::string layer(const std::string& name, std::string x, int blocks, int in, int out) {
    for (int i = 0; i < blocks; ++i) {
      const std::string block = name + ".blocks." + std::to_string(i);
      const std::string input = x;
      x = pre_activated(block + ".conv1", x, in, out);
      x = pre_activated(block + ".conv2", x, out, out);
      const std::string shortcut = in == out ? input : b_.conv(block + ".sample", input, in, out, 1, 1);
      x = b_.simple("add", block + ".add", {x, shortcut});
      in = out;
    }
    return x;
  }

 private:
  std::string pre_activated(const std::string& name, const std::string& input, int in, int out) {
    // Eight groups, or one a channel where the channels do not divide.
    const int groups = in % kNormGroups == 0 ? kNormGroups : in;
    auto x = b_.with("group_norm",
                     name + ".norm1",
                     {input},
                     {{"groups", {double(groups)}}, {"channels", {double(in)}}, {"eps", {1e-5}}});
    x = b_.simple("relu", name + ".relu", {x});
    return b_.conv(name + ".conv", x, in, out, 3, 1);
  }

  GraphBuilder& b_;
};

void require(bool condition, const std::string& text) {
  if (!condition) throw Error(ErrorCode::bad_recipe, "The residual U-Net: " + text);
}

void check(const ResidualUNetOptions& o) {
  const size_t levels = o.encoder_blocks.size();
  require(levels >= 2 && levels <= kLargestLevels, "encoder_blocks must have two to eight entries.");
  require(o.decoder_blocks.size() == levels, "decoder_blocks must have as many entries as encoder_blocks.");
  require(o.in_channels > 0 && o.out_channels > 0, "in_channels and out_channels must be positive.");
  require(o.base_width > 0 && o.base_width <= kLargestWidth, "base_width must lie in 1..1024.");
  for (const auto& blocks : {o.encoder_blocks, o.decoder_blocks})
    for (int n : blocks) require(n > 0 && n <= kMostBlocks, "each level must have 1 to 64 blocks.");
}

}  // namespace

Graph residual_unet(const ResidualUNetOptions& o) {
  check(o);
  GraphBuilder b("residual_unet",
                 {{"in_channels", o.in_channels},
                  {"out_channels", o.out_channels},
                  {"base_width", o.base_width},
                  {"encoder_blocks", o.encoder_blocks},
                  {"decoder_blocks", o.decoder_blocks}},
                 3);
  ResidualBuilder r(b);
  const size_t levels = o.encoder_blocks.size();
  std::vector<std::string> skips;
  std::string x = "input";
  int channels = o.in_channels;
  for (size_t i = 0; i < levels; ++i) {
    const std::string number = std::to_string(i);
    const int width = o.base_width << i;
    x = r.layer("encoder.layers." + number, x, o.encoder_blocks[i], channels, width);
    channels = width;
    if (i + 1 == levels) break;
    skips.push_back(x);
    x = b.conv("encoder.downsampling_convolutions." + number, x, width, width, 3, 2);
  }
  for (size_t i = 0; i < levels; ++i) {
    const std::string number = std::to_string(i), name = "decoder.layers." + number;
    if (i + 1 == levels) {
      x = r.layer(name, x, o.decoder_blocks[i], channels, o.base_width);
      break;
    }
    const int out = o.base_width << (levels - 2 - i);
    x = r.layer(name, x, o.decoder_blocks[i], channels, channels);
    x = b.conv("decoder.pre_upsampling_blocks." + number, x, channels, out, 1, 1);
    x = b.with("upsample", "decoder.up." + number, {x}, {{"scale", {2, 2, 2}}, {"mode", {1}}});
    x = b.concat("decoder.concat." + number, {x, skips.back()});
    skips.pop_back();
    channels = 2 * out;
  }
  b.output("logits", b.conv("final_convolution", x, o.base_width, o.out_channels, 1, 1));
  return b.take();
}

}  // namespace hepatica::nn
