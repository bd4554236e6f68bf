#include "nn/losses.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hepatica::nn {
namespace {

// One sample, two classes: heads [5, 10]. out4[j, 5c+j] = j + 10c, out3 = twice that, elsewhere 100:
// AG[c] = (sum_j (j + 10c) + 2 (j + 10c)) / 10 = 3 (10 + 50c) / 10 = 3 + 15c.
TEST(Losses, LilnetAggregateTakesTheAppliedMasks) {
  auto out4 = torch::full({5, 10}, 100.f);
  for (int j = 0; j < 5; ++j) {
    for (int c = 0; c < 2; ++c) out4[j][5 * c + j] = float(j + 10 * c);
  }
  const auto ag = lilnet_aggregate(out4, torch::where(out4 == 100, out4, 2 * out4), 2);
  EXPECT_TRUE(torch::allclose(ag, torch::tensor({{3.f, 18.f}})));
}

// By hand: zero heads give CE = ln 10 each; sd = (ln 3, 0) with label 0 gives CE = ln(4/3). The aggregate is (0, 0), so
// its softmax is (1/2, 1/2). At T = 1 the student's is (3/4, 1/4): KL = 1/2 ln(1/2 / 3/4) + 1/2 ln(1/2 / 1/4) = 1/2
// ln(4/3).
TEST(Losses, LilnetLossByHand) {
  const auto head = torch::zeros({5, 10});
  const auto sd = torch::tensor({{std::log(3.f), 0.f}});
  const auto label = torch::tensor({int64_t(0)});
  LilnetLossOptions options;
  options.temperature = 1;
  const double ln10 = std::log(10.0), ln43 = std::log(4.0 / 3);
  EXPECT_NEAR(lilnet_loss(head, head, sd, label, options).item<double>(), 2 * ln10 + ln43 + .5 * ln43, 1e-5);
  options.beta = .5;
  options.self_distillation = false;
  EXPECT_NEAR(lilnet_loss(head, head, sd, label, options).item<double>(), 1.5 * ln10 + ln43, 1e-5);
  // T = 3: the student's logits are ln(3)/3, so p = 3^(1/3) / (3^(1/3) + 1), and the term is 9 KL.
  options = {};
  const double r = std::cbrt(3.0), p = r / (r + 1);
  const double kl = .5 * std::log(.5 / p) + .5 * std::log(.5 / (1 - p));
  EXPECT_NEAR(lilnet_loss(head, head, sd, label, options).item<double>(), 2 * ln10 + ln43 + 9 * kl, 1e-5);
}

// Row 5b+j has the target 5 y + j: a head that is right there has almost no loss, and one off by a mask has much.
TEST(Losses, LilnetJointTargetsFollowTheRows) {
  auto right = torch::zeros({10, 10});
  const int64_t labels[2] = {1, 0};
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t j = 0; j < 5; ++j) right[5 * b + j][5 * labels[b] + j] = 50.f;
  }
  const auto sd = torch::tensor({{0.f, 50.f}, {50.f, 0.f}});
  LilnetLossOptions options;
  options.self_distillation = false;
  const auto label = torch::tensor({int64_t(1), int64_t(0)});
  EXPECT_LT(lilnet_loss(right, right, sd, label, options).item<double>(), 1e-6);
  EXPECT_GT(lilnet_loss(right.roll(1, 1), right, sd, label, options).item<double>(), 40);
}

TEST(Losses, DistillationTeachesTheStudentAlone) {
  const auto head = torch::randn({5, 10}).set_requires_grad(true);
  const auto other = torch::randn({5, 10});
  const auto sd = torch::randn({1, 2}).set_requires_grad(true);
  const auto label = torch::tensor({int64_t(1)});
  LilnetLossOptions without;
  without.self_distillation = false;
  const auto a = torch::autograd::grad({lilnet_loss(head, other, sd, label)}, {head, sd});
  const auto b = torch::autograd::grad({lilnet_loss(head, other, sd, label, without)}, {head, sd});
  EXPECT_TRUE(torch::allclose(a[0], b[0]));
  EXPECT_FALSE(torch::allclose(a[1], b[1]));
}

// p = 1/2 everywhere on 4 pixels, one of them target: Dice = 2 * .5 / (2 + 1) = 1/3; BCE = ln 2.
TEST(Losses, DiceByHand) {
  const auto logits = torch::zeros({1, 1, 2, 2});
  const auto target = torch::tensor({1.f, 0.f, 0.f, 0.f}).reshape({1, 1, 2, 2});
  DiceOptions options;
  options.smooth = 0;
  EXPECT_NEAR(dice_loss(logits, target, {}, options).item<double>(), 2.0 / 3, 1e-6);
  EXPECT_NEAR(dice_bce_loss(logits, target, {}, options).item<double>(), 2.0 / 3 + std::log(2.0), 1e-6);
  // Weighting out two background pixels leaves Dice = 1 / (1 + 1).
  const auto weights = torch::tensor({1.f, 1.f, 0.f, 0.f}).reshape({1, 1, 2, 2});
  EXPECT_NEAR(dice_loss(logits, target, weights, options).item<double>(), .5, 1e-6);
}

