// One study of diagnostic accuracy: its 2 x 2 table and what follows from it alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stats/estimate.h"

namespace hepatica::stats {

/// Counts of a study, all >= 0: diseased called positive and negative, not diseased called positive and negative.
struct AccuracyStudy {
  int64_t true_positive = 0, false_negative = 0, false_positive = 0, true_negative = 0;
};

/// Who gets `kContinuityCorrection` added to each of the four counts: every study as soon as one study has a zero (the
/// default of R's mada), those with a zero alone, or nobody.
enum class Correction { all, single, none };
inline constexpr double kContinuityCorrection = 0.5;

/// Counts after the correction, and the logits with their within-study variances, taken as known.
struct CorrectedStudy {
  double true_positive = 0, false_negative = 0, false_positive = 0, true_negative = 0;
  bool corrected = false;

  double logit_sensitivity() const;
  double logit_false_positive_rate() const;
  double sensitivity_variance() const;          ///< 1/TP + 1/FN
  double false_positive_rate_variance() const;  ///< 1/FP + 1/TN
};

/// Error{bad_values} naming the study (from 1) with a negative count, or without diseased or without healthy cases; and
/// with Correction::none those with a zero, as their logits are infinite.
std::vector<CorrectedStudy> corrected(const std::vector<AccuracyStudy>& studies, Correction correction);

/// What one study says by itself. Proportions with Wilson's interval from the counts as they are; ratios from the
/// corrected counts with intervals on the log scale (Simel, Samsa and Matchar, J Clin Epidemiol 1991).
struct StudyEstimates {
  Estimate sensitivity, specificity, false_positive_rate;
  Estimate positive_likelihood_ratio, negative_likelihood_ratio, odds_ratio;
};
StudyEstimates study_estimates(const AccuracyStudy& study, const CorrectedStudy& corrected, double confidence = 0.95);

std::string name_of(Correction correction);

}  // namespace hepatica::stats
