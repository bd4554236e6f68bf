// Cox's proportional hazards model.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stats/chi_square.h"
#include "stats/estimate.h"
#include "stats/matrix.h"
#include "stats/survival_data.h"

namespace hepatica::stats {

/// What several events at the same time contribute to the partial likelihood.
enum class Ties { efron, breslow };

struct CoxOptions {
  Ties ties = Ties::efron;
  double confidence = 0.95;
};

/// The effect of one covariate: the log hazard ratio of one unit. Where the likelihood has no maximum (`monotone`) or
/// the covariate is a sum of others (`aliased`) the estimates are undefined, with the reason.
struct CoxCoefficient {
  Estimate log_hazard_ratio, hazard_ratio;  ///< Wald intervals
  std::optional<double> standard_error, z, p;
  bool monotone = false, aliased = false;
};

/// Cumulative hazard of a case whose covariates are the means, from `time` on.
struct HazardStep {
  uint32_t stratum = 0;
  double time = 0, cumulative_hazard = 0;
};

struct CoxFit {
  std::vector<CoxCoefficient> coefficients;  ///< one a covariate
  std::vector<double> beta;                  ///< 0 where aliased; of a monotone one, where the search was left
  std::vector<double> means;                 ///< of the covariates, over all cases
  Matrix covariance;                         ///< of beta; rows of aliased covariates are 0
  double null_log_likelihood = 0, log_likelihood = 0;
  ChiSquareTest likelihood_ratio, wald, score;  ///< of all coefficients being 0
  std::vector<HazardStep> baseline;             ///< by stratum and rising time
  int64_t n = 0, events = 0;
  int iterations = 0;

  /// Log hazard ratio against a case whose covariates are the means.
  double linear_predictor(std::span<const double> covariates) const;
  std::vector<double> linear_predictors(const Matrix& covariates) const;
  /// S(t | x) = exp(-H(t) exp(linear predictor)) within a stratum.
  double survival_at(double time, std::span<const double> covariates, uint32_t stratum = 0) const;
};

/// Maximum of Cox's partial likelihood (Cox, JRSS B 1972) with ties after Efron (JASA 1977) or Breslow (JRSS B 1972),
/// by Newton steps that are halved where they lead down. `strata` is empty or has one number a case. The baseline is
/// Breslow's, with Efron's share of the tied events where ties are Efron's. `covariates` is [cases, covariates].
/// Error{bad_values} where the shapes differ, a covariate is not finite, or no event is there.
CoxFit fit_cox(const SurvivalData& data,
               const Matrix& covariates,
               const CoxOptions& options = {},
               std::span<const uint32_t> strata = {});

/// Baseline (cumulative hazard at linear predictor 0) for given linear predictors, one a case.
std::vector<HazardStep> baseline_hazard(const SurvivalData& data,
                                        std::span<const double> linear_predictor,
                                        Ties ties,
                                        std::span<const uint32_t> strata = {});

/// Checks shapes and values of the covariates, and that there is an event; Error{bad_values}.
void check_covariates(const SurvivalData& data, const Matrix& covariates);

/// Column means and standard deviations with divisor n; a constant column has 0.
struct ColumnScale {
  std::vector<double> mean, deviation;
};
ColumnScale column_scale(const Matrix& covariates);

}  // namespace hepatica::stats
