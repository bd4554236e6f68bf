// The partial likelihood of Cox's model with its derivatives.
#pragma once

#include <span>
#include <vector>

#include "stats/cox.h"

namespace hepatica::stats {

struct CoxLikelihood {
  double log_likelihood = 0;
  std::vector<double> gradient;
  Matrix information;  ///< minus the second derivatives
};

/// At `beta`; `order` is that of the data.
CoxLikelihood cox_likelihood(const RiskOrder& order,
                             const SurvivalData& data,
                             const Matrix& covariates,
                             std::span<const double> beta,
                             Ties ties);

}  // namespace hepatica::stats
