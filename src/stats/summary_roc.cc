#include "stats/summary_roc.h"

#include <algorithm>
#include <cmath>

namespace hepatica::stats {
namespace {

constexpr int kGrid = 99;

double logit(double p) { return std::log(p / (1 - p)); }

Hsroc hsroc_of(const BivariateMeta& meta) {
  const double a = std::sqrt(meta.between.first), b = std::sqrt(meta.between.second);
  const double sensitivity = std::sqrt(b / a) * meta.logit_sensitivity;
  const double specificity = -std::sqrt(a / b) * meta.logit_false_positive_rate;
  // Harbord's covariance is with logit specificity: minus that with logit FPR.
  return {0.5 * (sensitivity - specificity),
          sensitivity + specificity,
          std::log(b / a),
          0.5 * (a * b + meta.between.both),
          2 * (a * b - meta.between.both)};
}

double grid_mean(const SummaryRoc& roc, double from, double to) {
  double sum = 0;
  const std::vector<RocPlace> places = roc.curve(from, to, kGrid);
  for (const RocPlace& place : places) sum += place.sensitivity;
  return (sum - 0.5 * (places.front().sensitivity + places.back().sensitivity)) / kGrid;
}

/// Over the logit of the rate, whose weight falls to 0 at both ends: the trapezoid rule is exact to rounding there.
double area_under(const SummaryRoc& roc) {
  const double step = 1.0 / 32;
  double sum = 0;
  for (int i = -40 * 32; i <= 40 * 32; ++i) {
    const double x = step * i, rate = inverse_logit(x);
    const double y = roc.hsroc.lambda * std::exp(-roc.hsroc.beta / 2) + std::exp(-roc.hsroc.beta) * x;
    sum += inverse_logit(y) * rate * (1 - rate) * step;
  }
  return sum;
}

std::vector<RocPlace> region(const BivariateMeta& meta, const Symmetric2& covariance, int count) {
  const double radius = std::sqrt(-2 * std::log(1 - meta.options.confidence));
  const double first = std::sqrt(covariance.first);
  const double slant = first > 0 ? covariance.both / first : 0;
  const double rest = std::sqrt(std::max(covariance.second - slant * slant, 0.0));
  std::vector<RocPlace> outline;
  for (int i = 0; i < count; ++i) {
    const double angle = 2 * M_PI * i / (count - 1), u = radius * std::cos(angle), v = radius * std::sin(angle);
    outline.push_back({inverse_logit(meta.logit_false_positive_rate + slant * u + rest * v),
                       inverse_logit(meta.logit_sensitivity + first * u)});
  }
  return outline;
}

}  // namespace

SummaryRoc summary_roc(const BivariateMeta& meta) {
  SummaryRoc roc;
  const int64_t n = int64_t(meta.studies.size());
  std::vector<double> rates;
  for (const CorrectedStudy& s : meta.used) rates.push_back(s.false_positive / (s.false_positive + s.true_negative));
  roc.lowest_rate = *std::ranges::min_element(rates);
  roc.highest_rate = *std::ranges::max_element(rates);
  if (std::min(meta.between.first, meta.between.second) < 1e-8) {
    roc.reason = "a variance between studies is 0: the curve's slope is not defined";
    roc.area = roc.grid_area = roc.partial_area = undefined(n, roc.reason);
    return roc;
  }
  roc.defined = true;
  roc.hsroc = hsroc_of(meta);
  const std::string reason = "no interval is made";
  roc.area = make_estimate(area_under(roc), std::nullopt, n, "integral over 0 to 1", reason);
  roc.grid_area = make_estimate(grid_mean(roc, 0.01, 0.99), std::nullopt, n, "mean over 99 rates (mada)", reason);
  roc.partial_area = make_estimate(grid_mean(roc, std::max(0.01, roc.lowest_rate), std::min(0.99, roc.highest_rate)),
                                   std::nullopt,
                                   n,
                                   "mean over 99 rates of the studies (mada)",
                                   reason);
  return roc;
}

double SummaryRoc::sensitivity_at(double false_positive_rate) const {
  if (false_positive_rate <= 0) return 0;
  if (false_positive_rate >= 1) return 1;
  return inverse_logit(hsroc.lambda * std::exp(-hsroc.beta / 2) + std::exp(-hsroc.beta) * logit(false_positive_rate));
}

std::vector<RocPlace> SummaryRoc::curve(double from, double to, int count) const {
  std::vector<RocPlace> places;
  for (int i = 0; i < count; ++i) {
    const double rate = from + (to - from) * i / (count - 1);
    places.push_back({rate, sensitivity_at(rate)});
  }
  return places;
}

std::vector<RocPlace> confidence_region(const BivariateMeta& meta, int count) {
  return region(meta, meta.mean_covariance, count);
}

std::vector<RocPlace> prediction_region(const BivariateMeta& meta, int count) {
  const Symmetric2& a = meta.mean_covariance;
  const Symmetric2& b = meta.between;
  return region(meta, {a.first + b.first, a.both + b.both, a.second + b.second}, count);
}

}  // namespace hepatica::stats
