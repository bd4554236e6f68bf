#include "stats/proportion.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "stats/distributions.h"

namespace hepatica::stats {
namespace {

void check(int64_t successes, int64_t n, double confidence) {
  if (successes < 0 || n < 0 || successes > n)
    throw Error(ErrorCode::bad_values,
                fmt::format("{} of {} is not a proportion; the count must lie within 0 and the total", successes, n));
  if (!(confidence > 0 && confidence < 1))
    throw Error(ErrorCode::bad_values,
                fmt::format("a confidence of {} is not within 0 and 1; use .95 for 95%", confidence));
}

}  // namespace

std::string method_name(const std::string& method, double confidence) {
  return fmt::format("{} {:.4g}%", method, 100 * confidence);
}

Estimate wilson(int64_t successes, int64_t n, double confidence) {
  check(successes, n, confidence);
  if (n == 0) return undefined(0, "there is no case in the denominator");
  const double p = double(successes) / double(n), count = double(n);
  const double z = normal_quantile(0.5 + confidence / 2), z2 = z * z;
  const double center = (p + z2 / (2 * count)) / (1 + z2 / count);
  const double half = z / (1 + z2 / count) * std::sqrt(p * (1 - p) / count + z2 / (4 * count * count));
  const Interval interval{successes == 0 ? 0 : center - half, successes == n ? 1 : center + half};
  return make_estimate(p, interval, n, method_name("Wilson", confidence));
}

Estimate clopper_pearson(int64_t successes, int64_t n, double confidence) {
  check(successes, n, confidence);
  if (n == 0) return undefined(0, "there is no case in the denominator");
  const double tail = (1 - confidence) / 2, k = double(successes), count = double(n);
  const Interval interval{successes == 0 ? 0 : beta_quantile(tail, k, count - k + 1),
                          successes == n ? 1 : beta_quantile(1 - tail, k + 1, count - k)};
  return make_estimate(k / count, interval, n, method_name("Clopper-Pearson", confidence));
}

}  // namespace hepatica::stats
