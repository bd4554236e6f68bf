// YOLOv8 (Jocher et al., 2023), written from the published layer table; keys as in its released weights.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/graph_builder.h"

namespace hepatica::nn {

namespace {

constexpr int kRegMax = 16;

struct Scale {
  double depth, width;
  int max_channels;
};

Scale scale_of(const std::string& name) {
  static const std::map<std::string, Scale> scales{{"n", {.33, .25, 1024}},
                                                   {"s", {.33, .50, 1024}},
                                                   {"m", {.67, .75, 768}},
                                                   {"l", {1, 1, 512}},
                                                   {"x", {1, 1.25, 512}}};
  const auto found = scales.find(name);
  if (found == scales.end())
    throw Error(ErrorCode::bad_recipe, "YOLOv8 has no scale '" + name + "'; the scales are n, s, m, l and x.");
  return found->second;
}

class YoloBuilder {
 public:
  YoloBuilder(GraphBuilder& builder, Scale scale) : b_(builder), scale_(scale) {}

  int channels(int c) const { return int(std::ceil(std::min(c, scale_.max_channels) * scale_.width / 8)) * 8; }
  int repeats(int n) const { return std::max(int(std::nearbyint(n * scale_.depth)), 1); }

  /// Convolution, batch norm (eps 1e-3, momentum .03), SiLU.
  std::string conv(const std::string& name, const std::string& input, int in, int out, int kernel, int stride) {
    const auto x = b_.conv(name + ".conv", input, in, out, kernel, stride);
    return b_.simple("silu", name + ".act", {b_.batch_norm(name + ".bn", x, out, 1e-3, .03)});
  }

  /// Two halves of a 1x1 convolution; bottlenecks chained on the second; all parts concatenated.
  std::string c2f(const std::string& name, const std::string& input, int in, int out, int n, bool shortcut) {
    const int half = out / 2;
    const auto both = conv(name + ".cv1", input, in, 2 * half, 1, 1);
    std::vector<std::string> parts;
    for (int i = 0; i < 2; ++i) {
      parts.push_back(b_.with("split",
                              name + ".part" + std::to_string(i),
                              {both},
                              {{"axis", {1}}, {"start", {double(i * half)}}, {"length", {double(half)}}}));
    }
    for (int i = 0; i < n; ++i) {
      const std::string m = name + ".m." + std::to_string(i);
      auto x = conv(m + ".cv1", parts.back(), half, half, 3, 1);
      x = conv(m + ".cv2", x, half, half, 3, 1);
      parts.push_back(shortcut ? b_.simple("add", m + ".add", {parts.back(), x}) : x);
    }
    return conv(name + ".cv2", b_.concat(name + ".concat", parts), (2 + n) * half, out, 1, 1);
  }

  std::string sppf(const std::string& name, const std::string& input, int channels_io) {
    const int half = channels_io / 2;
    std::vector<std::string> parts{conv(name + ".cv1", input, channels_io, half, 1, 1)};
    for (int i = 0; i < 3; ++i) parts.push_back(b_.max_pool(name + ".pool" + std::to_string(i), parts.back(), 5, 1, 2));
    return conv(name + ".cv2", b_.concat(name + ".concat", parts), 4 * half, channels_io, 1, 1);
  }

  std::string up(const std::string& name, const std::string& input) {
    return b_.with("upsample", name, {input}, {{"scale", {2, 2}}, {"mode", {0}}});
  }

  /// Raw output of one level: 4 x 16 box bins, then one logit a class.
  std::string head(int level, const std::string& input, int in, int box_width, int class_width, int classes) {
    const std::string l = std::to_string(level);
    const auto branch = [&](const std::string& name, int middle, int out) {
      auto x = conv(name + "." + l + ".0", input, in, middle, 3, 1);
      x = conv(name + "." + l + ".1", x, middle, middle, 3, 1);
      return b_.conv(name + "." + l + ".2", x, middle, out, 1, 1, true);
    };
    const auto boxes = branch("model.22.cv2", box_width, 4 * kRegMax);
    return b_.concat("model.22.raw" + l, {boxes, branch("model.22.cv3", class_width, classes)});
  }

 private:
  GraphBuilder& b_;
  Scale scale_;
};

struct Levels {
  std::string p3, p4, p5;
};

Levels backbone(YoloBuilder& y, int in_channels) {
  const int c1 = y.channels(64), c2 = y.channels(128), c3 = y.channels(256), c4 = y.channels(512),
            c5 = y.channels(1024);
  auto x = y.conv("model.0", "input", in_channels, c1, 3, 2);
  x = y.conv("model.1", x, c1, c2, 3, 2);
  x = y.c2f("model.2", x, c2, c2, y.repeats(3), true);
  x = y.conv("model.3", x, c2, c3, 3, 2);
  const auto p3 = y.c2f("model.4", x, c3, c3, y.repeats(6), true);
  x = y.conv("model.5", p3, c3, c4, 3, 2);
  const auto p4 = y.c2f("model.6", x, c4, c4, y.repeats(6), true);
  x = y.conv("model.7", p4, c4, c5, 3, 2);
  x = y.c2f("model.8", x, c5, c5, y.repeats(3), true);
  return {p3, p4, y.sppf("model.9", x, c5)};
}

Levels neck(YoloBuilder& y, GraphBuilder& b, const Levels& in) {
  const int c3 = y.channels(256), c4 = y.channels(512), c5 = y.channels(1024), n = y.repeats(3);
  auto x = b.concat("model.11", {y.up("model.10", in.p5), in.p4});
  const auto top = y.c2f("model.12", x, c5 + c4, c4, n, false);
  x = b.concat("model.14", {y.up("model.13", top), in.p3});
  const auto p3 = y.c2f("model.15", x, c4 + c3, c3, n, false);
  x = b.concat("model.17", {y.conv("model.16", p3, c3, c3, 3, 2), top});
  const auto p4 = y.c2f("model.18", x, c3 + c4, c4, n, false);
  x = b.concat("model.20", {y.conv("model.19", p4, c4, c4, 3, 2), in.p5});
  return {p3, p4, y.c2f("model.21", x, c4 + c5, c5, n, false)};
}

}  // namespace

Graph yolov8(const std::string& scale, int classes, int in_channels) {
  if (classes < 1) throw Error(ErrorCode::bad_recipe, "YOLOv8 needs at least one class.");
  if (in_channels < 1) throw Error(ErrorCode::bad_recipe, "YOLOv8 needs at least one input channel.");
  GraphBuilder b("yolov8", {{"scale", scale}, {"classes", classes}, {"in_channels", in_channels}});
  YoloBuilder y(b, scale_of(scale));
  const Levels levels = neck(y, b, backbone(y, in_channels));
  const int c3 = y.channels(256);
  const int box_width = std::max({16, c3 / 4, 4 * kRegMax}), class_width = std::max(c3, std::min(classes, 100));
  b.output("p3", y.head(0, levels.p3, c3, box_width, class_width, classes));
  b.output("p4", y.head(1, levels.p4, y.channels(512), box_width, class_width, classes));
  b.output("p5", y.head(2, levels.p5, y.channels(1024), box_width, class_width, classes));
  // Fixed weights 0..15 that released files hold. The raw outputs do not pass through it; decoding does the same sum.
  b.with("dfl", "model.22.dfl", {"model.22.cv2.0.2"}, {{"reg_max", {double(kRegMax)}}});
  return b.take();
}

}  // namespace hepatica::nn
