#include "stats/roc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "stats/distributions.h"
#include "stats/proportion.h"

namespace hepatica::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void check_scores(std::span<const double> scores) {
  for (size_t i = 0; i < scores.size(); ++i)
    if (std::isnan(scores[i]))
      throw Error(ErrorCode::bad_values,
                  fmt::format("the score of case {} is not a number; give every case a score", i + 1));
}

std::vector<uint32_t> descending_order(std::span<const double> scores) {
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
  return order;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

/// Sample covariance of two equally long series; 0 for a single value (it cannot be estimated).
double covariance(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() < 2) return 0;
  const double mean_a = mean(a), mean_b = mean(b);
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum / double(a.size() - 1);
}

double auc_variance(const Placements& p) {
  return covariance(p.positive, p.positive) / double(p.positive.size()) +
         covariance(p.negative, p.negative) / double(p.negative.size());
}

size_t count_positive(std::span<const uint8_t> is_positive) {
  return size_t(std::count(is_positive.begin(), is_positive.end(), uint8_t(1)));
}

std::string missing_class(std::span<const uint8_t> is_positive) {
  const size_t positives = count_positive(is_positive);
  if (positives == 0) return "no case has the positive class";
  if (positives == is_positive.size()) return "every case has the positive class";
  return "";
}

/// Interval at perfect separation: min(m, n) disjoint pairs were all ranked right (or all wrong).
Estimate separated(double auc, const Placements& p, double confidence) {
  const auto pairs = int64_t(std::min(p.positive.size(), p.negative.size()));
  const double bound = std::pow((1 - confidence) / 2, 1.0 / double(pairs));
  const Interval interval = auc > 0.5 ? Interval{bound, 1} : Interval{0, 1 - bound};
  return make_estimate(auc,
                       interval,
                       int64_t(p.positive.size() + p.negative.size()),
                       method_name("Clopper-Pearson of independent pairs", confidence),
                       "the classes are fully separated, where DeLong's variance is 0");
}

}  // namespace

std::vector<double> midranks(std::span<const double> values) {
  check_scores(values);
  std::vector<uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t i = 0; i < order.size();) {
    size_t j = i;
    while (j < order.size() && values[order[j]] == values[order[i]]) ++j;
    for (size_t k = i; k < j; ++k) ranks[order[k]] = 0.5 * double(i + j + 1);
    i = j;
  }
  return ranks;
}

Placements placements(std::span<const double> scores, std::span<const uint8_t> is_positive) {
  HEPATICA_ASSERT(scores.size() == is_positive.size());
  std::vector<double> own[2];
  std::vector<size_t> index[2];
  for (size_t i = 0; i < scores.size(); ++i) {
    own[is_positive[i]].push_back(scores[i]);
    index[is_positive[i]].push_back(i);
  }
  if (own[0].empty() || own[1].empty())
    throw Error(ErrorCode::bad_values, missing_class(is_positive) + ": AUC needs both");
  const std::vector<double> all = midranks(scores), positive = midranks(own[1]), negative = midranks(own[0]);
  const double m = double(own[1].size()), n = double(own[0].size());
  Placements result;
  for (size_t i = 0; i < own[1].size(); ++i) result.positive.push_back((all[index[1][i]] - positive[i]) / n);
  for (size_t j = 0; j < own[0].size(); ++j) result.negative.push_back(1 - (all[index[0][j]] - negative[j]) / m);
  result.auc = mean(result.positive);
  return result;
}

Estimate auc_delong(std::span<const double> scores, std::span<const uint8_t> is_positive, double confidence) {
  const auto n = int64_t(scores.size());
  check_scores(scores);
  if (n == 0) return undefined(0, "there is no case");
  if (const std::string reason = missing_class(is_positive); !reason.empty()) return undefined(n, reason);
  const Placements p = placements(scores, is_positive);
  const std::string method = method_name("DeLong", confidence);
  if (p.positive.size() < 2 || p.negative.size() < 2)
    return make_estimate(p.auc, std::nullopt, n, method, "DeLong's variance needs two cases of each class");
  const double variance = auc_variance(p);
  if (variance <= 0) {
    if (p.auc == 1 || p.auc == 0) return separated(p.auc, p, confidence);
    return make_estimate(p.auc, std::nullopt, n, method, "DeLong's variance is 0: the scores do not vary");
  }
  const double half = normal_quantile(0.5 + confidence / 2) * std::sqrt(variance);
  return make_estimate(p.auc, Interval{std::max(0.0, p.auc - half), std::min(1.0, p.auc + half)}, n, method);
}

