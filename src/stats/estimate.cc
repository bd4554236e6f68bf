#include "stats/estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hepatica::stats {
namespace {

nlohmann::json number_or_null(const std::optional<double>& number) {
  return number ? nlohmann::json(*number) : nlohmann::json(nullptr);
}

}  // namespace

Estimate undefined(int64_t n, const std::string& reason) {
  Estimate estimate;
  estimate.n = n;
  estimate.reason = reason;
  return estimate;
}

Estimate make_estimate(
    double value, std::optional<Interval> interval, int64_t n, const std::string& method, const std::string& reason) {
  if (!std::isfinite(value)) return undefined(n, reason.empty() ? "the value is not finite" : reason);
  Estimate estimate{value, {}, {}, n, method, reason};
  if (!interval || !std::isfinite(interval->lower) || !std::isfinite(interval->upper)) {
    if (estimate.reason.empty()) estimate.reason = "the interval is not defined";
    return estimate;
  }
  const double rounding = 1e-12 * std::max(1.0, std::abs(value));
  if (interval->lower > value + rounding || interval->upper < value - rounding) {
    estimate.reason = fmt::format("the {} interval does not hold the value: the statistic is biased at this n", method);
    return estimate;
  }
  estimate.lower = std::min(interval->lower, value);
  estimate.upper = std::max(interval->upper, value);
  return estimate;
}

nlohmann::json json_from_estimate(const Estimate& estimate) {
  nlohmann::json json{{"value", number_or_null(estimate.value)},
                      {"lower", number_or_null(estimate.lower)},
                      {"upper", number_or_null(estimate.upper)},
                      {"n", estimate.n},
                      {"method", estimate.method}};
  if (!estimate.reason.empty()) json["reason"] = estimate.reason;
  return json;
}

std::string text_from_estimate(const Estimate& estimate, int digits) {
  if (!estimate.value) return fmt::format("undefined ({})", estimate.reason);
  std::string text = fmt::format("{:.{}f}", *estimate.value, digits);
  if (estimate.lower && estimate.upper)
    text += fmt::format(" ({:.{}f} to {:.{}f})", *estimate.lower, digits, *estimate.upper, digits);
  return text + fmt::format(", n = {}", estimate.n);
}

}  // namespace hepatica::stats
