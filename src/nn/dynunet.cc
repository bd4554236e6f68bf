// MONAI's DynUNet without residual blocks (Isensee et al., nnU-Net, Nat Methods 2021; MONAI documentation).
#include "base/error.h"
#include "nn/graph_builder.h"

namespace hepatica::nn {

namespace {

class DynUNetBuilder {
 public:
  DynUNetBuilder(GraphBuilder& builder, const std::string& norm) : b_(builder), batch_(norm == "batch") {}

  /// Two convolutions, each with instance norm and leaky ReLU; the first one strides.
  std::string block(const std::string& name,
                    const std::string& input,
                    int in,
                    int out,
                    const std::vector<int>& kernel,
                    const std::vector<int>& stride) {
    const std::vector<int> ones(stride.size(), 1);
    auto x = b_.conv(name + ".conv1.conv", input, in, out, kernel, stride, false);
    x = activation(name + ".lrelu1", norm(name + ".norm1", x, out));
    x = b_.conv(name + ".conv2.conv", x, out, out, kernel, ones, false);
    return activation(name + ".lrelu2", norm(name + ".norm2", x, out));
  }

 private:
  std::string activation(const std::string& name, const std::string& input) {
    return b_.with("leaky_relu", name, {input}, {{"slope", {.01}}});
  }

  std::string norm(const std::string& name, const std::string& input, int channels) {
    return batch_ ? b_.batch_norm(name, input, channels) : b_.instance_norm(name, input, channels);
  }

  GraphBuilder& b_;
  bool batch_;
};

void fill_defaults(DynUNetOptions& o) {
  const size_t levels = o.filters.size();
  if (o.kernels.empty()) o.kernels.assign(levels, std::vector<int>(size_t(o.dims), 3));
  if (o.strides.empty()) {
    o.strides.assign(levels, std::vector<int>(size_t(o.dims), 2));
    if (levels) o.strides[0].assign(size_t(o.dims), 1);
  }
}

void require(bool condition, const std::string& text) {
  if (!condition) throw Error(ErrorCode::bad_recipe, "DynUNet: " + text);
}

void check(const DynUNetOptions& o) {
  require(o.dims == 2 || o.dims == 3, "dims must be 2 or 3.");
  require(o.filters.size() >= 3, "at least three levels (entries of filters) are needed.");
  require(o.kernels.size() == o.filters.size() && o.strides.size() == o.filters.size(),
          "filters, kernels and strides must have one entry a level.");
  require(o.norm == "instance" || o.norm == "batch", "norm must be instance or batch.");
  require(o.in_channels > 0 && o.out_channels > 0, "in_channels and out_channels must be positive.");
  for (size_t i = 0; i < o.filters.size(); ++i) {
    require(o.filters[i] > 0, "filters must be positive.");
    require(o.kernels[i].size() == size_t(o.dims) && o.strides[i].size() == size_t(o.dims),
            "each kernel and each stride must have one value an axis.");
    for (int k : o.kernels[i]) require(k > 0 && k % 2 == 1, "kernels must be odd.");
    for (int s : o.strides[i]) require(s == 1 || s == 2, "strides must be 1 or 2.");
  }
  require(o.deep_supervision >= 0 && size_t(o.deep_supervision) + 2 <= o.filters.size(),
          "there can be at most two heads for deep supervision fewer than levels.");
}

}  // namespace

Graph dynunet(const DynUNetOptions& given) {
  DynUNetOptions o = given;
  fill_defaults(o);
  check(o);
  GraphBuilder b("dynunet",
                 {{"dims", o.dims},
                  {"in_channels", o.in_channels},
                  {"out_channels", o.out_channels},
                  {"filters", o.filters},
                  {"kernels", o.kernels},
                  {"strides", o.strides},
                  {"deep_supervision", o.deep_supervision},
                  {"norm", o.norm},
                  {"upsample_logits", o.upsample_logits}},
                 o.dims);
  DynUNetBuilder d(b, o.norm);
  const size_t last = o.filters.size() - 1;
  std::vector<std::string> skips{
      d.block("input_block", "input", o.in_channels, o.filters[0], o.kernels[0], o.strides[0])};
  for (size_t i = 1; i <= last; ++i) {
    const std::string name = i == last ? "bottleneck" : "downsamples." + std::to_string(i - 1);
    skips.push_back(d.block(name, skips.back(), o.filters[i - 1], o.filters[i], o.kernels[i], o.strides[i]));
  }
  const std::vector<int> ones(size_t(o.dims), 1);
  std::string x = skips[last];
  for (size_t i = last; i-- > 0;) {
    const std::string name = "upsamples." + std::to_string(last - 1 - i);
    const auto up = b.conv_transpose(name + ".transp_conv.conv", x, o.filters[i + 1], o.filters[i], o.strides[i + 1]);
    const auto joined = b.concat(name + ".concat", {up, skips[i]});
    x = d.block(name + ".conv_block", joined, 2 * o.filters[i], o.filters[i], o.kernels[i + 1], ones);
    if (i >= 1 && int(i) <= o.deep_supervision) {
      const std::string head = "deep_supervision_heads." + std::to_string(i - 1) + ".conv.conv";
      b.output("deep" + std::to_string(i), b.conv(head, x, o.filters[i], o.out_channels, 1, 1, true));
    }
  }
  x = b.conv("output_block.conv.conv", x, o.filters[0], o.out_channels, 1, 1, true);
  if (o.upsample_logits) {
    x = b.with(
        "upsample", "upsampled_logits", {x}, {{"scale", {o.strides[0].begin(), o.strides[0].end()}}, {"mode", {1}}});
  }
  b.output("logits", x);
  return b.take();
}

}  // namespace hepatica::nn
