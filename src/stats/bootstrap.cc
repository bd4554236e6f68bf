#include "stats/bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"
#include "base/threads.h"
#include "stats/distributions.h"
#include "stats/proportion.h"

namespace hepatica::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kChunk = 32;  // resamples that one task of a thread does

uint32_t number_of(std::map<std::string, uint32_t>& numbers, const std::string& name) {
  return numbers.emplace(name, uint32_t(numbers.size())).first->second;
}

/// Clusters of each stratum.
std::vector<std::vector<uint32_t>> members_of(const Sampling& sampling) {
  std::vector<std::vector<uint32_t>> members;
  for (uint32_t cluster = 0; cluster < sampling.stratum_of_cluster.size(); ++cluster) {
    const uint32_t stratum = sampling.stratum_of_cluster[cluster];
    if (stratum >= members.size()) members.resize(stratum + 1);
    members[stratum].push_back(cluster);
  }
  return members;
}

double quantile(const std::vector<double>& sorted, double p) {
  const double at = p * double(sorted.size() - 1);
  const auto low = size_t(at);
  if (low + 1 >= sorted.size()) return sorted.back();
  return sorted[low] + (at - double(low)) * (sorted[low + 1] - sorted[low]);
}

/// Weight of each case when each cluster is counted as given.
void spread(const Sampling& sampling, const std::vector<uint32_t>& of_cluster, std::vector<uint32_t>& of_case) {
  for (size_t i = 0; i < of_case.size(); ++i) of_case[i] = of_cluster[sampling.cluster_of_case[i]];
}

/// What to say beside an interval of these sorted values.
std::string care(const std::vector<double>& sorted) {
  return sorted.front() == sorted.back() ? "every resample gave this value: the interval understates the uncertainty"
                                         : "";
}

void check(const Sampling& sampling, const BootstrapOptions& options) {
  if (sampling.cluster_of_case.empty()) throw Error(ErrorCode::bad_values, "there is no case to resample");
  if (options.resamples < 100 || options.resamples > 1000000)
    throw Error(ErrorCode::bad_values,
                fmt::format("{} resamples; the number must lie within 100 and 1000000", options.resamples));
}

}  // namespace

Sampling sampling_from_names(const std::vector<std::string>& clusters, const std::vector<std::string>& strata) {
  HEPATICA_ASSERT(clusters.size() == strata.size());
  Sampling sampling;
  std::map<std::string, uint32_t> cluster_numbers, stratum_numbers;
  for (size_t i = 0; i < clusters.size(); ++i) {
    const uint32_t cluster = number_of(cluster_numbers, clusters[i]);
    sampling.cluster_of_case.push_back(cluster);
    if (cluster == sampling.stratum_of_cluster.size())
      sampling.stratum_of_cluster.push_back(number_of(stratum_numbers, strata[i]));
  }
  return sampling;
}

Sampling independent_cases(size_t cases) {
  Sampling sampling;
  sampling.cluster_of_case.resize(cases);
  std::iota(sampling.cluster_of_case.begin(), sampling.cluster_of_case.end(), 0u);
  sampling.stratum_of_cluster.assign(cases, 0);
  return sampling;
}

Bootstrap::Bootstrap(const WeightedStatistics& statistics,
                     size_t count,
                     const Sampling& sampling,
                     const BootstrapOptions& options)
    : options_(options), clusters_(sampling.stratum_of_cluster.size()), values_(count) {
  check(sampling, options);
  const size_t cases = sampling.cluster_of_case.size(), resamples = size_t(options.resamples);
  statistics(std::vector<uint32_t>(cases, 1), values_);
  resampled_.assign(count, std::vector<double>(resamples));
  left_out_.assign(count, std::vector<double>(clusters_));
  const auto members = members_of(sampling);
  const Rng base(options.seed);
  const size_t draws = (resamples + kChunk - 1) / kChunk, leaves = (clusters_ + kChunk - 1) / kChunk;
  parallel_for(draws + leaves, [&](size_t task) {
    std::vector<uint32_t> of_cluster(clusters_), of_case(cases);
    std::vector<double> values(count);
    const bool drawing = task < draws;
    const size_t first = (drawing ? task : task - draws) * kChunk,
                 end = std::min(first + kChunk, drawing ? resamples : clusters_);
    for (size_t item = first; item < end; ++item) {
      std::fill(of_cluster.begin(), of_cluster.end(), drawing ? 0u : 1u);
      if (drawing) {
        Rng rng = base.fork(item);
        for (const auto& stratum : members)
          for (size_t k = 0; k < stratum.size(); ++k)
            ++of_cluster[stratum[size_t(rng.uniform() * double(stratum.size()))]];
      } else {
        of_cluster[item] = 0;
      }
      spread(sampling, of_cluster, of_case);
      statistics(of_case, values);
      for (size_t s = 0; s < count; ++s) (drawing ? resampled_ : left_out_)[s][item] = values[s];
    }
    check_interrupted();
  });
}

