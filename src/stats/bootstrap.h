// Bootstrap over clusters (patients), stratified, for any number of statistics at once.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "stats/estimate.h"

namespace hepatica::stats {

struct BootstrapOptions {
  int resamples = 2000;
  uint64_t seed = 0;
  double confidence = 0.95;
};

/// Which cases are drawn together, and within which groups the number drawn is kept.
struct Sampling {
  std::vector<uint32_t> cluster_of_case;     ///< 0 .. clusters-1 per case
  std::vector<uint32_t> stratum_of_cluster;  ///< one per cluster
};

/// Numbers clusters and strata in the order in which their names first occur. One name of each per case; a cluster's
/// stratum is that of its first case (clusters of mixed classes are allowed).
Sampling sampling_from_names(const std::vector<std::string>& clusters, const std::vector<std::string>& strata);
/// Every case its own cluster, one stratum.
Sampling independent_cases(size_t cases);

/// Computes all statistics with case i counted weights[i] times, into `values`; NaN where one is undefined. Called
/// from several threads at once.
using WeightedStatistics = std::function<void(std::span<const uint32_t> weights, std::span<double> values)>;

/// What resampling gave; equal for equal seeds whatever the number of threads.
class Bootstrap {
 public:
  /// Draws whole clusters with replacement within each stratum (Davison and Hinkley, Bootstrap Methods, 1997, ch. 3),
  /// and leaves each cluster out once for BCa's acceleration. Error{bad_values} where there is no case.
  Bootstrap(const WeightedStatistics& statistics,
            size_t count,
            const Sampling& sampling,
            const BootstrapOptions& options);

  /// The statistic of the sample itself.
  double value(size_t statistic) const { return values_[statistic]; }
  size_t clusters() const { return clusters_; }

  /// Quantiles of the resampled values (linear between order statistics).
  Estimate percentile(size_t statistic, int64_t n) const;
  /// Bias-corrected and accelerated (Efron, JASA 1987). Absent with the reason where every resample lies on one side.
  Estimate bca(size_t statistic, int64_t n) const;
  /// BCa where it is defined, else percentile.
  Estimate best(size_t statistic, int64_t n) const;

 private:
  /// Sorted defined resampled values; empty with `reason` set where there are too few of them.
  std::vector<double> defined(size_t statistic, std::string& reason) const;
  double acceleration(size_t statistic) const;

  BootstrapOptions options_;
  size_t clusters_ = 0;
  std::vector<double> values_;
  std::vector<std::vector<double>> resampled_;  // [statistic][resample]
  std::vector<std::vector<double>> left_out_;   // [statistic][cluster]
};

/// Mean of independent values with a bootstrap interval; of one value: no interval, with the reason.
Estimate mean_estimate(const std::vector<double>& values, const BootstrapOptions& options);

/// sum(numerators) / sum(denominators) over clusters, such as lesions found / lesions there per patient; n is the sum
/// of the denominators.
Estimate ratio_estimate(const std::vector<double>& numerators,
                        const std::vector<double>& denominators,
                        const BootstrapOptions& options);

}  // namespace hepatica::stats
