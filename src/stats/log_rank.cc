#include "stats/log_rank.h"

#include <algorithm>

#include "stats/matrix.h"

namespace hepatica::stats {
namespace {

/// Adds the expected events of one time, and their covariance, given who is at risk.
void add_time(const std::vector<double>& at_risk,
              double events,
              std::vector<LogRankGroup>& groups,
              Matrix& covariance) {
  double total = 0;
  for (const double n : at_risk) total += n;
  const double scale = total > 1 ? events * (total - events) / (total - 1) : 0;
  for (size_t a = 0; a < at_risk.size(); ++a) {
    const double share = at_risk[a] / total;
    groups[a].expected += events * share;
    for (size_t b = 0; b < at_risk.size(); ++b)
      covariance(a, b) += scale * share * ((a == b ? 1 : 0) - at_risk[b] / total);
  }
}

ChiSquareTest test_of(const std::vector<LogRankGroup>& groups, const Matrix& covariance) {
  std::vector<double> excess;
  int64_t events = 0;
  for (const LogRankGroup& group : groups) {
    excess.push_back(double(group.observed) - group.expected);
    events += group.observed;
  }
  if (groups.size() < 2) return undefined_test("there is one group alone");
  if (events == 0) return undefined_test("there is no event");
  // The groups' excesses sum to 0, so the last is always aliased.
  const Cholesky factor(covariance, 1e-10);
  if (factor.rank() == 0) return undefined_test("no two groups are at risk together when an event happens");
  return chi_square_test(dot(excess, factor.solve(excess)), int(factor.rank()));
}

}  // namespace

LogRank log_rank(const SurvivalData& data, std::span<const uint32_t> group, std::span<const uint32_t> strata) {
  check(data);
  const size_t count = size_t(*std::ranges::max_element(group)) + 1;
  LogRank result{std::vector<LogRankGroup>(count), {}};
  for (size_t i = 0; i < data.size(); ++i) {
    result.groups[group[i]].n += 1;
    result.groups[group[i]].observed += data.event[i];
  }
  Matrix covariance(count, count);
  std::vector<double> at_risk(count);
  const RiskOrder order = risk_order(data, strata);
  uint32_t stratum = 0;
  for (const TimeGroup& time : order.groups) {
    if (time.begin == 0 || time.stratum != stratum) std::ranges::fill(at_risk, 0.0);
    stratum = time.stratum;
    for (size_t at = time.begin; at < time.end; ++at) at_risk[group[order.cases[at]]] += 1;
    if (time.events > 0) add_time(at_risk, double(time.events), result.groups, covariance);
  }
  result.test = test_of(result.groups, covariance);
  return result;
}

}  // namespace hepatica::stats
