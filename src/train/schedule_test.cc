#include "train/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hepatica::train {
namespace {

FitOptions of_epochs(int epochs) {
  FitOptions options;
  options.epochs = epochs;
  options.warmup_steps = 0;
  options.learning_rate = 1;
  return options;
}

TEST(Schedule, WarmsUpThenFallsAsAHalfCosine) {
  FitOptions options = of_epochs(10);
  options.warmup_steps = 4;
  options.final_rate = 0;
  EXPECT_NEAR(step_rates(options, 0, 10).weights, 0.2, 1e-9);                          // 1 of 5 steps, cosine still 1
  EXPECT_NEAR(rate_factor(options, 50, 10), 0.5, 1e-9);                                // half way
  EXPECT_NEAR(rate_factor(options, 99, 10), 0.5 * (1 + std::cos(0.99 * M_PI)), 1e-9);  // by the formula
}

TEST(Schedule, StepsMultiply) {
  FitOptions options = of_epochs(30);
  options.schedule = "step";
  options.step_epochs = {2, 4};
  EXPECT_DOUBLE_EQ(rate_factor(options, 19, 10), 1);
  EXPECT_DOUBLE_EQ(rate_factor(options, 20, 10), 0.1);
  EXPECT_NEAR(rate_factor(options, 45, 10), 0.01, 1e-12);
}

// LiLNet's paper: .01, a tenth of it every 10 epochs down to 1e-4.
TEST(Schedule, LilnetsPaper) {
  FitOptions options = of_epochs(50);
  options.learning_rate = 0.01;
  options.schedule = "step";
  options.step_epochs = {10, 20};
  const double rates[] = {0.01, 0.001, 1e-4, 1e-4, 1e-4};
  for (int64_t tenth = 0; tenth < 5; ++tenth)
    EXPECT_NEAR(step_rates(options, 70 * tenth, 7).weights, rates[tenth], 1e-12);
}

// YOLOv8: lr0 ((1 - e/E)(1 - lrf) + lrf), constant within an epoch; at e = 25 of 100 with lrf .01: .75 * .99 + .01.
TEST(Schedule, YoloFallsOnALineEpochByEpoch) {
  FitOptions options = of_epochs(100);
  options.schedule = "linear";
  options.schedule_by_epoch = true;
  options.final_rate = 0.01;
  EXPECT_NEAR(rate_factor(options, 25 * 8, 8), 0.7525, 1e-12);
  EXPECT_NEAR(rate_factor(options, 25 * 8 + 7, 8), 0.7525, 1e-12);
}

// Warm-up of 3 epochs of 10 steps: at step 15 half of it is over. Weights 0 -> .01, biases .1 -> .01, momentum .8 ->
// .937.
TEST(Schedule, YoloWarmUpByHand) {
  FitOptions options = of_epochs(100);
  options.schedule = "constant";
  options.learning_rate = 0.01;
  options.momentum = 0.937;
  options.warmup_epochs = 3;
  options.warmup_bias_rate = 0.1;
  options.warmup_momentum = 0.8;
  const StepRates first = step_rates(options, 0, 10), middle = step_rates(options, 15, 10),
                  after = step_rates(options, 30, 10);
  EXPECT_DOUBLE_EQ(first.weights, 0);
  EXPECT_DOUBLE_EQ(first.biases, 0.1);
  EXPECT_DOUBLE_EQ(first.momentum, 0.8);
  EXPECT_NEAR(middle.weights, 0.005, 1e-12);
  EXPECT_NEAR(middle.biases, 0.055, 1e-12);
  EXPECT_NEAR(middle.momentum, 0.8685, 1e-12);
  EXPECT_DOUBLE_EQ(after.biases, 0.01);
  EXPECT_DOUBLE_EQ(after.momentum, 0.937);
}

// Batch 16 of a nominal 64: 4 batches a step, from 1 in the warm-up; half way 2.5, rounded away from 0 to 3.
TEST(Schedule, BatchesArePutTogetherToTheNominalOne) {
  FitOptions options = of_epochs(100);
  options.batch = 16;
  options.nominal_batch = 64;
  options.warmup_epochs = 2;
  EXPECT_EQ(accumulated_batches(options, 0, 10), 1);
  EXPECT_EQ(accumulated_batches(options, 10, 10), 3);
  EXPECT_EQ(accumulated_batches(options, 20, 10), 4);
  options.batch = 128;
  EXPECT_EQ(accumulated_batches(options, 20, 10), 1);
  options.nominal_batch = 0;
  EXPECT_EQ(accumulated_batches(options, 20, 10), 1);
}

// Weight decay .0005 * batch * accumulated / 64: of batch 48 (1 batch) three quarters, of 24 (3 batches) nine eighths.
TEST(Schedule, WeightDecayFollowsTheNominalBatch) {
  FitOptions options = of_epochs(10);
  options.weight_decay = 5e-4;
  options.nominal_batch = 64;
  options.batch = 48;
  EXPECT_NEAR(resolved(options, 100, 1).weight_decay, 3.75e-4, 1e-12);
  options.batch = 24;
  EXPECT_NEAR(resolved(options, 100, 1).weight_decay, 5.625e-4, 1e-12);
}

// 3,300 pictures in batches of 64 for 200 epochs: 52 * 200 = 10,400 iterations; 3,200: 50 * 200 = 10,000, not above it.
TEST(Schedule, AutoOptimiserByTheNumberOfIterations) {
  FitOptions options = of_epochs(200);
  options.optimizer = "auto";
  options.batch = 64;
  const FitOptions many = resolved(options, 3300, 1);
  EXPECT_EQ(many.optimizer, "sgd");
  EXPECT_DOUBLE_EQ(many.learning_rate, 0.01);
  EXPECT_DOUBLE_EQ(many.momentum, 0.9);
  EXPECT_TRUE(many.nesterov);
  options.warmup_bias_rate = 0.1;
  const FitOptions few = resolved(options, 3200, 1);
  EXPECT_EQ(few.optimizer, "adamw");
  EXPECT_DOUBLE_EQ(few.learning_rate, 0.002);  // .002 * 5 / (4 + 1)
  EXPECT_DOUBLE_EQ(few.warmup_bias_rate, 0);
  EXPECT_DOUBLE_EQ(resolved(options, 3200, 10).learning_rate, 0.000714);  // .01 / 14, six places
}

TEST(FitOptions, ReadsTheWarmUpOfYolo) {
  Block block{YAML::Load("{warmup_momentum: 0.8, optimizer: auto, nominal_batch: 64}"), "test.yaml", "fit"};
  const FitOptions options = fit_options(block);
  EXPECT_EQ(options.warmup_momentum, 0.8);
  EXPECT_EQ(options.nominal_batch, 64);
  block.node = YAML::Load("{warmup_momentum: 2}");
  EXPECT_ANY_THROW(fit_options(block));
}

}  // namespace
}  // namespace hepatica::train