std::vector<double> Bootstrap::defined(size_t statistic, std::string& reason) const {
  std::vector<double> values;
  for (double value : resampled_[statistic])
    if (std::isfinite(value)) values.push_back(value);
  const double share = double(values.size()) / double(resampled_[statistic].size());
  if (clusters_ < 2)
    reason = "a single patient cannot be resampled";
  else if (share < 0.95)
    reason = fmt::format("undefined in {:.0f}% of the resamples", 100 * (1 - share));
  if (!reason.empty()) return {};
  std::sort(values.begin(), values.end());
  return values;
}

double Bootstrap::acceleration(size_t statistic) const {
  const std::vector<double>& left_out = left_out_[statistic];
  double sum = 0;
  for (double value : left_out) {
    if (!std::isfinite(value)) return kNaN;
    sum += value;
  }
  const double mean = sum / double(left_out.size());
  double squares = 0, cubes = 0;
  for (double value : left_out) {
    const double deviation = mean - value;
    squares += deviation * deviation;
    cubes += deviation * deviation * deviation;
  }
  return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

Estimate Bootstrap::percentile(size_t statistic, int64_t n) const {
  const std::string method = method_name("bootstrap, percentile", options_.confidence);
  std::string reason;
  const std::vector<double> values = defined(statistic, reason);
  if (values.empty()) return make_estimate(values_[statistic], std::nullopt, n, method, reason);
  const double tail = (1 - options_.confidence) / 2;
  return make_estimate(
      values_[statistic], Interval{quantile(values, tail), quantile(values, 1 - tail)}, n, method, care(values));
}

Estimate Bootstrap::bca(size_t statistic, int64_t n) const {
  const std::string method = method_name("bootstrap, BCa", options_.confidence);
  std::string reason;
  const double value = values_[statistic];
  const std::vector<double> values = defined(statistic, reason);
  if (values.empty()) return make_estimate(value, std::nullopt, n, method, reason);
  // Ties with the sample's value count one half, as for a discrete statistic.
  const auto below = std::lower_bound(values.begin(), values.end(), value) - values.begin();
  const auto ties = std::upper_bound(values.begin(), values.end(), value) - values.begin() - below;
  const double share = (double(below) + 0.5 * double(ties)) / double(values.size());
  const double a = acceleration(statistic);
  if (share <= 0 || share >= 1 || !std::isfinite(a))
    return make_estimate(
        value, std::nullopt, n, method, "BCa is not defined: every resample lies on one side of the value");
  const double bias = normal_quantile(share), tail = (1 - options_.confidence) / 2;
  const auto level = [&](double p) {
    const double z = bias + normal_quantile(p);
    return normal_cdf(bias + z / (1 - a * z));
  };
  return make_estimate(
      value, Interval{quantile(values, level(tail)), quantile(values, level(1 - tail))}, n, method, care(values));
}

Estimate Bootstrap::best(size_t statistic, int64_t n) const {
  const Estimate estimate = bca(statistic, n);
  if (estimate.lower || !estimate.value) return estimate;
  return percentile(statistic, n);
}

Estimate mean_estimate(const std::vector<double>& values, const BootstrapOptions& options) {
  return ratio_estimate(values, std::vector<double>(values.size(), 1.0), options);
}

Estimate ratio_estimate(const std::vector<double>& numerators,
                        const std::vector<double>& denominators,
                        const BootstrapOptions& options) {
  HEPATICA_ASSERT(numerators.size() == denominators.size());
  const double total = std::accumulate(denominators.begin(), denominators.end(), 0.0);
  if (!(total > 0)) return undefined(0, "there is no case in the denominator");
  const auto ratio = [&](std::span<const uint32_t> weights, std::span<double> out) {
    double top = 0, bottom = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      top += weights[i] * numerators[i];
      bottom += weights[i] * denominators[i];
    }
    out[0] = bottom > 0 ? top / bottom : kNaN;
  };
  const Bootstrap bootstrap(ratio, 1, independent_cases(numerators.size()), options);
  return bootstrap.best(0, int64_t(std::llround(total)));
}

}  // namespace hepatica::stats
