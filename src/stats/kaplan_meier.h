// The Kaplan-Meier estimate of survival: curve, quantiles, restricted mean.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stats/estimate.h"
#include "stats/survival_data.h"

namespace hepatica::stats {

/// Scale on which the interval of S(t) is symmetric: S, log S, or log(-log S).
enum class SurvivalInterval { plain, log, log_log };

struct KaplanMeierOptions {
  SurvivalInterval interval = SurvivalInterval::log_log;
  double confidence = 0.95;
};

/// The curve from one distinct time on.
struct SurvivalStep {
  double time = 0;
  int64_t at_risk = 0, events = 0, censored = 0;  ///< at risk just before `time`
  double survival = 1;
  std::optional<double> standard_error;  ///< Greenwood's, of S itself; absent where S is 0
  std::optional<double> lower, upper;    ///< pointwise; absent where S is 0
};

/// A curve with one step for each distinct time, events or censorings, in rising order; S is 1 before the first.
struct KaplanMeier {
  std::vector<SurvivalStep> steps;
  int64_t n = 0, events = 0;
  KaplanMeierOptions options;

  /// S(t), continuous from the right; after the last time that of the last step.
  double survival_at(double time) const;
  /// S(t) as an estimate with its interval; undefined beyond the last time.
  Estimate estimate_at(double time) const;
  /// Cases whose time is `time` or later.
  int64_t at_risk(double time) const;
};

/// Kaplan and Meier (JASA 1958), Greenwood's variance; intervals as in Kalbfleisch and Prentice, The Statistical
/// Analysis of Failure Time Data, 2002, ch. 1. Error{bad_values} as `check` does.
KaplanMeier kaplan_meier(const SurvivalData& data, const KaplanMeierOptions& options = {});

/// The time at which a share `p` has had the event: the first with S(t) <= 1 - p, or the middle of the stretch where
/// S is 1 - p exactly. The interval holds the times at which the pointwise interval of S holds 1 - p (Brookmeyer and
/// Crowley, Biometrics 1982). Value or bounds that the curve does not reach are absent, with the reason.
Estimate survival_quantile(const KaplanMeier& curve, double p);

/// Mean time until the event or `tau` > 0, whichever is first: the area under the curve up to tau, with Greenwood's
/// variance (Klein and Moeschberger, Survival Analysis, 2003, eq. 4.5.1-2) and a normal interval. Undefined, with the
/// reason, where the follow-up ends before tau and S is not 0 then.
Estimate restricted_mean(const KaplanMeier& curve, double tau);

std::string name_of(SurvivalInterval interval);

}  // namespace hepatica::stats
