// Cox's model with an elastic net penalty: the path of coefficients over its strength.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "stats/cox.h"

namespace hepatica::stats {

struct CoxnetOptions {
  double alpha = 0.5;  ///< share of the absolute penalty: 1 lasso, near 0 ridge; within (0, 1]
  int count = 100;     ///< penalties on the path
  std::optional<double>
      smallest;                ///< smallest penalty over the largest; absent: 1e-4, or 1e-2 where cases < covariates
  std::vector<double> lambda;  ///< falling penalties to use instead of the three above
  std::vector<double> penalty_factors;  ///< >= 0, one a covariate, 0: never penalised; empty: all 1
  bool standardise = true;              ///< divide covariates by their deviation (divisor n) for the fit
};

/// The fit at one penalty. Coefficients are those of the covariates as given.
struct CoxnetStep {
  double lambda = 0;
  std::vector<double> beta;
  int nonzero = 0;
  double deviance_explained = 0;  ///< 1 - deviance / null deviance, against the saturated model
};

struct CoxnetPath {
  std::vector<CoxnetStep> steps;
  std::vector<double> means;  ///< of the covariates
};

/// Minimises -log PL(beta) / n + lambda sum_j f_j (alpha |b_j| + (1 - alpha) b_j^2 / 2) with Breslow's ties at each
/// lambda (Simon, Friedman, Hastie and Tibshirani, Journal of Statistical Software 2011): weighted least squares by
/// coordinate descent over the coefficients that are not 0, each lambda starting from the one before, until no
/// coefficient moves by 1e-9 of its covariate's deviation. The factors f are rescaled to sum to the number of
/// covariates. The path begins at the smallest lambda at which every penalised coefficient is 0, falls evenly in its
/// logarithm, and ends early, as glmnet's does, where 4 steps explained less than 0.1% more of the deviance.
/// Error{bad_values} as fit_cox, and where an option is out of its range.
CoxnetPath coxnet_path(const SurvivalData& data, const Matrix& covariates, const CoxnetOptions& options = {});

/// Twice the log partial likelihood that the saturated model has above the given linear predictors; Breslow's ties.
double partial_deviance(const SurvivalData& data, std::span<const double> linear_predictor);

}  // namespace hepatica::stats
