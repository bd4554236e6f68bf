// The summary ROC curve and the regions around the summary point of a bivariate meta-analysis.
#pragma once

#include <vector>

#include "stats/bivariate_meta.h"

namespace hepatica::stats {

/// A place in ROC space.
struct RocPlace {
  double false_positive_rate = 0, sensitivity = 0;
};

/// Parameters of Rutter and Gatsonis's hierarchical model (Statistics in Medicine 2001) that the bivariate estimates
/// give where there is no covariate (Harbord et al., Biostatistics 2007, section 3).
struct Hsroc {
  double theta = 0, lambda = 0, beta = 0;          ///< threshold, accuracy, shape
  double theta_variance = 0, lambda_variance = 0;  ///< between studies
};

/// logit sensitivity = lambda exp(-beta / 2) + exp(-beta) logit FPR.
struct SummaryRoc {
  bool defined = false;
  std::string reason;  ///< why there is no curve
  Hsroc hsroc;
  double lowest_rate = 0, highest_rate = 0;  ///< of the studies, after the correction
  /// Area under the curve: over 0 to 1; and the two means that R's mada gives as AUC and (normalised) partial AUC, (s_1
  /// / 2 + s_2 + ... + s_98 + s_99 / 2) / 99 over 99 equidistant rates from 0.01 to 0.99, or from lowest_rate to
  /// highest_rate within these.
  Estimate area, grid_area, partial_area;

  double sensitivity_at(double false_positive_rate) const;
  /// `count` places at equidistant rates between two of them.
  std::vector<RocPlace> curve(double from, double to, int count) const;
};
SummaryRoc summary_roc(const BivariateMeta& meta);

/// Outlines in ROC space, `count` places: where the mean of all studies lies, and where a new study's true values
/// would, with the fit's confidence. Ellipses of the logits with the chi-square quantile of two degrees, as mada draws
/// them.
std::vector<RocPlace> confidence_region(const BivariateMeta& meta, int count = 181);
std::vector<RocPlace> prediction_region(const BivariateMeta& meta, int count = 181);

}  // namespace hepatica::stats
