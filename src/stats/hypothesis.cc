#include "stats/hypothesis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "stats/distributions.h"
#include "stats/proportion.h"
#include "stats/roc.h"

namespace hepatica::stats {
namespace {

/// P(X = k) of n fair coins.
double fair_coins(int64_t k, int64_t n) {
  return std::exp(std::lgamma(double(n) + 1) - std::lgamma(double(k) + 1) - std::lgamma(double(n - k) + 1) -
                  double(n) * std::log(2.0));
}

/// P(X <= k) of n fair coins.
double at_most(int64_t k, int64_t n) { return k >= n ? 1 : beta_cdf(0.5, double(n - k), double(k + 1)); }

Test no_discordance(const std::string& method, const PairedCounts& counts) {
  Test test{method, {}, {}, 1.0, {}, counts.n(), "no case on which one method is right and the other wrong"};
  if (counts.n() == 0) test = undefined_outcome(method, 0, "there is no case");
  return test;
}

struct Moments {
  double mean = 0, variance = 0;  // sample variance; 0 for one value
  double n = 0;
};

Moments moments_of(std::span<const double> values) {
  Moments m;
  m.n = double(values.size());
  m.mean = std::accumulate(values.begin(), values.end(), 0.0) / m.n;
  for (double value : values) m.variance += (value - m.mean) * (value - m.mean);
  m.variance = values.size() > 1 ? m.variance / (m.n - 1) : 0;
  return m;
}

/// The t test of a difference with its standard error; `scale` is the size of the values, below whose rounding a
/// standard error counts as 0.
DifferenceTest t_outcome(const std::string& method,
                         double difference,
                         double error,
                         double degrees,
                         int64_t n,
                         double scale,
                         double confidence) {
  const std::string interval = method_name(method, confidence);
  if (!(error > 1e-14 * std::max(scale, 1e-300))) {
    const std::string reason = std::abs(difference) > 1e-14 * scale
                                   ? "the values do not vary, so that the standard error is 0"
                                   : "the values are equal and do not vary";
    return {undefined_outcome(method, n, reason), make_estimate(difference, std::nullopt, n, interval, reason)};
  }
  const double t = difference / error, half = student_quantile(0.5 + confidence / 2, degrees) * error;
  return {{method, t, degrees, student_two_sided(t, degrees), {}, n, ""},
          make_estimate(difference, Interval{difference - half, difference + half}, n, interval)};
}

double largest(std::span<const double> a, std::span<const double> b) {
  double scale = 0;
  for (double value : a) scale = std::max(scale, std::abs(value));
  for (double value : b) scale = std::max(scale, std::abs(value));
  return scale;
}

void check_finite(std::span<const double> values) {
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw Error(ErrorCode::bad_values, fmt::format("value {} is not a finite number; leave the case out", i + 1));
}

/// Too few values for a test of two groups.
std::optional<DifferenceTest> too_few(const std::string& method, std::span<const double> a, std::span<const double> b) {
  check_finite(a);
  check_finite(b);
  const auto n = int64_t(a.size() + b.size());
  if (a.size() >= 2 && b.size() >= 2) return std::nullopt;
  const std::string reason =
      fmt::format("a group has {} value(s); the test needs two of each", std::min(a.size(), b.size()));
  Estimate difference = undefined(n, reason);
  if (!a.empty() && !b.empty())
    difference = make_estimate(moments_of(a).mean - moments_of(b).mean, std::nullopt, n, method, reason);
  return DifferenceTest{undefined_outcome(method, n, reason), difference};
}

/// Newcombe's interval from the Wilson intervals of both proportions and their correlation.
Interval newcombe(const Estimate& a, const Estimate& b, double phi) {
  const double difference = *a.value - *b.value;
  const double dl = *a.value - *a.lower, du = *b.upper - *b.value, el = *b.value - *b.lower, eu = *a.upper - *a.value;
  return {difference - std::sqrt(std::max(0.0, dl * dl - 2 * phi * dl * du + du * du)),
          difference + std::sqrt(std::max(0.0, el * el - 2 * phi * el * eu + eu * eu))};
}

}  // namespace

Test undefined_outcome(const std::string& method, int64_t n, const std::string& reason) {
  return {method, {}, {}, {}, {}, n, reason};
}

nlohmann::json json_from_outcome(const Test& test) {
  const auto number = [](const std::optional<double>& x) { return x ? nlohmann::json(*x) : nlohmann::json(nullptr); };
  nlohmann::json json{{"method", test.method}, {"p", number(test.p)}, {"n", test.n}};
  json["statistic"] = number(test.statistic);
  json["degrees"] = number(test.degrees);
  if (test.denominator) json["denominator"] = *test.denominator;
  if (!test.reason.empty()) json["reason"] = test.reason;
  return json;
}

PairedCounts paired_counts(std::span<const uint8_t> first_right, std::span<const uint8_t> second_right) {
  HEPATICA_ASSERT(first_right.size() == second_right.size());
  PairedCounts counts;
  for (size_t i = 0; i < first_right.size(); ++i) {
    int64_t& cell = first_right[i] ? (second_right[i] ? counts.both : counts.only_first)
                                   : (second_right[i] ? counts.only_second : counts.neither);
    ++cell;
  }
  return counts;
}

Test mcnemar_exact(const PairedCounts& counts) {
  const int64_t n = counts.only_first + counts.only_second, k = std::min(counts.only_first, counts.only_second);
  if (n == 0) return no_discordance("McNemar, exact", counts);
  const double p = 2 * k == n ? 1 : std::min(1.0, 2 * at_most(k, n));
  return {"McNemar, exact", double(k), {}, p, {}, counts.n(), ""};
}

Test mcnemar_mid_p(const PairedCounts& counts) {
  const int64_t n = counts.only_first + counts.only_second, k = std::min(counts.only_first, counts.only_second);
  if (n == 0) return no_discordance("McNemar, mid-p", counts);
  const double p = 2 * k == n ? 1 : std::min(1.0, 2 * at_most(k, n) - fair_coins(k, n));
  return {"McNemar, mid-p", double(k), {}, p, {}, counts.n(), ""};
}

Test mcnemar_chi_square(const PairedCounts& counts) {
  const std::string method = "McNemar, chi-square with continuity correction";
  const double n = double(counts.only_first + counts.only_second);
  if (n == 0) return no_discordance(method, counts);
  const double gap = std::max(0.0, std::abs(double(counts.only_first - counts.only_second)) - 1);
  const double statistic = gap * gap / n;
  return {method, statistic, 1.0, 2 * normal_cdf(-std::sqrt(statistic)), {}, counts.n(), ""};
}

Estimate paired_proportion_difference(const PairedCounts& counts, double confidence) {
  const int64_t n = counts.n();
  if (n == 0) return undefined(0, "there is no case");
  const Estimate a = wilson(counts.both + counts.only_first, n, confidence),
                 b = wilson(counts.both + counts.only_second, n, confidence);
  const double count = double(n), e = double(counts.both), f = double(counts.only_first),
               g = double(counts.only_second), h = double(counts.neither);
  const double margins = (e + f) * (g + h) * (e + g) * (f + h);
  double cross = e * h - f * g;
  if (cross > 0) cross = std::max(cross - count / 2, 0.0);
  const double phi = margins > 0 ? cross / std::sqrt(margins) : 0;
  return make_estimate(*a.value - *b.value, newcombe(a, b, phi), n, method_name("Newcombe, paired", confidence));
}

DifferenceTest paired_t(std::span<const double> first, std::span<const double> second, double confidence) {
  const std::string method = "paired t";
  if (first.size() != second.size())
    throw Error(ErrorCode::bad_values, "a paired test needs a value of both methods for each case");
  check_finite(first);
  check_finite(second);
  const auto n = int64_t(first.size());
  if (n == 0) return {undefined_outcome(method, 0, "there is no case"), undefined(0, "there is no case")};
  std::vector<double> differences;
  for (size_t i = 0; i < first.size(); ++i) differences.push_back(first[i] - second[i]);
  const Moments m = moments_of(differences);
  if (n < 2) {
    const std::string reason = "a single case has no variance";
    return {undefined_outcome(method, n, reason), make_estimate(m.mean, std::nullopt, n, method, reason)};
  }
  return t_outcome(method, m.mean, std::sqrt(m.variance / m.n), m.n - 1, n, largest(first, second), confidence);
}

DifferenceTest student_t(std::span<const double> first, std::span<const double> second, double confidence) {
  const std::string method = "Student's t";
  if (const auto few = too_few(method, first, second)) return *few;
  const Moments a = moments_of(first), b = moments_of(second);
  const double degrees = a.n + b.n - 2;
  const double pooled = ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / degrees;
  return t_outcome(method,
                   a.mean - b.mean,
                   std::sqrt(pooled * (1 / a.n + 1 / b.n)),
                   degrees,
                   int64_t(first.size() + second.size()),
                   largest(first, second),
                   confidence);
}

DifferenceTest welch_t(std::span<const double> first, std::span<const double> second, double confidence) {
  const std::string method = "Welch's t";
  if (const auto few = too_few(method, first, second)) return *few;
  const Moments a = moments_of(first), b = moments_of(second);
  const double va = a.variance / a.n, vb = b.variance / b.n;
  const double bottom = va * va / (a.n - 1) + vb * vb / (b.n - 1);
  return t_outcome(method,
                   a.mean - b.mean,
                   std::sqrt(va + vb),
                   bottom > 0 ? (va + vb) * (va + vb) / bottom : a.n + b.n - 2,
                   int64_t(first.size() + second.size()),
                   largest(first, second),
                   confidence);
}

DifferenceTest compare_proportions(const Share& first, const Share& second, double confidence) {
  const std::string method = "chi-square of two proportions";
  const Estimate a = wilson(first.hits, first.n, confidence), b = wilson(second.hits, second.n, confidence);
  const int64_t n = first.n + second.n;
  if (!a.value || !b.value) {
    const std::string reason = "a group has no case";
    return {undefined_outcome(method, n, reason), undefined(n, reason)};
  }
  const Estimate difference =
      make_estimate(*a.value - *b.value, newcombe(a, b, 0), n, method_name("Newcombe, independent", confidence));
  const double pooled = double(first.hits + second.hits) / double(n);
  if (pooled == 0 || pooled == 1)
    return {undefined_outcome(method, n, pooled == 0 ? "no case is right" : "every case is right"), difference};
  const double z =
      (*a.value - *b.value) / std::sqrt(pooled * (1 - pooled) * (1 / double(first.n) + 1 / double(second.n)));
  return {{method, z * z, 1.0, 2 * normal_cdf(-std::abs(z)), {}, n, ""}, difference};
}

Test fisher_exact(const Share& first, const Share& second) {
  const int64_t n = first.n + second.n, hits = first.hits + second.hits;
  if (first.n == 0 || second.n == 0) return undefined_outcome("Fisher's exact", n, "a group has no case");
  const auto choose = [](int64_t from, int64_t k) {
    return std::lgamma(double(from) + 1) - std::lgamma(double(k) + 1) - std::lgamma(double(from - k) + 1);
  };
  const auto probability = [&](int64_t k) {
    return std::exp(choose(first.n, k) + choose(second.n, hits - k) - choose(n, hits));
  };
  const double observed = probability(first.hits);
  double p = 0;
  for (int64_t k = std::max<int64_t>(0, hits - second.n); k <= std::min(hits, first.n); ++k)
    if (const double one = probability(k); one <= observed * (1 + 1e-7)) p += one;  // R's tolerance for equal tables
  return {"Fisher's exact", {}, {}, std::min(1.0, p), {}, n, ""};
}

namespace {

/// AUC of one group with DeLong's variance.
struct Area {
  double auc = 0, variance = 0, n = 0;
  std::string reason;
};

Area area_of(std::span<const double> scores, std::span<const uint8_t> is_positive) {
  const auto positives = std::count(is_positive.begin(), is_positive.end(), uint8_t(1));
  const auto negatives = long(is_positive.size()) - positives;
  if (positives < 2 || negatives < 2)
    return {0,
            0,
            0,
            fmt::format("a group has {} positive and {} negative cases; two of each are needed", positives, negatives)};
  const Placements p = placements(scores, is_positive);
  return {p.auc,
          moments_of(p.positive).variance / double(positives) + moments_of(p.negative).variance / double(negatives),
          double(scores.size()),
          ""};
}

}  // namespace

DifferenceTest compare_independent_auc(std::span<const double> first,
                                       std::span<const uint8_t> first_positive,
                                       std::span<const double> second,
                                       std::span<const uint8_t> second_positive,
                                       double confidence) {
  const std::string method = "DeLong, independent";
  const auto n = int64_t(first.size() + second.size());
  const Area a = area_of(first, first_positive), b = area_of(second, second_positive);
  if (const std::string reason = a.reason.empty() ? b.reason : a.reason; !reason.empty())
    return {undefined_outcome(method, n, reason), undefined(n, reason)};
  const double variance = a.variance + b.variance;
  const double bottom = a.variance * a.variance / (a.n - 1) + b.variance * b.variance / (b.n - 1);
  return t_outcome(
      method, a.auc - b.auc, std::sqrt(variance), bottom > 0 ? variance * variance / bottom : 1, n, 1, confidence);
}

namespace {

std::vector<size_t> ascending(const std::vector<double>& p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  return order;
}

}  // namespace

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<double> adjusted(p.size());
  double highest = 0;
  const std::vector<size_t> order = ascending(p);
  for (size_t i = 0; i < order.size(); ++i) {
    highest = std::max(highest, std::min(1.0, double(p.size() - i) * p[order[i]]));
    adjusted[order[i]] = highest;
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg(const std::vector<double>& p) {
  std::vector<double> adjusted(p.size());
  double lowest = 1;
  const std::vector<size_t> order = ascending(p);
  for (size_t i = order.size(); i-- > 0;) {
    lowest = std::min(lowest, double(p.size()) / double(i + 1) * p[order[i]]);
    adjusted[order[i]] = lowest;
  }
  return adjusted;
}

}  // namespace hepatica::stats
