// The likelihood of the bivariate model, and its maximum.
#pragma once

#include <array>
#include <vector>

#include "stats/bivariate_meta.h"

namespace hepatica::stats {

/// Both logits of a study with their within-study variances.
struct BivariatePoint {
  double first = 0, second = 0;
  double first_variance = 0, second_variance = 0;
};

/// The mean that is best for a covariance between studies, and what goes with it.
struct BivariateState {
  double log_likelihood = 0;
  double first = 0, second = 0;
  Symmetric2 mean_covariance;
  Symmetric2 gradient;  ///< by the elements of the covariance, each taken as free
};
BivariateState bivariate_state(const std::vector<BivariatePoint>& points,
                               const Symmetric2& between,
                               Likelihood likelihood);

/// The covariance between studies that maximises the likelihood.
Symmetric2 best_between(const std::vector<BivariatePoint>& points, Likelihood likelihood);

}  // namespace hepatica::stats
