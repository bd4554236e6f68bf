#include "stats/false_claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "stats/distributions.h"

namespace hepatica::stats {
namespace {

constexpr int kSteps = 1000;         // of the congruence between its bounds
constexpr double kRounding = 1e-12;  // of shares computed from shares

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorCode::bad_values, text); }

void check_share(double share, const char* what) {
  if (!(share >= 0 && share <= 1))
    refuse(fmt::format("the {} is {}; it must lie within 0 and 1 (.91 for 91%)", what, share));
}

}  // namespace

double false_claim_probability(double only_claimed, double only_other) {
  if (!(only_claimed >= 0 && only_other >= 0))
    refuse(
        fmt::format("{} and {} are no numbers of discordant cases; they must be 0 or more", only_claimed, only_other));
  return beta_cdf(0.5, only_claimed + 1, only_other + 1);
}

CongruenceRange feasible_congruence(const ReportedAccuracies& reported) {
  check_share(reported.claimed, "accuracy of the claimed method");
  check_share(reported.other, "accuracy of the other method");
  if (reported.n < 1) refuse(fmt::format("{} cases; at least one is needed", reported.n));
  return {std::max(0.0, reported.claimed + reported.other - 1), std::min(reported.claimed, reported.other)};
}

double false_claim_at(const ReportedAccuracies& reported, double congruence) {
  const CongruenceRange range = feasible_congruence(reported);
  if (!(congruence >= range.low - kRounding && congruence <= range.high + kRounding))
    refuse(fmt::format(
        "a share of {} right by both does not fit accuracies of {} and {}; it must lie within {:.4g} and {:.4g}",
        congruence,
        reported.claimed,
        reported.other,
        range.low,
        range.high));
  const double n = double(reported.n);
  return false_claim_probability(std::max(0.0, n * (reported.claimed - congruence)),
                                 std::max(0.0, n * (reported.other - congruence)));
}

FalseClaimRange false_claim_range(const ReportedAccuracies& reported) {
  const CongruenceRange feasible = feasible_congruence(reported);
  FalseClaimRange range;
  range.lowest = 2;
  range.highest = -1;
  for (int step = 0; step <= kSteps; ++step) {
    const double congruence = feasible.low + (feasible.high - feasible.low) * step / kSteps;
    const double p = false_claim_at(reported, congruence);
    if (p < range.lowest) range.lowest = p, range.lowest_congruence = congruence;
    if (p > range.highest) range.highest = p, range.highest_congruence = congruence;
  }
  range.independent = false_claim_at(reported, reported.claimed * reported.other);
  return range;
}

FalseClaim false_claim_of_means(const ReportedMeans& reported) {
  if (reported.n < 2) refuse(fmt::format("{} cases; a standard deviation needs at least two", reported.n));
  if (!(reported.claimed_sd >= 0 && reported.other_sd >= 0)) refuse("a standard deviation must be 0 or more");
  if (!(std::abs(reported.correlation) <= 1))
    refuse(fmt::format("a correlation of {}; it must lie within -1 and 1", reported.correlation));
  if (!std::isfinite(reported.claimed) || !std::isfinite(reported.other)) refuse("a mean must be a finite number");
  const double variance = reported.claimed_sd * reported.claimed_sd + reported.other_sd * reported.other_sd -
                          2 * reported.correlation * reported.claimed_sd * reported.other_sd;
  if (!(variance > 1e-18)) return {{}, "the difference of the methods does not vary over the cases"};
  const double t = std::sqrt(double(reported.n) / variance) * (reported.other - reported.claimed);
  return {student_cdf(t, double(reported.n - 1)), ""};
}

}  // namespace hepatica::stats
