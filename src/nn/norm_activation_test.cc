#include "nn/norm_activation.h"

#include <gtest/gtest.h>

namespace hepatica::nn {
namespace {

using torch::Tensor;

struct Case {
  std::vector<int64_t> shape;
  Activation activation;
  bool residual;
};

NormActivation norm_of(int64_t channels, Activation activation) {
  return {torch::rand({channels}) + .5,
          torch::randn({channels}),
          torch::randn({channels}),
          torch::rand({channels}) + .5,
          .03,
          1e-3,
          activation,
          .1};
}

/// LibTorch's separate operations.
Tensor separately(const Tensor& x, const Tensor& residual, const NormActivation& n) {
  Tensor z = at::batch_norm(x, n.weight, n.bias, n.running_mean, n.running_var, true, n.momentum, n.eps, false);
  if (residual.defined()) z = z + residual;
  if (n.activation == Activation::relu) return torch::relu(z);
  if (n.activation == Activation::leaky_relu) return at::leaky_relu(z, n.slope);
  return n.activation == Activation::silu ? at::silu(z) : z;
}

struct Outcome {
  Tensor y, x, weight, bias, residual, running_mean, running_var;  ///< result, gradients, statistics
};

template <class Run>
Outcome outcome(const Run& run, const Tensor& x, const Tensor& residual, NormActivation n, const Tensor& gradient) {
  const auto leaf = [](const Tensor& t) { return t.defined() ? t.detach().clone().set_requires_grad(true) : t; };
  const Tensor input = leaf(x), other = leaf(residual);
  n.weight = leaf(n.weight);
  n.bias = leaf(n.bias);
  n.running_mean = n.running_mean.clone();
  n.running_var = n.running_var.clone();
  const Tensor y = run(input, other, n);
  y.backward(gradient.to(y.scalar_type()));
  return {y.detach(),
          input.grad(),
          n.weight.grad(),
          n.bias.grad(),
          other.defined() ? other.grad() : Tensor(),
          n.running_mean,
          n.running_var};
}

void expect_near(const Tensor& a, const Tensor& b, double tolerance, const char* what) {
  ASSERT_EQ(a.sizes(), b.sizes()) << what;
  const Tensor wide = b.to(torch::kDouble);
  const double scale = std::max(wide.abs().max().item<double>(), 1.);
  EXPECT_LT((a.to(torch::kDouble) - wide).abs().max().item<double>(), tolerance * scale) << what;
}

void expect_same(const Outcome& a, const Outcome& b, double tolerance) {
  expect_near(a.y, b.y, tolerance, "y");
  expect_near(a.x, b.x, tolerance, "gradient of x");
  expect_near(a.weight, b.weight, tolerance, "gradient of weight");
  expect_near(a.bias, b.bias, tolerance, "gradient of bias");
  expect_near(a.running_mean, b.running_mean, tolerance, "running mean");
  expect_near(a.running_var, b.running_var, tolerance, "running variance");
  ASSERT_EQ(a.residual.defined(), b.residual.defined());
  if (a.residual.defined()) expect_near(a.residual, b.residual, tolerance, "gradient of residual");
}

class NormActivationCases : public testing::TestWithParam<Case> {};

TEST_P(NormActivationCases, AgreesWithSeparateOperations) {
  torch::manual_seed(4);
  const auto& [shape, activation, with_residual] = GetParam();
  const Tensor x = torch::randn(shape) * 2 + 3, gradient = torch::randn(shape);
  const Tensor residual = with_residual ? torch::randn(shape) : Tensor();
  const NormActivation norm = norm_of(shape[1], activation);
  const auto one = [](const Tensor& a, const Tensor& b, const NormActivation& n) { return norm_activation(a, b, n); };
  expect_same(outcome(one, x, residual, norm, gradient), outcome(separately, x, residual, norm, gradient), 2e-5);

  // In bf16 against the same rounded values in f32: what differs is the rounding of the result and of gradients.
  const auto round = [](const Tensor& t) { return t.defined() ? t.to(torch::kBFloat16) : t; };
  const auto widen = [](const Tensor& t) { return t.defined() ? t.to(torch::kFloat) : t; };
  const Tensor hx = round(x), hr = round(residual), hg = round(gradient);
  Outcome wide = outcome(separately, widen(hx), widen(hr), norm, widen(hg));
  if (activation != Activation::relu)  // a sign may turn where the result is rounded to 0
    expect_same(outcome(one, hx, hr, norm, hg), wide, 1e-2);
  else
    expect_near(outcome(one, hx, hr, norm, hg).y, wide.y, 1e-2, "y in bf16");
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         NormActivationCases,
                         testing::Values(Case{{3, 16, 9, 7}, Activation::silu, false},
                                         Case{{2, 35, 20, 31}, Activation::silu, false},
                                         Case{{2, 5, 4, 6}, Activation::relu, false},
                                         Case{{2, 24, 5, 6}, Activation::relu, true},
                                         Case{{2, 7, 3, 4, 5}, Activation::leaky_relu, false},
                                         Case{{2, 1, 6, 6}, Activation::none, false},
                                         Case{{4, 48, 1, 1}, Activation::none, false}));

TEST(NormActivation, ValuesByHand) {
  // One channel, values 1, 2, 3, 6: mean 3, variance 3.5 (biased), 14/3 (unbiased); weight 2, bias 1, eps .5: x^ = (x -
  // 3) / 2, result relu(x - 2).
  const NormActivation norm{
      torch::full({1}, 2.f), torch::full({1}, 1.f), torch::zeros({1}), torch::ones({1}), .1, .5, Activation::relu};
  const Tensor y = norm_activation(torch::tensor({1.f, 2.f, 3.f, 6.f}).view({1, 1, 2, 2}), {}, norm);
  EXPECT_TRUE(torch::allclose(y.flatten(), torch::tensor({0.f, 0.f, 1.f, 4.f}), 0, 1e-6));
  EXPECT_NEAR(norm.running_mean.item<float>(), .3, 1e-6);
  EXPECT_NEAR(norm.running_var.item<float>(), .9 + 14. / 30, 1e-6);
}

TEST(NormActivation, ExtremeValuesStayFinite) {
  NormActivation norm = norm_of(1, Activation::silu);
  norm.weight = torch::full({1}, 300.f);
  const Tensor x = torch::tensor({-1.f, 1.f, -1.f, 1.f}).view({1, 1, 2, 2}).set_requires_grad(true);
  const Tensor y = norm_activation(x, {}, norm);
  y.sum().backward();
  EXPECT_TRUE(torch::isfinite(y).all().item<bool>());
  EXPECT_TRUE(torch::isfinite(x.grad()).all().item<bool>());
}

TEST(NormActivation, NumberOfThreadsChangesNothing) {
  torch::manual_seed(5);
  const Tensor x = torch::randn({4, 24, 33, 31}), gradient = torch::randn({4, 24, 33, 31});
  const NormActivation norm = norm_of(24, Activation::silu);
  const auto one = [](const Tensor& a, const Tensor& b, const NormActivation& n) { return norm_activation(a, b, n); };
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Outcome alone = outcome(one, x, {}, norm, gradient);
  at::set_num_threads(2);
  const Outcome both = outcome(one, x, {}, norm, gradient);
  at::set_num_threads(before);
  EXPECT_TRUE(torch::equal(alone.y, both.y));
  EXPECT_TRUE(torch::equal(alone.x, both.x));
  EXPECT_TRUE(torch::equal(alone.weight, both.weight));
}

}  // namespace
}  // namespace hepatica::nn
