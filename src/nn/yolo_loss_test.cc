#include "nn/yolo_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace hepatica::nn {
namespace {

using torch::Tensor;

/// Levels of a 32 x 32 image: grids of 4, 2 and 1 cells a side, with all values `fill`.
std::array<Tensor, 3> levels(int64_t images, int64_t classes, float fill = 0) {
  return {torch::full({images, 64 + classes, 4, 4}, fill),
          torch::full({images, 64 + classes, 2, 2}, fill),
          torch::full({images, 64 + classes, 1, 1}, fill)};
}

// Equal bins have the mean 7.5: at stride 8, cell (row 1, column 2) has its centre at (20, 12) and a box of 2 * 7.5
// * 8.
TEST(YoloLoss, DecodeByHand) {
  auto l = levels(1, 1);
  // Left side of that cell: all weight on bin 2, so x0 = 20 - 16 and x1 = 20 + 60.
  l[0].index({0, 2, 1, 2}) = 100.f;
  const Tensor out = yolo_decode(l[0], l[1], l[2]);
  ASSERT_EQ(out.sizes(), (std::vector<int64_t>{1, 5, 21}));
  const Tensor cell = out[0].select(1, 1 * 4 + 2);
  EXPECT_TRUE(torch::allclose(cell, torch::tensor({(4.f + 80.f) / 2, 12.f, 76.f, 120.f, .5f}), 1e-4, 1e-4)) << cell;
  const Tensor coarse = out[0].select(1, 20);  // stride 32: one cell with its centre at (16, 16)
  EXPECT_TRUE(torch::allclose(coarse, torch::tensor({16.f, 16.f, 480.f, 480.f, .5f}), 1e-4, 1e-3)) << coarse;
}

// Boxes 2x2 at the origin and shifted by 1 in x: IoU 1/3, centre distance 1, hull 3x2 with diagonal^2 13, same aspect.
// Against 4x1 over 2x2: inner 2, union 6, centres (1,1) and (2,.5): 1.25 / (16 + 4), v = 4/pi^2 (atan 4 - atan 1)^2.
TEST(YoloLoss, CompleteIouByHand) {
  const Tensor a = torch::tensor({0.f, 0.f, 2.f, 2.f});
  EXPECT_NEAR(complete_iou(a, torch::tensor({1.f, 0.f, 3.f, 2.f})).item<double>(), 1.0 / 3 - 1.0 / 13, 1e-5);
  EXPECT_NEAR(complete_iou(a, a).item<double>(), 1, 1e-5);
  const double v = 4 / std::pow(std::numbers::pi, 2) * std::pow(std::atan(4.0) - std::atan(1.0), 2);
  const double iou = 1.0 / 3, alpha = v / (v - iou + 1);
  EXPECT_NEAR(complete_iou(a, torch::tensor({0.f, 0.f, 4.f, 1.f})).item<double>(), iou - 1.25 / 20 - alpha * v, 1e-5);
}

// Four anchors at x = 4, 12, 20, 28 (y = 4), each predicting exactly the target that covers x 0..16; two targets.
TEST(YoloLoss, AssignerByHand) {
  const Tensor points = torch::tensor({{4.f, 4.f}, {12.f, 4.f}, {20.f, 4.f}, {28.f, 4.f}});
  const Tensor targets = torch::tensor({{0.f, 0.f, 16.f, 8.f}, {8.f, 0.f, 24.f, 8.f}}).unsqueeze(0);
  // Anchor 0 and 1 predict target 0; anchor 2 predicts target 1; anchor 3 predicts target 1 but lies outside both.
  const Tensor boxes = torch::stack({targets[0][0], targets[0][0], targets[0][1], targets[0][1]}).unsqueeze(0);
  const Tensor scores = torch::tensor({{.25f, .1f}, {.81f, .1f}, {.1f, .64f}, {.1f, .9f}}).unsqueeze(0);
  const Tensor classes = torch::tensor({{int64_t(0), int64_t(1)}});
  const auto a = assign_targets(scores, boxes, points, classes, targets, torch::ones({1, 2}, torch::kBool), {});
  EXPECT_TRUE(torch::equal(a.foreground, torch::tensor({{true, true, true, false}})));
  // Anchor 1 lies in both targets and goes to the one with the larger IoU, target 0.
  EXPECT_TRUE(torch::equal(a.boxes[0][1], targets[0][0]));
  EXPECT_TRUE(torch::equal(a.boxes[0][2], targets[0][1]));
  // Metrics sqrt(score) * 1: anchor 0 .5, anchor 1 .9; scaled so that the best gets IoU 1: .5/.9 and 1.
  const Tensor expected = torch::tensor({{.5f / .9f, 0.f}, {1.f, 0.f}, {0.f, 1.f}, {0.f, 0.f}});
  EXPECT_TRUE(torch::allclose(a.scores[0], expected, 1e-4, 1e-4)) << a.scores;
}

// One anchor in a target 8 wide and high; its box covers half of it: IoU .5, CIoU .5 less the centre's term
// (2^2 / 128, diagonal^2 of the hull) and the aspect's, v = 4 / pi^2 (atan 1 - atan .5)^2, alpha = v / (v + .5).
TEST(YoloLoss, SmallTargetsMayCountInFull) {
  const Tensor points = torch::tensor({{4.f, 4.f}, {12.f, 4.f}});
  const Tensor target = torch::tensor({0.f, 0.f, 8.f, 8.f}).reshape({1, 1, 4});
  const Tensor half = torch::tensor({0.f, 0.f, 4.f, 8.f}).expand({1, 2, 4});
  const auto assign = [&](const YoloLossOptions& options) {
    return assign_targets(torch::full({1, 2, 1}, .5f),
                          half,
                          points,
                          torch::zeros({1, 1}, torch::kLong),
                          target,
                          torch::ones({1, 1}, torch::kBool),
                          options);
  };
  const double v = 4 / std::pow(std::numbers::pi, 2) * std::pow(std::atan(1.0) - std::atan(.5), 2);
  const auto published = assign({});
  EXPECT_NEAR(published.scores[0][0].item<double>(), .5 - 4.0 / 128 - v * v / (v + .5), 1e-4);
  EXPECT_TRUE(torch::equal(published.weights, torch::ones({1, 2, 1})));
  YoloLossOptions options;
  options.full_scores = true;
  options.least_weight = 3;
  const auto full = assign(options);
  EXPECT_NEAR(full.scores[0][0].item<double>(), 1, 1e-4);
  EXPECT_NEAR(full.weights[0][0].item<double>(), 3, 1e-4);
  EXPECT_EQ(full.weights[0][1].item<double>(), 1);
}

TEST(YoloLoss, PaddingIsNeverAssigned) {
  const Tensor points = torch::tensor({{4.f, 4.f}});
  const Tensor box = torch::tensor({0.f, 0.f, 8.f, 8.f}).reshape({1, 1, 4});
  const auto a = assign_targets(torch::full({1, 1, 1}, .5f),
                                box,
                                points,
                                torch::zeros({1, 1}, torch::kLong),
                                box,
                                torch::zeros({1, 1}, torch::kBool),
                                {});
  EXPECT_FALSE(a.foreground.any().item<bool>());
  EXPECT_EQ(a.scores.sum().item<double>(), 0);
}

// No targets: 21 anchors, one class, logit 0: BCE sum 21 ln 2, divided by max(0, 1), gain .5, two images summed,
// times 2.
TEST(YoloLoss, EmptyImagesHaveClassificationLossAlone) {
  const auto l = levels(2, 1);
  const auto loss = yolo_loss(l[0], l[1], l[2], torch::zeros({0, 6}));
  EXPECT_NEAR(loss.total.item<double>(), 2 * .5 * 2 * 21 * std::log(2.0), 1e-3);
  EXPECT_EQ(loss.box.item<double>(), 0);
  EXPECT_EQ(loss.positives, 0);
}

TEST(YoloLoss, IgnoredRegionsHaveNoClassificationLoss) {
  const auto l = levels(2, 1);
  // The left half of image 1: stride 8 has 8 of its centres there, stride 16 two; stride 32's centre (16, 16) is on the
  // edge.
  const Tensor ignore = torch::tensor({{1.f, 0.f, 0.f, 15.f, 32.f}});
  const auto loss = yolo_loss(l[0], l[1], l[2], torch::zeros({0, 6}), {}, ignore);
  EXPECT_NEAR(loss.total.item<double>(), 2 * .5 * (42 - 10) * std::log(2.0), 1e-3);
}

TEST(YoloLoss, TrainingOnOneBoxFindsIt) {
  torch::manual_seed(3);
  auto l = levels(1, 1);
  std::vector<Tensor> values;
  for (auto& level : l) values.push_back(level.set_requires_grad(true));
  torch::optim::Adam adam(values, torch::optim::AdamOptions(.1));
  const Tensor target = torch::tensor({{0.f, 0.f, 4.f, 6.f, 20.f, 26.f}});
  for (int step = 0; step < 150; ++step) {
    adam.zero_grad();
    const auto loss = yolo_loss(values[0], values[1], values[2], target);
    EXPECT_GT(loss.positives, 0);
    loss.total.backward();
    adam.step();
  }
  const Tensor out = yolo_decode(values[0], values[1], values[2])[0].detach();
  const Tensor best = out.select(1, out[4].argmax().item<int64_t>());
  EXPECT_GT(best[4].item<double>(), .5);
  EXPECT_TRUE(torch::allclose(best.slice(0, 0, 4), torch::tensor({12.f, 16.f, 16.f, 20.f}), 0, 1.0)) << best;
}

}  // namespace
}  // namespace hepatica::nn
