#include "stats/kaplan_meier.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "stats/distributions.h"
#include "stats/proportion.h"

namespace hepatica::stats {
namespace {

/// S that differ by rounding alone are the same level of the curve.
constexpr double kSameLevel = 1e-10;

double z_of(double confidence) { return normal_quantile(0.5 + confidence / 2); }

/// Interval of S > 0 whose log has the standard error `error`.
Interval interval_of(double survival, double error, const KaplanMeierOptions& options) {
  const double z = z_of(options.confidence);
  if (survival >= 1 || error == 0) return {survival, survival};
  switch (options.interval) {
    case SurvivalInterval::plain:
      return {std::max(0.0, survival * (1 - z * error)), std::min(1.0, survival * (1 + z * error))};
    case SurvivalInterval::log:
      return {survival * std::exp(-z * error), std::min(1.0, survival * std::exp(z * error))};
    case SurvivalInterval::log_log:
      break;
  }
  const double log_survival = std::log(survival), spread = z * error / -log_survival;
  return {std::exp(log_survival * std::exp(spread)), std::exp(log_survival * std::exp(-spread))};
}

std::vector<SurvivalStep> counted_steps(const SurvivalData& data) {
  std::map<double, SurvivalStep> by_time;
  for (size_t i = 0; i < data.size(); ++i) {
    SurvivalStep& step = by_time[data.time[i]];
    step.time = data.time[i];
    (data.event[i] ? step.events : step.censored) += 1;
  }
  std::vector<SurvivalStep> steps;
  int64_t at_risk = int64_t(data.size());
  for (auto& [time, step] : by_time) {
    step.at_risk = at_risk;
    at_risk -= step.events + step.censored;
    steps.push_back(step);
  }
  return steps;
}

/// First time at which `level(step)` is at or below `target`, or the middle of the stretch at `target`.
template <class Level>
std::optional<double> crossing(const std::vector<SurvivalStep>& steps, double target, const Level& level) {
  for (size_t i = 0; i < steps.size(); ++i) {
    const double here = level(steps[i]);
    if (here > target + kSameLevel) continue;
    if (here < target - kSameLevel) return steps[i].time;
    for (size_t next = i + 1; next < steps.size(); ++next)
      if (level(steps[next]) < target - kSameLevel) return 0.5 * (steps[i].time + steps[next].time);
    return steps[i].time;
  }
  return std::nullopt;
}

}  // namespace

KaplanMeier kaplan_meier(const SurvivalData& data, const KaplanMeierOptions& options) {
  check(data);
  KaplanMeier curve{counted_steps(data), int64_t(data.size()), data.events(), options};
  double survival = 1, variance_of_log = 0;
  for (SurvivalStep& step : curve.steps) {
    const double n = double(step.at_risk), d = double(step.events);
    survival *= (n - d) / n;
    if (step.events > 0 && step.events < step.at_risk) variance_of_log += d / (n * (n - d));
    step.survival = survival;
    if (survival == 0) continue;
    const double error = std::sqrt(variance_of_log);
    const Interval interval = interval_of(survival, error, options);
    step.standard_error = survival * error;
    step.lower = interval.lower;
    step.upper = interval.upper;
  }
  return curve;
}

double KaplanMeier::survival_at(double time) const {
  const auto after = std::ranges::upper_bound(steps, time, {}, &SurvivalStep::time);
  return after == steps.begin() ? 1 : std::prev(after)->survival;
}

Estimate KaplanMeier::estimate_at(double time) const {
  const std::string method = method_name("Greenwood, " + name_of(options.interval), options.confidence);
  if (time > steps.back().time && steps.back().survival > 0)
    return undefined(n, fmt::format("follow-up ends at {:.6g}", steps.back().time));
  const auto after = std::ranges::upper_bound(steps, time, {}, &SurvivalStep::time);
  if (after == steps.begin()) return make_estimate(1, Interval{1, 1}, n, method);
  const SurvivalStep& step = *std::prev(after);
  if (!step.lower) return make_estimate(0, std::nullopt, n, method, "survival is 0: it has no interval");
  return make_estimate(step.survival, Interval{*step.lower, *step.upper}, n, method);
}

int64_t KaplanMeier::at_risk(double time) const {
  const auto step = std::ranges::lower_bound(steps, time, {}, &SurvivalStep::time);
  return step == steps.end() ? 0 : step->at_risk;
}

Estimate survival_quantile(const KaplanMeier& curve, double p) {
  HEPATICA_ASSERT(p > 0 && p < 1);
  const double target = 1 - p;
  const auto at = [&](auto level) { return crossing(curve.steps, target, level); };
  Estimate estimate;
  estimate.n = curve.n;
  estimate.method = method_name("Brookmeyer-Crowley, " + name_of(curve.options.interval), curve.options.confidence);
  estimate.value = at([](const SurvivalStep& s) { return s.survival; });
  estimate.lower = at([](const SurvivalStep& s) { return s.lower.value_or(0); });
  // At S = 0 there is no upper bound of S, so the curve of upper bounds ends at the step before.
  estimate.upper = at([](const SurvivalStep& s) { return s.upper.value_or(1); });
  if (curve.events == 0)
    estimate.reason = "there is no event";
  else if (!estimate.value)
    estimate.reason =
        fmt::format("survival stays above {:.4g}: it ends at {:.4f}", target, curve.steps.back().survival);
  else if (!estimate.upper)
    estimate.reason = fmt::format("the upper limit of survival stays above {:.4g}: no upper bound", target);
  return estimate;
}

Estimate restricted_mean(const KaplanMeier& curve, double tau) {
  HEPATICA_ASSERT(tau > 0);
  const std::string method = method_name("Greenwood, area under the curve", curve.options.confidence);
  if (tau > curve.steps.back().time && curve.steps.back().survival > 0)
    return undefined(curve.n, fmt::format("follow-up ends at {:.6g}, before {:.6g}", curve.steps.back().time, tau));
  double end = tau, area = 0, variance = 0;
  for (size_t i = curve.steps.size(); i-- > 0;) {
    const SurvivalStep& step = curve.steps[i];
    if (step.time >= tau) continue;
    area += step.survival * (end - step.time);
    end = step.time;
    const double n = double(step.at_risk), d = double(step.events);
    if (n > d) variance += area * area * d / (n * (n - d));
  }
  area += end;
  const double half = z_of(curve.options.confidence) * std::sqrt(variance);
  return make_estimate(area, Interval{area - half, area + half}, curve.n, method);
}

std::string name_of(SurvivalInterval interval) {
  switch (interval) {
    case SurvivalInterval::plain:
      return "plain";
    case SurvivalInterval::log:
      return "log";
    case SurvivalInterval::log_log:
      break;
  }
  return "log-log";
}

}  // namespace hepatica::stats
