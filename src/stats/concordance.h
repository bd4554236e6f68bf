// Does a higher risk score go with an earlier event?
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stats/estimate.h"
#include "stats/survival_data.h"

namespace hepatica::stats {

/// Pairs of cases of one stratum of which one is known to have its event first, and the share in which that case has
/// the higher score (ties of the score count one half).
struct Concordance {
  double concordant = 0, discordant = 0, tied_risk = 0;  ///< (weighted) pairs that can be compared
  double tied_time = 0;                                  ///< pairs with events at the same time, which cannot
  Estimate estimate;                                     ///< (concordant + tied_risk / 2) / all comparable
};

/// Harrell's C (Harrell, Lee and Mark, Statistics in Medicine 1996). `risk`: higher means earlier. A case censored at
/// the time of another's event counts as later. Interval: normal, with the infinitesimal jackknife's variance as in
/// survival::concordance (Therneau and Watson 2015). Undefined, with the reason, where no pair can be compared.
/// Infinite scores rank as such; Error{bad_values} on NaN.
Concordance harrell_c(const SurvivalData& data,
                      std::span<const double> risk,
                      std::span<const uint32_t> strata = {},
                      double confidence = 0.95);

/// Uno's C (Uno et al., Statistics in Medicine 2011): each event before `tau` (absent: every event) counts 1/G(t-)^2,
/// where G is the Kaplan-Meier estimate of not being censored; so it does not depend on the censoring. The variance
/// takes G as known.
Concordance uno_c(const SurvivalData& data,
                  std::span<const double> risk,
                  std::optional<double> tau = std::nullopt,
                  double confidence = 0.95);

}  // namespace hepatica::stats
