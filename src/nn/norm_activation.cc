#include "nn/norm_activation.h"

#include <cmath>

namespace hepatica::nn {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Tensor channels_last(const Tensor& x) {
  return x.contiguous(x.dim() == 5 ? torch::MemoryFormat::ChannelsLast3d : torch::MemoryFormat::ChannelsLast);
}

/// The elements of a channels-last tensor; null for an undefined one.
template <class T>
T* elements(const Tensor& x) {
  return x.defined() ? static_cast<T*>(x.data_ptr()) : nullptr;
}

/// Calls use(element) with a value of the type in which the elements of `x` are held.
template <class Use>
void by_type(const Tensor& x, const Use& use) {
  if (x.scalar_type() == torch::kBFloat16)
    use(uint16_t{});
  else
    use(float{});
}

template <class T>
NormRows<T> rows_of(const Tensor& x) {
  return {.x = elements<T>(x), .rows = x.numel() / x.size(1), .channels = x.size(1)};
}

Tensor channel_values(int64_t rows, int64_t channels) { return torch::empty({rows, channels}, torch::kFloat); }

struct Statistics {
  Tensor mean, inverse_deviation;  ///< f32, [C]
};

/// Of the batch; and the running ones moved on. Sums are taken about the running mean, which keeps the difference of
/// squares exact.
Statistics batch_statistics(const Tensor& x, const NormActivation& norm) {
  const int64_t channels = x.size(1);
  const double count = double(x.numel() / channels);
  std::vector<double> sums(size_t(2 * channels));
  float *running_mean = norm.running_mean.data_ptr<float>(), *running_var = norm.running_var.data_ptr<float>();
  by_type(x, [&](auto element) { norm_sums(rows_of<decltype(element)>(x), running_mean, sums.data()); });
  const Statistics result{torch::empty({channels}), torch::empty({channels})};
  float *mean = result.mean.data_ptr<float>(), *inverse = result.inverse_deviation.data_ptr<float>();
  for (int64_t c = 0; c < channels; ++c) {
    const double moved = sums[size_t(c)] / count;
    const double variance = std::max(sums[size_t(channels + c)] / count - moved * moved, 0.);
    mean[c] = float(double(running_mean[c]) + moved);
    inverse[c] = float(1 / std::sqrt(variance + norm.eps));
    running_mean[c] += float(norm.momentum * moved);
    running_var[c] += float(norm.momentum * (variance * count / std::max(count - 1, 1.) - double(running_var[c])));
  }
  return result;
}

/// Scale and shift of each channel, [2, C].
Tensor affine(const Statistics& statistics, const Tensor& weight, const Tensor& bias) {
  const Tensor scale = weight * statistics.inverse_deviation;
  return torch::stack({scale, bias - statistics.mean * scale});
}

NormSettings settings_of(const Tensor& scale_shift, Activation activation, double slope) {
  const float* values = scale_shift.data_ptr<float>();
  return {activation, float(slope), values, values + scale_shift.size(1)};
}

/// Factors of the gradient of x (norm_rows.h), [3, C]: scale g - scale (sum g + xhat sum(g xhat)) / count.
Tensor gradient_factors(const Tensor& scale, const Tensor& inverse, const std::vector<double>& sums, double count) {
  const int64_t channels = scale.size(0);
  const Tensor factors = channel_values(3, channels);
  float *a = factors.data_ptr<float>(), *b = a + channels, *d = b + channels;
  const float *s = scale.data_ptr<float>(), *i = inverse.data_ptr<float>();
  for (int64_t c = 0; c < channels; ++c) {
    a[c] = s[c];
    b[c] = float(-double(s[c]) * double(i[c]) * double(i[c]) * sums[size_t(channels + c)] / count);
    d[c] = float(-double(s[c]) * sums[size_t(c)] / count);
  }
  return factors;
}

class Function : public torch::autograd::Function<Function> {
 public:
  static Tensor forward(AutogradContext* context,
                        const Tensor& x_in,
                        const Tensor& weight,
                        const Tensor& bias,
                        const c10::optional<Tensor>& added,
                        const NormActivation& norm) {
    const Tensor x = channels_last(x_in);
    const Tensor residual = added ? channels_last(added->to(x.scalar_type())) : Tensor();
    const Statistics statistics = batch_statistics(x, norm);
    const Tensor scale_shift = affine(statistics, weight, bias);
    const Tensor y = torch::empty_like(x);
    by_type(x, [&](auto element) {
      using T = decltype(element);
      NormRows<T> rows = rows_of<T>(x);
      rows.residual = elements<T>(residual);
      norm_apply(rows, settings_of(scale_shift, norm.activation, norm.slope), elements<T>(y));
    });
    context->save_for_backward(
        {x, scale_shift, statistics.mean, statistics.inverse_deviation, residual.defined() ? y : Tensor()});
    context->saved_data["activation"] = int64_t(norm.activation);
    context->saved_data["slope"] = norm.slope;
    context->saved_data["residual"] = residual.defined();
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &x = saved[0], &scale_shift = saved[1], &mean = saved[2], &inverse = saved[3];
    const Tensor y = context->saved_data["residual"].toBool() ? saved[4] : Tensor();
    const Tensor gradient = channels_last(gradients[0].to(x.scalar_type()));
    const NormSettings settings = settings_of(
        scale_shift, Activation(context->saved_data["activation"].toInt()), context->saved_data["slope"].toDouble());
    const int64_t channels = x.size(1);
    const float* center = mean.data_ptr<float>();
    std::vector<double> sums(size_t(2 * channels));
    const Tensor x_gradient = torch::empty_like(x), residual_gradient = y.defined() ? torch::empty_like(x) : Tensor();
    by_type(x, [&](auto element) {
      using T = decltype(element);
      NormRows<T> rows = rows_of<T>(x);
      rows.y = elements<T>(y);
      rows.gradient = elements<T>(gradient);
      norm_gradient_sums(rows, settings, center, sums.data());
      const Tensor factors = gradient_factors(scale_shift[0], inverse, sums, double(rows.rows));
      const float* a = factors.data_ptr<float>();
      norm_gradient(
          rows,
          settings,
          NormGradient<T>{
              center, a, a + channels, a + 2 * channels, elements<T>(x_gradient), elements<T>(residual_gradient)});
    });
    const Tensor both = torch::tensor(sums, torch::kDouble).view({2, channels}).to(torch::kFloat);
    return {x_gradient, both[1] * inverse, both[0], residual_gradient, Tensor()};
  }
};

}  // namespace

Tensor norm_activation(const Tensor& x, const Tensor& residual, const NormActivation& norm) {
  const auto added = residual.defined() ? c10::optional<Tensor>(residual) : c10::nullopt;
  return Function::apply(x, norm.weight, norm.bias, added, norm);
}

}  // namespace hepatica::nn
