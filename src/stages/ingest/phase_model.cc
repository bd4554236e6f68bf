#include "stages/ingest/phase_model.h"

#include <algorithm>
#include <cmath>

namespace hepatica {
namespace {

// Printed by tools/fit_phase_model for the aorta alone.
constexpr double kEnhancedOffset = -11.47, kEnhancedPerHu = 0.1497;
constexpr double kArterialOffset = -12.21, kArterialPerHu = 0.0736;

// One series in six is delayed, where nothing else is known.
constexpr double kDelayedShare = 0.15;

/// Log of 1 / (1 + exp(-x)), safe for large |x|.
double log_logistic(double x) { return x > 0 ? -std::log1p(std::exp(-x)) : x - std::log1p(std::exp(x)); }

double log_normal(double value, double mean, double deviation) {
  const double z = (value - mean) / deviation;
  // Tails fall off linearly: a liver of odd brightness is not proof of anything.
  return -std::log(deviation) - (std::abs(z) < 2.5 ? 0.5 * z * z : 2.5 * std::abs(z) - 3.125);
}

void add_aorta(double hu, std::array<double, 4>& logs) {
  const double enhanced = kEnhancedOffset + kEnhancedPerHu * std::min(hu, 150.0);
  const double arterial = kArterialOffset + kArterialPerHu * std::min(hu, 250.0);
  logs[0] += log_logistic(-enhanced);
  logs[1] += log_logistic(enhanced) + log_logistic(arterial);
  const double venous = log_logistic(enhanced) + log_logistic(-arterial);
  logs[2] += venous + std::log(1 - kDelayedShare) + log_normal(hu, 125, 22);
  logs[3] += venous + std::log(kDelayedShare) + log_normal(hu, 98, 16);
  // The two share the venous part: what sets them apart must not count against arterial.
  const double best = std::max(log_normal(hu, 125, 22), log_normal(hu, 98, 16));
  logs[2] -= best, logs[3] -= best;
}

void add_liver(double hu, std::array<double, 4>& logs) {
  logs[0] += log_normal(hu, 52, 14);
  logs[1] += log_normal(hu, 72, 15);
  logs[2] += log_normal(hu, 107, 17);
  logs[3] += log_normal(hu, 93, 15);
}

}  // namespace

std::array<double, 4> phase_probabilities(const OrganHu& organs) {
  std::array<double, 4> logs{0, 0, 0, 0};
  if (organs.aorta) add_aorta(*organs.aorta, logs);
  if (organs.liver) add_liver(*organs.liver, logs);
  if (organs.aorta && organs.renal_pelvis)
    logs[3] += std::clamp((*organs.renal_pelvis - *organs.aorta - 120) / 25, -2.5, 4.0);
  const double largest = *std::max_element(logs.begin(), logs.end());
  std::array<double, 4> probabilities{};
  double total = 0;
  for (size_t i = 0; i < 4; ++i) total += probabilities[i] = std::exp(logs[i] - largest);
  for (double& p : probabilities) p /= total;
  return probabilities;
}

}  // namespace hepatica
