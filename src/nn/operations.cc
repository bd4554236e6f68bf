#include "nn/operations.h"

#include <algorithm>
#include <functional>
#include <map>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/worker_sum.h"

namespace hepatica::nn {

namespace {

using torch::Tensor;

struct Call {
  const Node& node;
  const std::vector<Tensor>& inputs;
  const TensorMap& state;
  bool training, reusable;

  const Tensor& x() const { return inputs.front(); }
  Tensor parameter(const char* name) const {
    const auto found = state.find(node.name + "." + name);
    return found == state.end() ? Tensor() : found->second;
  }
  double number(const char* name, double fallback = 0) const { return attribute(node, name, fallback); }
};

/// A convolution's input and weight in one type: autocast's where it is on (at::convolution is not on its list, and
/// would run in f32), else the weight's own.
std::pair<Tensor, Tensor> operands(const Tensor& x, const Tensor& weight) {
  const c10::DeviceType device = x.device().type();
  if (autocast_enabled(device)) {
    const c10::ScalarType type = autocast_type(device);
    return {at::autocast::cached_cast(type, x, device), at::autocast::cached_cast(type, weight, device)};
  }
  return {x.to(weight.scalar_type()), weight};
}

/// `bias` in the type of `x`; undefined stays undefined.
Tensor bias_like(const Tensor& bias, const Tensor& x) { return bias.defined() ? bias.to(x.scalar_type()) : bias; }

Tensor convolution(const Call& c, bool transposed) {
  const auto [x, weight] = operands(c.x(), c.parameter("weight"));
  const std::vector<int64_t> stride = integers(c.node, "stride"), padding = integers(c.node, "padding");
  std::vector<int64_t> output_padding = integers(c.node, "output_padding");
  output_padding.resize(stride.size(), 0);
  const std::vector<int64_t> dilation(stride.size(), 1);
  return at::convolution(x,
                         weight,
                         bias_like(c.parameter("bias"), x),
                         stride,
                         padding,
                         dilation,
                         transposed,
                         output_padding,
                         int64_t(c.number("groups", 1)));
}

/// A transposed convolution whose kernel equals its stride places blocks side by side: a 1x1 convolution to
/// kernel x out channels, then depth to space. LibTorch's own kernel is far slower, above all in bf16.
Tensor block_transpose(const Call& c) {
  const auto [x, weight] = operands(c.x(), c.parameter("weight"));
  const Tensor bias = bias_like(c.parameter("bias"), x);
  const std::vector<int64_t> kernel = integers(c.node, "kernel"), ones(kernel.size(), 1), zeros(kernel.size(), 0);
  const int64_t axes = int64_t(kernel.size()), in = weight.size(0), out = weight.size(1), cells = weight[0][0].numel();
  std::vector<int64_t> unit{cells * out, in};
  unit.resize(kernel.size() + 2, 1);
  const Tensor pointwise = weight.reshape({in, out, cells}).permute({2, 1, 0}).reshape(unit);
  const Tensor spread = bias.defined() ? bias.repeat({cells}) : bias;
  const Tensor y = at::convolution(x, pointwise, spread, ones, zeros, ones, false, zeros, 1);
  // [N, D.., k.., out], interleaved to [N, D, k, .., out]; the result is channels-last.
  std::vector<int64_t> split_size{y.size(0)}, joined_size{y.size(0)}, order{0};
  for (int64_t a = 0; a < axes; ++a) split_size.push_back(y.size(a + 2));
  split_size.insert(split_size.end(), kernel.begin(), kernel.end());
  split_size.push_back(out);
  for (int64_t a = 0; a < axes; ++a) {
    order.insert(order.end(), {1 + a, 1 + axes + a});
    joined_size.push_back(y.size(a + 2) * kernel[size_t(a)]);
  }
  order.push_back(1 + 2 * axes);
  joined_size.push_back(out);
  return y.movedim(1, -1).reshape(split_size).permute(order).reshape(joined_size).movedim(-1, 1);
}

Tensor conv_transpose(const Call& c) {
  const auto kernel = integers(c.node, "kernel"), padding = integers(c.node, "padding");
  const auto extra = integers(c.node, "output_padding");
  const auto zero = [](int64_t v) { return v == 0; };
  const bool blocks = kernel == integers(c.node, "stride") && std::all_of(padding.begin(), padding.end(), zero) &&
                      std::all_of(extra.begin(), extra.end(), zero);
  return blocks ? block_transpose(c) : convolution(c, true);
}

Tensor linear(const Call& c) {
  const Tensor weight = c.parameter("weight");
  if (c.x().dim() > 2) {  // at each position, in the type of the feature map
    const auto type = c.x().scalar_type();
    const Tensor y =
        torch::nn::functional::linear(c.x().movedim(1, -1), weight.to(type), bias_like(c.parameter("bias"), c.x()));
    return y.movedim(-1, 1);
  }
  return torch::nn::functional::linear(c.x().to(weight.scalar_type()), weight, c.parameter("bias"));
}

/// Batch norm in training whose mean and variance are those of all workers' samples. Sums are taken about the running
/// mean, which keeps the difference of squares exact.
Tensor shared_batch_norm(const Call& c) {
  const Tensor x = c.x().to(torch::kFloat);
  Tensor running_mean = c.parameter("running_mean"), running_var = c.parameter("running_var");
  std::vector<int64_t> others{0}, spread{1, -1};
  for (int64_t axis = 2; axis < x.dim(); ++axis) others.push_back(axis);
  spread.resize(size_t(x.dim()), 1);
  const int64_t channels = x.size(1);
  const Tensor shift = running_mean.clone();
  const Tensor moved = x - shift.view(spread);
  const Tensor count = torch::full({1}, double(x.numel()) / double(channels), x.options());
  const Tensor sums = worker_sum(torch::cat({moved.sum(others), moved.square().sum(others), count}));
  const Tensor n = sums.slice(0, 2 * channels).detach();
  const Tensor mean = sums.slice(0, 0, channels) / n;
  const Tensor variance = (sums.slice(0, channels, 2 * channels) / n - mean.square()).clamp_min(0);
  {
    const torch::NoGradGuard no_grad;
    const double momentum = c.number("momentum", .1);
    running_mean.mul_(1 - momentum).add_(mean + shift, momentum);
    running_var.mul_(1 - momentum).add_(variance * (n / (n - 1).clamp_min(1)), momentum);
  }
  const Tensor scale = (variance + c.number("eps", 1e-5)).rsqrt() * c.parameter("weight");
  const Tensor y = (moved - mean.view(spread)) * scale.view(spread) + c.parameter("bias").view(spread);
  return y.to(c.x().scalar_type());
}

Tensor batch_norm(const Call& c) {
  if (c.training) c.parameter("num_batches_tracked").add_(1);
  if (c.training && workers_share_batch_norms()) return shared_batch_norm(c);
  return at::batch_norm(c.x(),
                        c.parameter("weight"),
                        c.parameter("bias"),
                        c.parameter("running_mean"),
                        c.parameter("running_var"),
                        c.training,
                        c.number("momentum", .1),
                        c.number("eps", 1e-5),
                        true);
}

/// Sample by sample as batch norms: these keep channels-last and bf16, which LibTorch's instance norm leaves.
Tensor instance_norm(const Call& c) {
  std::vector<Tensor> samples;
  for (const Tensor& sample : c.x().split(1)) {
    samples.push_back(at::batch_norm(
        sample, c.parameter("weight"), c.parameter("bias"), {}, {}, true, 0, c.number("eps", 1e-5), true));
  }
  return samples.size() == 1 ? samples.front() : torch::cat(samples);
}

Tensor group_norm(const Call& c) {
  const Tensor x = c.x().to(torch::kFloat);
  return at::group_norm(
             x, int64_t(c.number("groups", 1)), c.parameter("weight"), c.parameter("bias"), c.number("eps", 1e-5))
      .to(c.x().scalar_type());
}

/// Over the channels at each position; statistics in f32.
Tensor layer_norm(const Call& c) {
  const Tensor x = c.x().movedim(1, -1).to(torch::kFloat);
  return at::layer_norm(x, {x.size(-1)}, c.parameter("weight"), c.parameter("bias"), c.number("eps", 1e-5))
      .movedim(-1, 1)
      .to(c.x().scalar_type());
}

Tensor layer_scale(const Call& c) { return c.x() * c.parameter("layer_scale").to(c.x().scalar_type()); }

Tensor relu(const Call& c) { return c.reusable ? c.x().relu_() : torch::relu(c.x()); }

Tensor silu(const Call& c) {
  Tensor x = c.x();
  return c.reusable ? at::silu_(x) : at::silu(x);
}

Tensor leaky_relu(const Call& c) {
  Tensor x = c.x();
  const double slope = c.number("slope", .01);
  return c.reusable ? at::leaky_relu_(x, slope) : at::leaky_relu(x, slope);
}

Tensor add(const Call& c) { return c.reusable ? c.x().add_(c.inputs.at(1)) : c.x() + c.inputs.at(1); }

Tensor pool(const Call& c, bool maximum) {
  const auto kernel = integers(c.node, "kernel"), stride = integers(c.node, "stride");
  auto padding = integers(c.node, "padding");
  padding.resize(kernel.size(), 0);
  const bool three = kernel.size() == 3;
  if (maximum)
    return three ? at::max_pool3d(c.x(), kernel, stride, padding) : at::max_pool2d(c.x(), kernel, stride, padding);
  return three ? at::avg_pool3d(c.x(), kernel, stride) : at::avg_pool2d(c.x(), kernel, stride);
}

Tensor global_avg_pool(const Call& c) {
  const Tensor means = c.x().flatten(2).mean(-1, false, torch::kFloat);
  if (c.number("keep") == 0) return means;
  std::vector<int64_t> one_position(size_t(c.x().dim()), 1);
  std::copy_n(means.sizes().begin(), 2, one_position.begin());
  return means.to(c.x().scalar_type()).reshape(one_position);
}

Tensor upsample(const Call& c) {
  const auto scale = integers(c.node, "scale");
  std::vector<int64_t> size;
  for (size_t i = 0; i < scale.size(); ++i) size.push_back(c.x().size(int64_t(i) + 2) * scale[i]);
  const bool smooth = c.number("mode") != 0;
  if (scale.size() == 3)
    return smooth ? at::upsample_trilinear3d(c.x(), size, false) : at::upsample_nearest3d(c.x(), size);
  return smooth ? at::upsample_bilinear2d(c.x(), size, false) : at::upsample_nearest2d(c.x(), size);
}

Tensor split(const Call& c) {
  return c.x().narrow(int64_t(c.number("axis", 1)), int64_t(c.number("start")), int64_t(c.number("length")));
}

Tensor dfl(const Call& c) {
  const int64_t bins = int64_t(c.number("reg_max"));
  const Tensor x = c.x().to(torch::kFloat).unflatten(1, std::vector<int64_t>{4, bins}).softmax(2);
  return (x * c.parameter("conv.weight").reshape({1, 1, bins, 1, 1})).sum(2);
}

using Operation = std::function<Tensor(const Call&)>;

const std::map<std::string, Operation>& operations() {
  static const std::map<std::string, Operation> all{
      {"conv", [](const Call& c) { return convolution(c, false); }},
      {"conv_transpose", conv_transpose},
      {"batch_norm", batch_norm},
      {"instance_norm", instance_norm},
      {"group_norm", group_norm},
      {"layer_norm", layer_norm},
      {"layer_scale", layer_scale},
      {"linear", linear},
      {"relu", relu},
      {"silu", silu},
      {"sigmoid", [](const Call& c) { return torch::sigmoid(c.x()); }},
      {"gelu", [](const Call& c) { return at::gelu(c.x()); }},
      {"leaky_relu", leaky_relu},
      {"max_pool", [](const Call& c) { return pool(c, true); }},
      {"avg_pool", [](const Call& c) { return pool(c, false); }},
      {"global_avg_pool", global_avg_pool},
      {"add", add},
      {"multiply", [](const Call& c) { return c.x() * c.inputs.at(1); }},
      {"concat", [](const Call& c) { return torch::cat(c.inputs, int64_t(c.number("axis", 1))); }},
      {"split", split},
      {"upsample", upsample},
      {"quadrant_means", [](const Call& c) { return quadrant_means(c.x()); }},
      {"dfl", dfl},
      {"identity", [](const Call& c) { return c.x(); }}};
  return all;
}

}  // namespace

torch::Tensor quadrant_means(const torch::Tensor& features) {
  const int64_t height = features.size(2), width = features.size(3);
  const auto sum_of = [&](int64_t top, int64_t rows, int64_t left, int64_t columns) {
    return features.narrow(2, top, rows).narrow(3, left, columns).sum({2, 3}, false, torch::kFloat);
  };
  const int64_t h = height / 2, w = width / 2;
  const std::vector<Tensor> quadrants{
      sum_of(0, h, 0, w), sum_of(0, h, w, width - w), sum_of(h, height - h, 0, w), sum_of(h, height - h, w, width - w)};
  const Tensor total = quadrants[0] + quadrants[1] + quadrants[2] + quadrants[3];
  std::vector<Tensor> rows{total};
  for (const Tensor& quadrant : quadrants) rows.push_back(total - quadrant);
  return torch::stack(rows, 1).flatten(0, 1) / double(height * width);
}

torch::Tensor apply_node(
    const Node& node, const std::vector<torch::Tensor>& inputs, const TensorMap& state, bool training, bool reusable) {
  const auto found = operations().find(node.op);
  if (found == operations().end())
    throw Error(ErrorCode::internal, "Node '" + node.name + "' has the unknown operation '" + node.op + "'.");
  return found->second({node, inputs, state, training, reusable});
}

}  // namespace hepatica::nn
