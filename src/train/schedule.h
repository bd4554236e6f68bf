// Learning rates and momentum of each step, and rules that a recipe leaves to the size of its data.
#pragma once

#include "train/fit.h"
#include "train/optimizer.h"

namespace hepatica::train {

/// Steps of the warm-up: `warmup_epochs` of them, else `warmup_steps`.
int64_t warmup_length(const FitOptions& options, int64_t steps_per_epoch);

/// The schedule's factor on the learning rate at step `step` (from 0), without the warm-up.
double rate_factor(const FitOptions& options, int64_t step, int64_t steps_per_epoch);

/// Rates and momentum of step `step` (from 0): the schedule's, in the warm-up on a straight line towards them: weights
/// from 0, biases from `warmup_bias_rate`, momentum from `warmup_momentum`.
StepRates step_rates(const FitOptions& options, int64_t step, int64_t steps_per_epoch);

/// Batches whose gradients make one step: max(round(nominal_batch / batch), 1), which in the warm-up grows from 1; 1
/// without a nominal batch.
int64_t accumulated_batches(const FitOptions& options, int64_t step, int64_t steps_per_epoch);

/// The options with what depends on the data filled in: the optimiser "auto" (YOLOv8's rule: iterations =
/// ceil(items / max(batch, nominal)) * epochs; above 10,000 sgd at .01 with Nesterov momentum .9, else adamw at
/// .002 * 5 / (4 + classes), rounded to six places, and the biases warm up from 0), and the weight decay of a nominal
/// batch, times batch * accumulated / nominal.
FitOptions resolved(FitOptions options, size_t items, size_t classes);

}  // namespace hepatica::train
