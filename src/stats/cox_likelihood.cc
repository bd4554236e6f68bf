#include "stats/cox_likelihood.h"

#include <algorithm>
#include <cmath>

namespace hepatica::stats {
namespace {

/// Sums over a set of cases of their hazards: r, r x, and the lower half of r x x'.
struct RiskSums {
  double zero = 0;
  std::vector<double> first;
  Matrix second;

  explicit RiskSums(size_t covariates) : first(covariates), second(covariates, covariates) {}

  void clear() {
    zero = 0;
    std::ranges::fill(first, 0.0);
    std::ranges::fill(second.values, 0.0);
  }
  void add(double hazard, std::span<const double> x) {
    zero += hazard;
    for (size_t j = 0; j < x.size(); ++j) {
      const double part = hazard * x[j];
      first[j] += part;
      for (size_t k = 0; k <= j; ++k) second(j, k) += part * x[k];
    }
  }
};

/// Adds one event's term whose risk set is `all` without the share `removed` of the events tied with it.
void add_event(const RiskSums& all, const RiskSums& tied, double removed, double shift, CoxLikelihood& sum) {
  const size_t p = all.first.size();
  const double zero = all.zero - removed * tied.zero;
  sum.log_likelihood -= std::log(zero) + shift;
  std::vector<double> mean(p);
  for (size_t j = 0; j < p; ++j) {
    mean[j] = (all.first[j] - removed * tied.first[j]) / zero;
    sum.gradient[j] -= mean[j];
    for (size_t k = 0; k <= j; ++k)
      sum.information(j, k) += (all.second(j, k) - removed * tied.second(j, k)) / zero - mean[j] * mean[k];
  }
}

}  // namespace

CoxLikelihood cox_likelihood(const RiskOrder& order,
                             const SurvivalData& data,
                             const Matrix& covariates,
                             std::span<const double> beta,
                             Ties ties) {
  const size_t p = covariates.columns;
  std::vector<double> eta(data.size());
  for (size_t i = 0; i < eta.size(); ++i) eta[i] = dot(covariates.row(i), beta);
  const double shift = *std::ranges::max_element(eta);
  CoxLikelihood sum{0, std::vector<double>(p), Matrix(p, p)};
  RiskSums all(p), tied(p);
  for (size_t g = 0; g < order.groups.size(); ++g) {
    const TimeGroup& time = order.groups[g];
    if (g > 0 && order.groups[g - 1].stratum != time.stratum) all.clear();
    tied.clear();
    for (size_t at = time.begin; at < time.end; ++at) {
      const size_t i = order.cases[at];
      const double hazard = std::exp(eta[i] - shift);
      all.add(hazard, covariates.row(i));
      if (!data.event[i]) continue;
      tied.add(hazard, covariates.row(i));
      sum.log_likelihood += eta[i];
      for (size_t j = 0; j < p; ++j) sum.gradient[j] += covariates(i, j);
    }
    for (int64_t event = 0; event < time.events; ++event)
      add_event(all, tied, ties == Ties::efron ? double(event) / double(time.events) : 0, shift, sum);
  }
  for (size_t j = 0; j < p; ++j)
    for (size_t k = 0; k < j; ++k) sum.information(k, j) = sum.information(j, k);
  return sum;
}

}  // namespace hepatica::stats
