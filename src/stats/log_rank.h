// The log-rank test of equal survival.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stats/chi_square.h"
#include "stats/survival_data.h"

namespace hepatica::stats {

struct LogRankGroup {
  int64_t n = 0, observed = 0;
  double expected = 0;  ///< events, were survival the same in all groups
};

struct LogRank {
  std::vector<LogRankGroup> groups;
  ChiSquareTest test;
};

/// Mantel-Haenszel form with the hypergeometric variance (Peto and Peto, JRSS A 1972), summed over strata. `group` has
/// one number a case, 0 .. k-1; `strata` is empty or has one a case. The test is undefined, with the reason, where
/// there is one group alone, no event, or never two groups at risk together.
LogRank log_rank(const SurvivalData& data, std::span<const uint32_t> group, std::span<const uint32_t> strata = {});

}  // namespace hepatica::stats
