// Agreement of readers beyond chance.
#pragma once

#include <cstdint>
#include <vector>

#include "stats/hypothesis.h"

namespace hepatica::stats {

/// How a disagreement is weighed where the classes have an order: not at all, by their distance, or by its square.
enum class KappaWeights { none, linear, quadratic };

/// Kappa with its interval, and the test of no agreement beyond chance.
struct Kappa {
  Estimate estimate;
  std::optional<double> standard_error;  ///< that of the interval
  double observed = 0, expected = 0;     ///< (weighted) agreement
  Test test;                             ///< z with the standard error under the hypothesis
};

/// Cohen's kappa of two readers (Psychological Bulletin 1968) from their table of counts [class of first][class of
/// second], with the large-sample standard errors of Fleiss, Cohen and Everitt (Psychological Bulletin 1969). Both
/// readers always giving one and the same class: undefined with the reason.
Kappa cohen_kappa(const std::vector<std::vector<int64_t>>& counts,
                  KappaWeights weights = KappaWeights::none,
                  double confidence = 0.95);

/// Fleiss' kappa (Psychological Bulletin 1971) from counts [case][class]; every case read by the same number >= 2 of
/// readers, else Error{bad_values}. Interval: Gwet's large-sample variance (Educational and Psychological Measurement
/// 2021) with Student's t on cases - 1 degrees, cut to [-1, 1]; test: Fleiss, Nee and Landis (Psychological Bulletin
/// 1979).
Kappa fleiss_kappa(const std::vector<std::vector<int64_t>>& counts, double confidence = 0.95);

}  // namespace hepatica::stats