AucComparison compare_auc(std::span<const double> first,
                          std::span<const double> second,
                          std::span<const uint8_t> is_positive,
                          double confidence) {
  const auto n = int64_t(first.size());
  if (first.size() != second.size() || first.size() != is_positive.size())
    throw Error(ErrorCode::bad_values,
                "two scores can be compared on the same cases only; match the tables by case first");
  if (const std::string reason = missing_class(is_positive); !reason.empty()) return {undefined(n, reason), {}, {}};
  const Placements a = placements(first, is_positive), b = placements(second, is_positive);
  const double variance = auc_variance(a) + auc_variance(b) -
                          2 * covariance(a.positive, b.positive) / double(a.positive.size()) -
                          2 * covariance(a.negative, b.negative) / double(a.negative.size());
  const double difference = a.auc - b.auc;
  const std::string method = method_name("DeLong, paired", confidence);
  if (!(variance > 1e-18))
    return {make_estimate(difference, std::nullopt, n, method, "the variance of the difference is 0"), {}, {}};
  const double error = std::sqrt(variance), half = normal_quantile(0.5 + confidence / 2) * error;
  const double z = difference / error;
  return {make_estimate(
              difference, Interval{std::max(-1.0, difference - half), std::min(1.0, difference + half)}, n, method),
          z,
          2 * normal_cdf(-std::abs(z))};
}

std::vector<RocPoint> roc_curve(std::span<const double> scores, std::span<const uint8_t> is_positive) {
  check_scores(scores);
  if (const std::string reason = missing_class(is_positive); !reason.empty())
    throw Error(ErrorCode::bad_values, reason + ": an ROC curve needs both");
  const double positives = double(count_positive(is_positive)), negatives = double(scores.size()) - positives;
  std::vector<RocPoint> curve{{std::numeric_limits<double>::infinity(), 0, 1}};
  double true_positives = 0, false_positives = 0;
  const std::vector<uint32_t> order = descending_order(scores);
  for (size_t i = 0; i < order.size(); ++i) {
    (is_positive[order[i]] ? true_positives : false_positives) += 1;
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;
    curve.push_back({scores[order[i]], true_positives / positives, 1 - false_positives / negatives});
  }
  return curve;
}

RankedScores::RankedScores(std::span<const double> scores, std::vector<uint8_t> is_positive) {
  check_scores(scores);
  order_ = descending_order(scores);
  for (size_t i = 0; i < order_.size(); ++i) {
    positive_.push_back(is_positive[order_[i]]);
    run_ends_.push_back(i + 1 == order_.size() || scores[order_[i + 1]] != scores[order_[i]]);
  }
}

RankedScores::Values RankedScores::weighted(std::span<const uint32_t> weights) const {
  uint64_t count[2] = {0, 0};  // negatives and positives so far
  uint64_t before[2] = {0, 0};
  uint64_t twice_won = 0;  // pairs won, ties counted one half, times 2
  double precision_sum = 0;
  for (size_t i = 0; i < order_.size(); ++i) {
    count[positive_[i]] += weights[order_[i]];
    if (!run_ends_[i]) continue;
    const uint64_t gained = count[1] - before[1], lost = count[0] - before[0];
    // A negative of this run loses to every positive before it and ties with those of the run.
    twice_won += lost * (2 * before[1] + gained);
    if (gained) precision_sum += double(gained) * double(count[1]) / double(count[0] + count[1]);
    before[0] = count[0];
    before[1] = count[1];
  }
  if (count[1] == 0 || count[0] == 0) return {kNaN, kNaN};
  return {0.5 * double(twice_won) / (double(count[0]) * double(count[1])), precision_sum / double(count[1])};
}

std::vector<RankedScores::Counts> RankedScores::cumulated(std::span<const uint32_t> weights) const {
  std::vector<Counts> all;
  Counts counts;
  for (size_t i = 0; i < order_.size(); ++i) {
    (positive_[i] ? counts.true_positives : counts.false_positives) += weights[order_[i]];
    if (run_ends_[i]) all.push_back(counts);
  }
  return all;
}

}  // namespace hepatica::stats
