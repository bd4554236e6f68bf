// Slope and intercept of calibration.
#pragma once

#include <cstdint>
#include <span>

#include "stats/estimate.h"

namespace hepatica::stats {

/// Logistic recalibration (Cox, Biometrika 1958; Van Calster et al., BMC Medicine 2019): `slope` is b of logit P(y) = a
/// + b logit p, 1 for a calibrated model and below 1 for one whose probabilities are too extreme; `intercept` is a of
/// the model with b held at 1 (calibration in the large), 0 for a calibrated model and below 0 where risks are too
/// high.
struct Recalibration {
  Estimate slope, intercept;
};

/// Wald intervals; the standard errors are robust to the clusters' correlation (Liang and Zeger, Biometrika 1986,
/// without small-sample factor) where some cluster holds more than one case. Probabilities below 1e-9 or above 1 - 1e-9
/// are taken as these. Undefined with the reason: one class absent, the probability separates the classes fully, or it
/// never varies (slope).
Recalibration recalibrate(std::span<const double> probability,
                          std::span<const uint8_t> is_positive,
                          std::span<const uint32_t> cluster_of_case,
                          double confidence = 0.95);

}  // namespace hepatica::stats
