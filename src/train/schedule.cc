#include "train/schedule.h"

#include <algorithm>
#include <cmath>

namespace hepatica::train {
namespace {

constexpr double kUsualNominal = 64;       ///< of YOLOv8's rule
constexpr double kManyIterations = 10000;  ///< above them the rule takes sgd

double line(double done, double from, double to) { return from + done * (to - from); }

/// Part of the warm-up that is over before `step`; 1 after it.
double warmed(const FitOptions& options, int64_t step, int64_t steps_per_epoch) {
  const int64_t length = warmup_length(options, steps_per_epoch);
  if (step >= length) return 1;
  // Counted in epochs the first step has no rate yet, as in YOLOv8; counted in steps it has.
  return options.warmup_epochs > 0 ? double(step) / double(length) : double(step + 1) / double(length + 1);
}

}  // namespace

int64_t warmup_length(const FitOptions& options, int64_t steps_per_epoch) {
  return options.warmup_epochs > 0 ? std::llround(options.warmup_epochs * double(steps_per_epoch))
                                   : options.warmup_steps;
}

double rate_factor(const FitOptions& options, int64_t step, int64_t steps_per_epoch) {
  const int64_t counted = options.schedule_by_epoch ? step / steps_per_epoch * steps_per_epoch : step;
  const double done = double(counted) / (double(options.epochs) * double(steps_per_epoch));
  if (options.schedule == "cosine")
    return options.final_rate + (1 - options.final_rate) * 0.5 * (1 + std::cos(done * M_PI));
  if (options.schedule == "linear") return 1 - done * (1 - options.final_rate);
  double factor = 1;
  if (options.schedule == "step") {
    for (const double epoch : options.step_epochs) {
      if (double(step) >= epoch * double(steps_per_epoch)) factor *= options.step_factor;
    }
  }
  return factor;
}

StepRates step_rates(const FitOptions& options, int64_t step, int64_t steps_per_epoch) {
  const double rate = options.learning_rate * rate_factor(options, step, steps_per_epoch);
  const double done = warmed(options, step, steps_per_epoch);
  return {line(done, 0, rate),
          line(done, options.warmup_bias_rate, rate),
          line(done, options.warmup_momentum.value_or(options.momentum), options.momentum)};
}

int64_t accumulated_batches(const FitOptions& options, int64_t step, int64_t steps_per_epoch) {
  if (options.nominal_batch == 0) return 1;
  const double whole = double(options.nominal_batch) / double(options.batch);
  const int64_t length = warmup_length(options, steps_per_epoch);
  const double done = step < length ? double(step) / double(length) : 1;
  return std::max<int64_t>(1, std::llround(line(done, 1, whole)));
}

FitOptions resolved(FitOptions options, size_t items, size_t classes) {
  if (options.optimizer == "auto") {
    const double nominal = options.nominal_batch > 0 ? options.nominal_batch : kUsualNominal;
    const double iterations = std::ceil(double(items) / std::max(double(options.batch), nominal)) * options.epochs;
    const bool many = iterations > kManyIterations;
    options.optimizer = many ? "sgd" : "adamw";
    options.learning_rate = many ? 0.01 : std::round(0.002 * 5 / (4 + double(classes)) * 1e6) / 1e6;
    options.momentum = 0.9;
    options.nesterov = many;
    if (!many) options.warmup_bias_rate = 0;
  }
  if (options.nominal_batch > 0) {
    const int64_t accumulated =
        std::max<int64_t>(1, std::llround(double(options.nominal_batch) / double(options.batch)));
    options.weight_decay *= double(options.batch) * double(accumulated) / double(options.nominal_batch);
  }
  return options;
}

}  // namespace hepatica::train
