#include "train/fit.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica::train {
namespace {

TEST(RateFactor, WarmsUpThenFallsAsAHalfCosine) {
  FitOptions options;
  options.epochs = 10;
  options.warmup_steps = 4;
  options.final_rate = 0;
  EXPECT_NEAR(rate_factor(options, 0, 10), 0.2, 1e-9);                                 // 1 of 5 steps, cosine still 1
  EXPECT_NEAR(rate_factor(options, 50, 10), 0.5, 1e-9);                                // half way
  EXPECT_NEAR(rate_factor(options, 99, 10), 0.5 * (1 + std::cos(0.99 * M_PI)), 1e-9);  // by the formula
}

TEST(RateFactor, StepsMultiply) {
  FitOptions options;
  options.schedule = "step";
  options.warmup_steps = 0;
  options.step_epochs = {2, 4};
  EXPECT_DOUBLE_EQ(rate_factor(options, 19, 10), 1);
  EXPECT_DOUBLE_EQ(rate_factor(options, 20, 10), 0.1);
  EXPECT_NEAR(rate_factor(options, 45, 10), 0.01, 1e-12);
}

}  // namespace
}  // namespace hepatica::train
