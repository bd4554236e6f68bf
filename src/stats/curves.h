// Curves with pointwise intervals: ROC, precision against recall, net benefit.
#pragma once

#include <vector>

#include "stats/bootstrap.h"
#include "stats/classification.h"

namespace hepatica::stats {

/// The value of a curve at one place of its x axis.
struct CurvePoint {
  double at = 0;
  Estimate value;
};
using Curve = std::vector<CurvePoint>;

/// At 101 places from 0 to 1: sensitivity at each 1 - specificity (linear between the points of the ROC curve), and
/// precision at each recall (of the highest threshold that reaches it, without interpolation). Per class against the
/// rest, empty where a class or all others are absent; the mean over the other classes is the macro curve.
struct RankingCurves {
  std::vector<Curve> roc, precision_recall;  ///< [class]
  Curve roc_macro, precision_recall_macro;
};

/// Bootstrap percentile intervals over clusters. Empty without scores.
RankingCurves ranking_curves(const Predictions& predictions, const Sampling& sampling, const BootstrapOptions& options);

/// Net benefit of calling positive what has at least `threshold` probability: TP / n - FP / n * t / (1 - t) (Vickers
/// and Elkin, Medical Decision Making 2006), beside that of calling all positive; calling none has 0.
struct DecisionPoint {
  double threshold = 0;
  Estimate model, treat_all;
};

/// At thresholds .01 to .99, with bootstrap percentile intervals over clusters.
std::vector<DecisionPoint> decision_curve(std::span<const double> probability,
                                          std::span<const uint8_t> is_positive,
                                          const Sampling& sampling,
                                          const BootstrapOptions& options);

}  // namespace hepatica::stats
