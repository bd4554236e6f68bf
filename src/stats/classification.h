// All statistics of a classifier's scores against the truth, in one pass per resample.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "stats/bootstrap.h"
#include "stats/estimate.h"

namespace hepatica::stats {

/// Cases with their scores. Class numbers index `classes`.
struct Predictions {
  std::vector<std::string> classes;  ///< at least 2
  std::vector<int> truth;            ///< per case
  std::vector<int> predicted;        ///< per case
  std::vector<double> probability;   ///< [cases * classes], each row sums to 1; empty where only `predicted` is known
  /// [cases * classes]: what AUC and average precision rank by, such as raw logits; empty: the probabilities.
  std::vector<double> ranking;

  size_t size() const { return truth.size(); }
};

struct ClassificationOptions {
  int positive = 1;           ///< with two classes: the one that sensitivity, PPV, F1, AUC and Brier speak of
  int calibration_bins = 10;  ///< equal-width bins of the expected calibration error
  /// Probabilities below this are taken as this in log loss, so that one wrong certainty does not make it infinite.
  double log_floor = 1e-15;
};

/// The statistics by name, undefined ones NaN. Overall:
///  accuracy; balanced_accuracy = macro_recall (mean sensitivity over classes that occur); macro_precision; macro_f1,
///  weighted_f1 and weighted_precision (weights: cases of each true class; a class never predicted has precision 0, as
///  scikit-learn's zero_division=0); log_loss; brier (two classes: mean (p_positive - y)^2; more: mean over cases of
///  the sum over classes); ece (confidence of the predicted class against accuracy); auc_macro, auc_weighted
///  (one-vs-rest); average_precision_macro. With two classes, of the positive class: sensitivity, specificity, ppv,
///  npv, f1, auc, average_precision. Per class c, one-vs-rest: "c:sensitivity", "c:specificity", "c:ppv", "c:npv",
///  "c:f1", "c:auc", "c:average_precision".
class ClassificationStatistics {
 public:
  /// Error{bad_values} names the case whose scores are not probabilities.
  ClassificationStatistics(const Predictions& predictions, const ClassificationOptions& options);
  ~ClassificationStatistics();

  const std::vector<std::string>& names() const;
  /// With case i counted weights[i] times. Thread-safe.
  void compute(std::span<const uint32_t> weights, std::span<double> values) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Counts: rows are the truth, columns the prediction.
std::vector<std::vector<int64_t>> confusion_matrix(const Predictions& predictions);

/// One statistic with its interval, and the same value with the other intervals that were asked for.
struct NamedEstimate {
  std::string name;
  Estimate estimate;
  std::vector<Estimate> others;
};

/// Every statistic with its interval: Wilson for proportions and DeLong for AUC where each cluster is one case, BCa
/// bootstrap elsewhere; the others (Clopper-Pearson, bootstrap percentile, BCa) stand in `others`.
std::vector<NamedEstimate> estimate_all(const Predictions& predictions,
                                        const Sampling& sampling,
                                        const ClassificationOptions& options,
                                        const BootstrapOptions& bootstrap);

/// A bin of the reliability curve.
struct CalibrationBin {
  double low = 0,
         high = 0;  ///< of the confidence in the predicted class (two classes: probability of the positive one)
  int64_t n = 0;
  double mean_probability = 0;
  Estimate observed;  ///< share that was right (two classes: share of positives)
};
std::vector<CalibrationBin> calibration_curve(const Predictions& predictions,
                                              const ClassificationOptions& options,
                                              double confidence = 0.95);

}  // namespace hepatica::stats