TEST(Losses, SamplesWithoutReferenceDoNotCount) {
  const auto logits = torch::zeros({2, 1, 2, 2});
  const auto target = torch::tensor({1.f, 0.f, 0.f, 0.f, 1.f, 1.f, 1.f, 1.f}).reshape({2, 1, 2, 2});
  const auto valid = torch::tensor({1.f, 0.f}).reshape({2, 1, 1, 1});
  for (bool batch : {true, false}) {
    DiceOptions options;
    options.smooth = 0;
    options.batch = batch;
    EXPECT_NEAR(dice_bce_loss(logits, target, valid, options).item<double>(), 2.0 / 3 + std::log(2.0), 1e-6) << batch;
    EXPECT_EQ(dice_bce_loss(logits, target, torch::zeros({2, 1, 1, 1}), options).item<double>(), 0) << batch;
  }
}

TEST(Losses, CrossEntropyByHand) {
  const auto logits = torch::tensor({{std::log(3.f), 0.f}});
  EXPECT_NEAR(cross_entropy(logits, torch::tensor({int64_t(0)})).item<double>(), std::log(4.0 / 3), 1e-6);
  EXPECT_NEAR(cross_entropy(logits, torch::tensor({{.5f, .5f}})).item<double>(),
              .5 * std::log(4.0 / 3) + .5 * std::log(4.0),
              1e-6);
}

// Logits 0, log 3: probabilities 1/4, 3/4.
torch::Tensor quarter() { return torch::tensor({{0.0f, std::log(3.0f)}}); }

double loss_of(const std::string& name, const torch::Tensor& targets, std::vector<double> counts = {}) {
  ClassLossOptions options;
  options.name = name;
  options.beta = 0.5;
  options.counts = std::move(counts);
  return class_loss(quarter(), targets, options).item<double>();
}

TEST(ClassLoss, ByHand) {
  const auto hard = torch::tensor({{1.0f, 0.0f}}), soft = torch::tensor({{0.25f, 0.75f}});
  EXPECT_NEAR(loss_of("cross_entropy", hard), std::log(4), 1e-6);
  EXPECT_NEAR(loss_of("cross_entropy", soft), 0.25 * std::log(4) + 0.75 * std::log(4. / 3), 1e-6);
  EXPECT_NEAR(loss_of("focal", hard), 0.5625 * std::log(4), 1e-6);
  EXPECT_NEAR(loss_of("focal", soft), 0.25 * 0.5625 * std::log(4) + 0.75 * 0.0625 * std::log(4. / 3), 1e-6);
  // beta .5, one and two samples: .5 / .5 = 1 and .5 / .75 = 2/3; scaled to sum to 2: 1.2 and .8.
  EXPECT_NEAR(loss_of("class_balanced", hard, {1, 2}), 1.2 * std::log(4), 1e-6);
  EXPECT_NEAR(loss_of("class_balanced", soft, {1, 2}), 0.3 * std::log(4) + 0.6 * std::log(4. / 3), 1e-6);
  // Counts 9 and 1: odds 9 : 3, so p = 3/4.
  EXPECT_NEAR(loss_of("balanced_softmax", hard, {9, 1}), std::log(4. / 3), 1e-6);
}

torch::Tensor hard_targets(const torch::Tensor& labels, int64_t classes) {
  return torch::one_hot(labels, classes).to(torch::kFloat);
}

TEST(ClassLoss, CrossEntropyOfHardLabelsIsTheUsualOne) {
  torch::manual_seed(1);
  const auto logits = torch::randn({5, 3});
  const auto labels = torch::tensor({0, 2, 1, 1, 0}, torch::kLong);
  const auto targets = smoothed(hard_targets(labels, 3), 0.1);
  EXPECT_NEAR(class_loss(logits, targets, {}).item<double>(), cross_entropy(logits, labels, 0.1).item<double>(), 1e-6);
}

TEST(LilnetLoss, SoftLabelsGeneralizeHardOnes) {
  torch::manual_seed(2);
  const auto out4 = torch::randn({15, 10}), out3 = torch::randn({15, 10}), sd = torch::randn({3, 2});
  const auto labels = torch::tensor({1, 0, 1}, torch::kLong);
  const double hard = lilnet_loss(out4, out3, sd, labels).item<double>();
  EXPECT_NEAR(lilnet_loss(out4, out3, sd, hard_targets(labels, 2)).item<double>(), hard, 1e-5);
  // Cross entropies are linear in the targets; the distillation does not depend on them.
  const double other = lilnet_loss(out4, out3, sd, hard_targets(1 - labels, 2)).item<double>();
  const auto half = torch::full({3, 2}, 0.5);
  EXPECT_NEAR(lilnet_loss(out4, out3, sd, half).item<double>(), (hard + other) / 2, 1e-5);
}

}  // namespace
}  // namespace hepatica::nn
