#include "train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hepatica::train {
namespace {

/// Three steps on ||w * [[1, -1], [.5, 2]]||^2 + 3 k sum(b), k = 1, 2, 3, from w = [[1, 2], [3, 4]], b = (1, -1).
std::vector<float> after_three_steps(const OptimizerOptions& options, const StepRates& rates) {
  auto w = torch::tensor({{1.f, 2.f}, {3.f, 4.f}}).set_requires_grad(true);
  auto b = torch::tensor({1.f, -1.f}).set_requires_grad(true);
  const auto factors = torch::tensor({{1.f, -1.f}, {.5f, 2.f}});
  Optimizer optimizer({{"layer.weight", w}, {"layer.bias", b}}, options);
  for (int k = 1; k <= 3; ++k) {
    optimizer.zero_gradients();
    ((w * factors).square().sum() + (b * 3).sum() * k).backward();
    optimizer.step(rates);
  }
  const auto all = torch::cat({w.detach().flatten(), b.detach()});
  return {all.data_ptr<float>(), all.data_ptr<float>() + all.numel()};
}

void expect_near(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 2e-6) << i;
}

// The values of these three are those of PyTorch 1.13 (torch.optim.SGD, torch.optim.AdamW).
TEST(Optimizer, PlainSgdDecaysEverything) {
  expect_near(after_three_steps({"sgd", 0.1, true, false}, {0.01, 0.01, 0.9}),
              {0.8842975f, 1.7685951f, 2.8995378f, 2.3062055f, 0.7092687f, -1.2795209f});
}

TEST(Optimizer, NesterovWithAGroupOfBiases) {
  expect_near(after_three_steps({"sgd", 0.1, false, true}, {0.01, 0.05, 0.9}),
              {0.8370409f, 1.6740818f, 2.8566155f, 1.742545f, -1.1838499f, -3.1838498f});
}

TEST(Optimizer, AdamWDecaysEverything) {
  expect_near(after_three_steps({"adamw", 0.1, true, false}, {0.01, 0.01, 0.9}),
              {0.9670442f, 1.9640419f, 2.9610434f, 3.9580455f, 0.9678009f, -1.0262053f});
}

// One step of sgd without momentum before it: w - rate (g + decay w), b - rate g.
TEST(Optimizer, BiasesAndNormsDoNotDecayUnlessAsked) {
  for (const bool all : {false, true}) {
    auto b = torch::tensor({2.f}).set_requires_grad(true);
    Optimizer optimizer({{"norm.weight", b}}, {"sgd", 0.5, all, false});
    b.sum().backward();
    optimizer.step({0.1, 0.1, 0.9});
    EXPECT_NEAR(b.item<float>(), all ? 2 - 0.1 * (1 + 0.5 * 2) : 2 - 0.1, 1e-6);
  }
}

// Decay .9999 (1 - exp(-n / 2000)); at n = 1 the average keeps 4.9993e-4 * .9999 of itself.
TEST(MovingAverage, RampOfYolo) {
  MovingAverage average({{"x", torch::zeros({1})}}, 0.9999, 2000);
  average.update({{"x", torch::ones({1})}});
  const double first = 0.9999 * (1 - std::exp(-1 / 2000.0));
  EXPECT_NEAR(average.values().at("x").item<float>(), 1 - first, 1e-6);
  average.update({{"x", torch::zeros({1})}});
  EXPECT_NEAR(average.values().at("x").item<float>(), (1 - first) * 0.9999 * (1 - std::exp(-2 / 2000.0)), 1e-6);
}

}  // namespace
}  // namespace hepatica::train
