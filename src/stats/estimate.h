// No statistic leaves this room as a bare number.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace hepatica::stats {

struct Interval {
  double lower = 0, upper = 0;
};

/// A statistic with its confidence interval. Where something is not defined it is absent, and `reason` says why.
/// A number that is present is finite, and lower <= value <= upper up to rounding.
struct Estimate {
  std::optional<double> value, lower, upper;
  int64_t n = 0;       ///< cases it rests on (its denominator for proportions)
  std::string method;  ///< how the interval was made, such as "Wilson 95%"
  std::string reason;  ///< why value or interval is absent or to be read with care; empty otherwise
};

/// No value, and why.
Estimate undefined(int64_t n, const std::string& reason);

/// `interval` absent gives an estimate without bounds and the `reason`. A value that is not finite becomes `undefined`;
/// bounds that do not enclose the value are left out with a reason.
Estimate make_estimate(double value,
                       std::optional<Interval> interval,
                       int64_t n,
                       const std::string& method,
                       const std::string& reason = "");

/// {"value", "lower", "upper", "n", "method", "reason"}; null where absent, "reason" only where there is one.
nlohmann::json json_from_estimate(const Estimate& estimate);

/// ".942 (.901 to .967), n = 60", or "undefined (reason)".
std::string text_from_estimate(const Estimate& estimate, int digits = 3);

}  // namespace hepatica::stats
