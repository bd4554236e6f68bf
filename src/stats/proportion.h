// Intervals for a proportion of independent cases.
#pragma once

#include "stats/estimate.h"

namespace hepatica::stats {

/// Wilson's score interval (Wilson, JASA 1927). 0 <= successes <= n; n = 0 gives an undefined estimate.
Estimate wilson(int64_t successes, int64_t n, double confidence = 0.95);

/// The exact interval (Clopper and Pearson, Biometrika 1934).
Estimate clopper_pearson(int64_t successes, int64_t n, double confidence = 0.95);

/// "Wilson 95%": a method's name with its confidence in percent.
std::string method_name(const std::string& method, double confidence);

}  // namespace hepatica::stats
