// Bivariate random-effects meta-analysis of diagnostic accuracy.
#pragma once

#include <string>
#include <vector>

#include "stats/accuracy_study.h"
#include "stats/chi_square.h"

namespace hepatica::stats {

enum class Likelihood { reml, ml };

struct BivariateOptions {
  Likelihood likelihood = Likelihood::reml;
  Correction correction = Correction::all;
  double confidence = 0.95;
};

/// A symmetric 2 x 2 matrix: logit sensitivity first, logit false positive rate second.
struct Symmetric2 {
  double first = 0, both = 0, second = 0;

  double determinant() const { return first * second - both * both; }
  Symmetric2 inverse() const;
};

/// Spread of the studies beyond chance.
struct Heterogeneity {
  ChiSquareTest sensitivity, false_positive_rate, both;  ///< Cochran's Q against equal logits
  /// Higgins and Thompson's (Q - df) / Q, at least 0 (Statistics in Medicine 2002); no interval is made.
  Estimate sensitivity_i2, false_positive_rate_i2;
  /// (R^2 - 1) / R^2 with R^4 = |covariance of the random-effects mean| / |that of the common mean| (Jackson, White and
  /// Riley, Statistics in Medicine 2012).
  Estimate bivariate_i2;
};

struct BivariateMeta {
  std::vector<AccuracyStudy> studies;
  std::vector<CorrectedStudy> used;
  BivariateOptions options;
  double logit_sensitivity = 0, logit_false_positive_rate = 0;  ///< mean over studies
  Symmetric2 mean_covariance;                                   ///< of those two
  Symmetric2 between;                                           ///< covariance between studies
  double log_likelihood = 0;
  /// At the summary point; n is the number of studies. Proportions: normal intervals of the logits. Ratios: normal
  /// intervals of their logarithms by the delta method.
  Estimate sensitivity, specificity, false_positive_rate;
  Estimate positive_likelihood_ratio, negative_likelihood_ratio, odds_ratio;
  Estimate correlation;  ///< between studies, of the logits; no interval is made
  Heterogeneity heterogeneity;
  std::vector<std::string> warnings;
};

/// (logit sensitivity, logit FPR) of study i ~ Normal(mean, between + diag(1/TP + 1/FN, 1/FP + 1/TN)) (Reitsma et al.,
/// J Clin Epidemiol 2005), by (restricted) maximum likelihood over the Cholesky factor of `between`, with damped Newton
/// steps from several starts. The restricted log likelihood is -1/2 [(2k - 2) log 2 pi + sum log |V_i| + log |sum
/// V_i^-1| + sum r_i' V_i^-1 r_i]. Error{bad_values} as `corrected`, and with fewer than 3 studies: five parameters
/// need six numbers.
BivariateMeta fit_bivariate(const std::vector<AccuracyStudy>& studies, const BivariateOptions& options = {});

double inverse_logit(double x);

std::string name_of(Likelihood likelihood);

}  // namespace hepatica::stats
