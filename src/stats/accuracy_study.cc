#include "stats/accuracy_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "stats/distributions.h"
#include "stats/proportion.h"

namespace hepatica::stats {
namespace {

bool has_zero(const AccuracyStudy& s) {
  return s.true_positive == 0 || s.false_negative == 0 || s.false_positive == 0 || s.true_negative == 0;
}

std::string fault_of(const AccuracyStudy& s, Correction correction) {
  if (std::min({s.true_positive, s.false_negative, s.false_positive, s.true_negative}) < 0)
    return "a count is negative; counts are 0 or more";
  if (s.true_positive + s.false_negative == 0) return "no diseased case: it has no sensitivity; leave it out";
  if (s.false_positive + s.true_negative == 0) return "no healthy case: it has no specificity; leave it out";
  if (correction == Correction::none && has_zero(s)) return "a count of 0 has no logit; use a continuity correction";
  return "";
}

void check(const std::vector<AccuracyStudy>& studies, Correction correction) {
  std::string faults;
  int count = 0;
  for (size_t i = 0; i < studies.size() && count < 10; ++i) {
    const std::string fault = fault_of(studies[i], correction);
    if (!fault.empty()) faults += fmt::format("{}study {}: {}", count++ ? "; " : "", i + 1, fault);
  }
  if (count > 0) throw Error(ErrorCode::bad_values, faults);
}

/// A ratio whose logarithm has that variance.
Estimate ratio(double value, double variance, int64_t n, bool is_corrected, double confidence) {
  const double spread = std::exp(normal_quantile(0.5 + confidence / 2) * std::sqrt(variance));
  const std::string name = is_corrected ? "log scale, 0.5 added to each count," : "log scale,";
  return make_estimate(value, Interval{value / spread, value * spread}, n, method_name(name, confidence));
}

}  // namespace

double CorrectedStudy::logit_sensitivity() const { return std::log(true_positive / false_negative); }
double CorrectedStudy::logit_false_positive_rate() const { return std::log(false_positive / true_negative); }
double CorrectedStudy::sensitivity_variance() const { return 1 / true_positive + 1 / false_negative; }
double CorrectedStudy::false_positive_rate_variance() const { return 1 / false_positive + 1 / true_negative; }

std::vector<CorrectedStudy> corrected(const std::vector<AccuracyStudy>& studies, Correction correction) {
  check(studies, correction);
  const bool any = correction == Correction::all && std::ranges::any_of(studies, has_zero);
  std::vector<CorrectedStudy> result;
  for (const AccuracyStudy& s : studies) {
    const bool here = any || (correction == Correction::single && has_zero(s));
    const double add = here ? kContinuityCorrection : 0;
    result.push_back({double(s.true_positive) + add,
                      double(s.false_negative) + add,
                      double(s.false_positive) + add,
                      double(s.true_negative) + add,
                      here});
  }
  return result;
}

StudyEstimates study_estimates(const AccuracyStudy& study, const CorrectedStudy& c, double confidence) {
  const int64_t diseased = study.true_positive + study.false_negative;
  const int64_t healthy = study.false_positive + study.true_negative, n = diseased + healthy;
  const double positives = c.true_positive + c.false_negative, negatives = c.false_positive + c.true_negative;
  const double sensitivity = c.true_positive / positives, false_rate = c.false_positive / negatives;
  const auto ratio_of = [&](double value, double variance) {
    return std::isfinite(value) && value > 0 ? ratio(value, variance, n, c.corrected, confidence)
                                             : undefined(n, "a count of 0 without a correction");
  };
  return {
      wilson(study.true_positive, diseased, confidence),
      wilson(study.true_negative, healthy, confidence),
      wilson(study.false_positive, healthy, confidence),
      ratio_of(sensitivity / false_rate, 1 / c.true_positive - 1 / positives + 1 / c.false_positive - 1 / negatives),
      ratio_of((1 - sensitivity) / (1 - false_rate),
               1 / c.false_negative - 1 / positives + 1 / c.true_negative - 1 / negatives),
      ratio_of(c.true_positive * c.true_negative / (c.false_positive * c.false_negative),
               c.sensitivity_variance() + c.false_positive_rate_variance())};
}

std::string name_of(Correction correction) {
  switch (correction) {
    case Correction::all:
      return "all";
    case Correction::single:
      return "single";
    case Correction::none:
      break;
  }
  return "none";
}

}  // namespace hepatica::stats
