#include "stats/concordance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "stats/distributions.h"
#include "stats/proportion.h"

namespace hepatica::stats {
namespace {

/// Pairs of one case: all that can be compared, and those of them in order.
struct CasePairs {
  double comparable = 0, ordered = 0;
};

/// Adds the pairs of case `first`, whose event comes before or with the times of `others`.
void add_pairs(const SurvivalData& data,
               std::span<const double> risk,
               size_t first,
               std::span<const size_t> others,
               double weight,
               Concordance& counts,
               std::vector<CasePairs>& pairs) {
  for (const size_t other : others) {
    if (other == first) continue;
    if (data.event[other] && data.time[other] == data.time[first]) {
      counts.tied_time += 0.5 * weight;  // met twice, once from each side
      continue;
    }
    const double ordered = risk[first] > risk[other] ? 1 : risk[first] == risk[other] ? 0.5 : 0;
    (ordered == 1 ? counts.concordant : ordered == 0 ? counts.discordant : counts.tied_risk) += weight;
    for (const size_t i : {first, other}) {
      pairs[i].comparable += weight;
      pairs[i].ordered += weight * ordered;
    }
  }
}

Estimate estimate_of(const Concordance& counts,
                     const std::vector<CasePairs>& pairs,
                     const std::string& name,
                     double confidence) {
  const int64_t n = int64_t(pairs.size());
  const double comparable = counts.concordant + counts.discordant + counts.tied_risk;
  if (comparable == 0) return undefined(n, "no two cases can be compared: none has its event before another's time");
  const double value = (counts.concordant + 0.5 * counts.tied_risk) / comparable;
  double variance = 0;
  for (const CasePairs& mine : pairs) {
    const double influence = (mine.ordered - value * mine.comparable) / comparable;
    variance += influence * influence;
  }
  const std::string method = method_name(name + ", infinitesimal jackknife", confidence);
  // Rounding of the influences leaves about 1e-32 a case where all are 0.
  if (variance < 1e-25) return make_estimate(value, std::nullopt, n, method, "the scores order every pair alike");
  const double half = normal_quantile(0.5 + confidence / 2) * std::sqrt(variance);
  return make_estimate(value, Interval{std::max(0.0, value - half), std::min(1.0, value + half)}, n, method);
}

void check_scores(const SurvivalData& data, std::span<const double> risk) {
  check(data);
  if (risk.size() != data.size())
    throw Error(ErrorCode::bad_values, fmt::format("{} scores for {} cases; give one each", risk.size(), data.size()));
  const auto wrong = std::ranges::find_if(risk, [](double r) { return std::isnan(r); });
  if (wrong != risk.end())
    throw Error(ErrorCode::bad_values,
                fmt::format("case {}: the risk score is not a number; leave the case out", wrong - risk.begin() + 1));
}

/// `weight(i)` is that of the pairs that case i's event opens.
template <class Weight>
Concordance concordance(const SurvivalData& data,
                        std::span<const double> risk,
                        std::span<const uint32_t> strata,
                        const Weight& weight,
                        const std::string& name,
                        double confidence) {
  Concordance counts;
  std::vector<CasePairs> pairs(data.size());
  const RiskOrder order = risk_order(data, strata);
  size_t stratum_begin = 0;
  for (size_t g = 0; g < order.groups.size(); ++g) {
    const TimeGroup& time = order.groups[g];
    if (g > 0 && order.groups[g - 1].stratum != time.stratum) stratum_begin = time.begin;
    const auto later = std::span(order.cases).subspan(stratum_begin, time.end - stratum_begin);
    for (size_t at = time.begin; at < time.begin + size_t(time.events); ++at) {
      const double w = weight(order.cases[at]);
      if (w > 0) add_pairs(data, risk, order.cases[at], later, w, counts, pairs);
    }
  }
  counts.estimate = estimate_of(counts, pairs, name, confidence);
  return counts;
}

/// For each case the Kaplan-Meier estimate of not being censored before its time. Events come first at a tied time, so
/// those who have one then are no longer at risk of being censored.
std::vector<double> uncensored_before(const SurvivalData& data) {
  const RiskOrder order = risk_order(data);
  std::vector<double> uncensored(data.size());
  double share = 1;
  for (size_t g = order.groups.size(); g-- > 0;) {
    const TimeGroup& time = order.groups[g];
    for (size_t at = time.begin; at < time.end; ++at) uncensored[order.cases[at]] = share;
    const double at_risk = double(time.end) - double(time.events);
    const double censored = double(time.end - time.begin) - double(time.events);
    if (censored > 0) share *= (at_risk - censored) / at_risk;
  }
  return uncensored;
}

}  // namespace

Concordance harrell_c(const SurvivalData& data,
                      std::span<const double> risk,
                      std::span<const uint32_t> strata,
                      double confidence) {
  check_scores(data, risk);
  return concordance(
      data, risk, strata, [](size_t) { return 1.0; }, "Harrell", confidence);
}

Concordance uno_c(const SurvivalData& data,
                  std::span<const double> risk,
                  std::optional<double> tau,
                  double confidence) {
  check_scores(data, risk);
  const std::vector<double> uncensored = uncensored_before(data);
  const auto weight = [&](size_t i) {
    if (tau && data.time[i] >= *tau) return 0.0;
    return 1 / (uncensored[i] * uncensored[i]);
  };
  return concordance(data, risk, {}, weight, "Uno", confidence);
}

}  // namespace hepatica::stats
