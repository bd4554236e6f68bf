// Views of the cases that the statistics and their estimates share.
#pragma once

#include <string>
#include <vector>

#include "stats/classification.h"

namespace hepatica::stats {

/// Statistics of one class against the rest, in the order of ClassificationStatistics; the last two need scores.
const std::vector<std::string>& per_class_names();

/// Error{bad_values} names the case whose numbers are of no use.
void check_predictions(const Predictions& p);

/// Probability of class c per case.
std::vector<double> probabilities_of(const Predictions& p, size_t c);

/// What class c is ranked by per case: `ranking` where there is one, else its probability.
std::vector<double> ranking_of(const Predictions& p, size_t c);

/// 1 where the class number is c.
std::vector<uint8_t> is_class(const std::vector<int>& numbers, size_t c);

/// Bin of equal width over [0, 1] that a probability falls in; bins are closed above, the first one below too.
size_t bin_of(double probability, int bins);

/// Probability of the predicted class and whether it is right; with two classes: of the positive class, and whether
/// the case has it.
struct Confidence {
  double probability;
  bool right;
};
Confidence confidence_of(const Predictions& p, size_t i, int positive);

}  // namespace hepatica::stats
