// Ranking of cases by a score: ROC, AUC with DeLong's interval, average precision.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stats/estimate.h"

namespace hepatica::stats {

/// Midranks (ranks from 1, ties share their mean). Error{bad_values} on NaN.
std::vector<double> midranks(std::span<const double> values);

/// Placement values of DeLong's method: `positive[i]` is the share of negatives that positive case i outscores (ties
/// count one half), `negative[j]` the share of positives that outscore negative case j.
struct Placements {
  std::vector<double> positive, negative;
  double auc = 0;
};

/// O(n log n) by midranks (Sun and Xu, IEEE Signal Processing Letters 2014). `is_positive` holds 0 or 1 per score.
/// Both classes must occur. Infinite scores rank as such; NaN is Error{bad_values}.
Placements placements(std::span<const double> scores, std::span<const uint8_t> is_positive);

/// AUC with DeLong's interval (DeLong et al., Biometrics 1988), cut to [0, 1]; n is the number of cases. One class
/// absent: undefined with the reason. A variance of 0 at AUC 1 or 0 (perfect separation) gives Clopper-Pearson's
/// one-sided bound of min(positives, negatives) independent pairs; elsewhere no interval, with the reason.
Estimate auc_delong(std::span<const double> scores, std::span<const uint8_t> is_positive, double confidence = 0.95);

/// DeLong's test of two scores on the same cases: difference of the AUCs (first minus second) with its interval, and p.
struct AucComparison {
  Estimate difference;
  std::optional<double> z, p;  ///< two-sided; absent where the variance of the difference is 0
};
AucComparison compare_auc(std::span<const double> first,
                          std::span<const double> second,
                          std::span<const uint8_t> is_positive,
                          double confidence = 0.95);

struct RocPoint {
  double threshold = 0;  ///< cases with score >= threshold are called positive; infinity for the first point
  double sensitivity = 0, specificity = 1;
};

/// From (0 sensitivity, 1 specificity) to (1, 0), one point a distinct score. Both classes must occur.
std::vector<RocPoint> roc_curve(std::span<const double> scores, std::span<const uint8_t> is_positive);

/// Cases in descending order of score with the ends of runs of equal scores: made once, used for every resample.
class RankedScores {
 public:
  RankedScores(std::span<const double> scores, std::vector<uint8_t> is_positive);

  /// With case i counted weights[i] times: AUC (ties one half), and average precision = sum over distinct scores of
  /// (increase of recall) * precision, without interpolation. NaN where one class has no weight.
  struct Values {
    double auc, average_precision;
  };
  Values weighted(std::span<const uint32_t> weights) const;

  /// Counts of true and false positives at each distinct score, from the highest down; the last holds all.
  struct Counts {
    uint64_t true_positives = 0, false_positives = 0;
  };
  std::vector<Counts> cumulated(std::span<const uint32_t> weights) const;

 private:
  std::vector<uint32_t> order_;
  std::vector<uint8_t> positive_;  // in that order
  std::vector<uint8_t> run_ends_;  // in that order: 1 where the next score differs
};

}  // namespace hepatica::stats
