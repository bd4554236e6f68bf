// Differences of all classification statistics between two methods: bootstrap on the same or on different cases, and
// permutation on the same.
#pragma once

#include <string>
#include <vector>

#include "stats/bootstrap.h"
#include "stats/classification.h"
#include "stats/hypothesis.h"

namespace hepatica::stats {

/// One statistic of both methods and its difference, first minus second.
struct MetricDifference {
  std::string name;  ///< as in ClassificationStatistics
  Estimate first, second, difference;
  std::vector<Estimate> others;  ///< the difference with its percentile and BCa intervals
};

/// Bootstrap of the differences: whole clusters are drawn for both methods together. Both must have the same classes,
/// truth and cases, else Error{bad_values}.
std::vector<MetricDifference> bootstrap_differences(const Predictions& first,
                                                    const Predictions& second,
                                                    const Sampling& sampling,
                                                    const ClassificationOptions& classification,
                                                    const BootstrapOptions& options);

/// The same of two groups of different cases, such as a random against a time-based split: each group is resampled by
/// itself. Classes must be the same, else Error{bad_values}.
std::vector<MetricDifference> bootstrap_independent_differences(const Predictions& first,
                                                                const Sampling& first_sampling,
                                                                const Predictions& second,
                                                                const Sampling& second_sampling,
                                                                const ClassificationOptions& classification,
                                                                const BootstrapOptions& options);

/// Paired permutation test of the named statistics: under the hypothesis the two methods' outputs for a cluster may be
/// exchanged (Good, Permutation Tests, 2000). Exact over all exchanges where at most 12 clusters differ, else from
/// `options.resamples` random ones with (1 + as extreme) / (1 + all). Two-sided; the statistic is the difference.
std::vector<Test> permutation_tests(const Predictions& first,
                                    const Predictions& second,
                                    const Sampling& sampling,
                                    const ClassificationOptions& classification,
                                    const std::vector<std::string>& names,
                                    const BootstrapOptions& options);

/// The same for the mean of one value a case, such as Dice.
Test permutation_of_means(const std::vector<double>& first,
                          const std::vector<double>& second,
                          const Sampling& sampling,
                          const BootstrapOptions& options);

}  // namespace hepatica::stats
