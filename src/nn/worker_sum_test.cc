#include "nn/worker_sum.h"

#include <gtest/gtest.h>

#include "nn/losses.h"
#include "nn/network.h"

namespace hepatica::nn {
namespace {

/// Values after one training step's forward and backward: loss, then gradients and running statistics by key.
TensorMap trained(const torch::Tensor& input) {
  Network network(resnet(18, 2, .125), 1);
  const torch::Tensor loss = network.forward(input, true).at("logits").square().mean();
  loss.backward();
  TensorMap all{{"loss", loss.detach()}};
  for (const auto& [key, value] : network.state()) {
    if (value.requires_grad()) all["gradient." + key] = value.grad();
    all[key] = value.detach();
  }
  return all;
}

// One worker whose sum is its own: the shared batch norm must be LibTorch's.
TEST(WorkerSum, SharedBatchNormOfOneWorkerIsTheUsualOne) {
  torch::manual_seed(1);
  const torch::Tensor input = torch::randn({3, 3, 64, 64}) + 2;
  const TensorMap usual = trained(input);
  int calls = 0;
  const WorkerSumScope scope([&](const torch::Tensor& x) { return ++calls, x; }, true);
  const TensorMap shared = trained(input);
  EXPECT_GT(calls, 0);
  for (const auto& [key, value] : usual) {
    const double largest = value.to(torch::kFloat).abs().max().item<double>();
    EXPECT_TRUE(torch::allclose(shared.at(key).to(torch::kFloat), value.to(torch::kFloat), 1e-3, 1e-4 * largest))
        << key;
  }
}

// Two workers with the same share: sums double, so that statistics stay, but for the unbiased variance n / (n - 1).
TEST(WorkerSum, StatisticsAreThoseOfAllSamples) {
  torch::manual_seed(1);
  const torch::Tensor input = torch::randn({3, 3, 64, 64});
  const TensorMap whole = trained(torch::cat({input, input}));
  const WorkerSumScope scope([](const torch::Tensor& x) { return 2 * x; }, true);
  const TensorMap shared = trained(input);
  for (const char* key : {"loss", "bn1.running_mean", "bn1.running_var", "layer4.1.bn2.running_var"})
    EXPECT_TRUE(torch::allclose(shared.at(key), whole.at(key), 1e-4, 1e-6)) << key;
}

TEST(WorkerSum, WithoutSharedNormsEachWorkerIsAlone) {
  const WorkerSumScope scope([](const torch::Tensor& x) { return 2 * x; }, false);
  EXPECT_FALSE(workers_share_batch_norms());
  EXPECT_EQ(worker_sum(torch::ones({1})).item<float>(), 2);
}

TEST(WorkerSum, EndsWithItsScope) {
  {
    const WorkerSumScope scope([](const torch::Tensor& x) { return 2 * x; }, true);
  }
  EXPECT_EQ(worker_sum(torch::ones({1})).item<float>(), 1);
}

// Dice over a batch of two workers with the same share is that of one: 2 * 2 a / (2 b + 2 c) (without smoothing).
TEST(WorkerSum, DiceOverTheBatchIsThatOfAll) {
  const torch::Tensor logits = torch::tensor({{{-1.f, 2.f, 0.5f}}}), target = torch::tensor({{{0.f, 1.f, 1.f}}});
  DiceOptions options;
  options.smooth = 0;
  const double alone = dice_bce_loss(logits, target, {}, options).item<double>();
  const WorkerSumScope scope([](const torch::Tensor& x) { return 2 * x; }, true);
  EXPECT_NEAR(dice_bce_loss(logits, target, {}, options).item<double>(), alone, 1e-6);
}

}  // namespace
}  // namespace hepatica::nn
