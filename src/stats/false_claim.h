// The probability that a method which was claimed better is not (Christodoulou et al., False Promises in Medical
// Imaging AI?, arXiv 2505.04720, 2025), from paired predictions or from reported figures.
#pragma once

#include <optional>

#include "stats/hypothesis.h"

namespace hepatica::stats {

/// P(the accuracy of the claimed method <= that of the other) given the discordant cases, which may be fractional where
/// they were derived from rounded figures. The uniform Dirichlet posterior of the four cells is aggregated to the two
/// discordant ones, whose share is Beta(only_claimed + 1, only_other + 1): I_1/2 of it, without sampling.
/// Error{bad_values} where a count is negative.
double false_claim_probability(double only_claimed, double only_other);

/// Reported accuracies of two methods on the same n cases.
struct ReportedAccuracies {
  double claimed = 0, other = 0;
  int64_t n = 0;
};

/// Share of cases that both methods get right: what the figures allow.
struct CongruenceRange {
  double low = 0, high = 0;
};
/// max(0, a + b - 1) to min(a, b). Error{bad_values} where the accuracies are not within 0 and 1 or n < 1.
CongruenceRange feasible_congruence(const ReportedAccuracies& reported);

/// With that congruence. Error{bad_values} where the figures do not allow it.
double false_claim_at(const ReportedAccuracies& reported, double congruence);

/// The least and the greatest probability over all feasible congruences, and the one where both methods err
/// independently (congruence claimed * other).
struct FalseClaimRange {
  double lowest = 0, lowest_congruence = 0;
  double highest = 0, highest_congruence = 0;
  double independent = 0;
};
FalseClaimRange false_claim_range(const ReportedAccuracies& reported);

/// Reported mean Dice of two methods on the same n cases.
struct ReportedMeans {
  double claimed = 0, claimed_sd = 0, other = 0, other_sd = 0;
  double correlation = 0;  ///< of the two methods' values over the cases
  int64_t n = 0;
};
/// Student's t with n - 1 degrees of freedom at sqrt(n) (other - claimed) / sd of the difference. Absent with the
/// reason where the difference does not vary. Error{bad_values} where a figure is out of its range.
struct FalseClaim {
  std::optional<double> probability;
  std::string reason;
};
FalseClaim false_claim_of_means(const ReportedMeans& reported);

}  // namespace hepatica::stats
