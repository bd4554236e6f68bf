#include "stats/paired_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/rng.h"
#include "base/threads.h"

namespace hepatica::stats {
namespace {

constexpr size_t kExactClusters = 12;
constexpr size_t kChunk = 32;

/// The rows of both, one after the other.
Predictions stacked(const Predictions& first, const Predictions& second) {
  if (first.classes != second.classes || first.probability.empty() != second.probability.empty())
    throw Error(ErrorCode::bad_values,
                "two methods can be compared on the same classes and kinds of output only; match the tables first");
  Predictions both = first;
  both.truth.insert(both.truth.end(), second.truth.begin(), second.truth.end());
  both.predicted.insert(both.predicted.end(), second.predicted.begin(), second.predicted.end());
  both.probability.insert(both.probability.end(), second.probability.begin(), second.probability.end());
  return both;
}

/// Both methods as one table of twice the cases, so that weights choose which output of a case counts.
Predictions stacked_pairs(const Predictions& first, const Predictions& second) {
  if (first.truth != second.truth)
    throw Error(ErrorCode::bad_values,
                "two methods can be compared on the same cases and truth only; match the tables first");
  return stacked(first, second);
}

/// Statistics of the arms whose case i counts `weights[i]` times, from the second method where `exchanged[i]`.
class Arms {
 public:
  Arms(const Predictions& first, const Predictions& second, const ClassificationOptions& options)
      : cases_(first.size()), statistics_(stacked_pairs(first, second), options) {}

  const std::vector<std::string>& names() const { return statistics_.names(); }

  /// Statistics of the first arm, then of the second.
  void compute(std::span<const uint32_t> weights,
               const std::vector<uint8_t>& exchanged,
               std::span<double> values) const {
    std::vector<uint32_t> stacked_weights(2 * cases_);
    for (size_t arm = 0; arm < 2; ++arm) {
      for (size_t i = 0; i < cases_; ++i) {
        const bool second = exchanged[i] != arm;
        stacked_weights[i] = second ? 0 : weights[i];
        stacked_weights[cases_ + i] = second ? weights[i] : 0;
      }
      statistics_.compute(stacked_weights, values.subspan(arm * names().size(), names().size()));
    }
  }

 private:
  size_t cases_;
  ClassificationStatistics statistics_;
};

using Exchange = std::function<void(const std::vector<uint8_t>& exchanged, std::span<double> differences)>;

/// Counts of exchanges whose differences are at least as far from 0 as the observed ones.
struct Counted {
  std::vector<double> observed;
  std::vector<int64_t> extreme, defined;
  bool exact = false;
};

Counted count_exchanges(const Exchange& differences,
                        size_t count,
                        const Sampling& sampling,
                        const std::vector<uint32_t>& differing,
                        const BootstrapOptions& options) {
  const size_t cases = sampling.cluster_of_case.size();
  Counted counted{std::vector<double>(count),
                  std::vector<int64_t>(count, 0),
                  std::vector<int64_t>(count, 0),
                  differing.size() <= kExactClusters};
  differences(std::vector<uint8_t>(cases, 0), counted.observed);
  const size_t all = counted.exact ? size_t(1) << differing.size() : size_t(options.resamples);
  std::vector<std::vector<double>> values(all, std::vector<double>(count));
  const Rng base(options.seed);
  parallel_for((all + kChunk - 1) / kChunk, [&](size_t chunk) {
    std::vector<uint8_t> of_cluster(sampling.stratum_of_cluster.size()), exchanged(cases);
    for (size_t item = chunk * kChunk; item < std::min(all, (chunk + 1) * kChunk); ++item) {
      std::fill(of_cluster.begin(), of_cluster.end(), uint8_t(0));
      Rng rng = base.fork(item);
      for (size_t d = 0; d < differing.size(); ++d)
        of_cluster[differing[d]] = counted.exact ? (item >> d) & 1 : rng.chance(0.5);
      for (size_t i = 0; i < cases; ++i) exchanged[i] = of_cluster[sampling.cluster_of_case[i]];
      differences(exchanged, values[item]);
    }
    check_interrupted();
  });
  for (const auto& row : values)
    for (size_t s = 0; s < count; ++s) {
      if (!std::isfinite(row[s])) continue;
      ++counted.defined[s];
      // Equal differences may differ in the last digit.
      if (std::abs(row[s]) >= std::abs(counted.observed[s]) - 1e-12) ++counted.extreme[s];
    }
  return counted;
}

Test outcome_of(const Counted& counted, size_t s, size_t differing, int64_t n) {
  const std::string method = counted.exact ? "permutation, exact" : "permutation, Monte Carlo";
  if (!std::isfinite(counted.observed[s]))
    return undefined_outcome(method, n, "the statistic is not defined for both methods");
  if (differing == 0)
    return {method, counted.observed[s], {}, 1.0, {}, n, "the two methods give the same for every case"};
  const double extra = counted.exact ? 0 : 1;
  const double p = (double(counted.extreme[s]) + extra) / (double(counted.defined[s]) + extra);
  return {method, counted.observed[s], {}, std::min(1.0, p), {}, n, ""};
}

/// Clusters in which a case differs, ascending.
std::vector<uint32_t> differing_clusters(const Sampling& sampling, const std::function<bool(size_t)>& differs) {
  std::vector<uint32_t> clusters;
  for (size_t i = 0; i < sampling.cluster_of_case.size(); ++i)
    if (differs(i)) clusters.push_back(sampling.cluster_of_case[i]);
  std::sort(clusters.begin(), clusters.end());
  clusters.erase(std::unique(clusters.begin(), clusters.end()), clusters.end());
  return clusters;
}

void check_options(const BootstrapOptions& options) {
  if (options.resamples < 100 || options.resamples > 1000000)
    throw Error(ErrorCode::bad_values,
                fmt::format("{} permutations; the number must lie within 100 and 1000000", options.resamples));
}

/// Of a bootstrap whose statistics are those of the first method, then of the second, then their differences.
std::vector<MetricDifference> differences_of(
    const Bootstrap& bootstrap, const std::vector<std::string>& names, int64_t first_n, int64_t second_n, int64_t n) {
  const size_t count = names.size();
  const auto estimate = [&](size_t s, int64_t cases) {
    return std::isfinite(bootstrap.value(s)) ? bootstrap.best(s, cases)
                                             : undefined(cases, "a class it needs does not occur");
  };
  std::vector<MetricDifference> result;
  for (size_t s = 0; s < count; ++s) {
    MetricDifference metric{
        names[s], estimate(s, first_n), estimate(count + s, second_n), estimate(2 * count + s, n), {}};
    if (metric.difference.value)
      metric.others = {bootstrap.percentile(2 * count + s, n), bootstrap.bca(2 * count + s, n)};
    result.push_back(metric);
  }
  return result;
}

}  // namespace

std::vector<MetricDifference> bootstrap_differences(const Predictions& first,
                                                    const Predictions& second,
                                                    const Sampling& sampling,
                                                    const ClassificationOptions& classification,
                                                    const BootstrapOptions& options) {
  const Arms arms(first, second, classification);
  const size_t count = arms.names().size();
  const std::vector<uint8_t> unexchanged(first.size(), 0);
  const auto statistics = [&](std::span<const uint32_t> weights, std::span<double> values) {
    arms.compute(weights, unexchanged, values.first(2 * count));
    for (size_t s = 0; s < count; ++s) values[2 * count + s] = values[s] - values[count + s];
  };
  const auto n = int64_t(first.size());
  return differences_of(Bootstrap(statistics, 3 * count, sampling, options), arms.names(), n, n, n);
}

std::vector<MetricDifference> bootstrap_independent_differences(const Predictions& first,
                                                                const Sampling& first_sampling,
                                                                const Predictions& second,
                                                                const Sampling& second_sampling,
                                                                const ClassificationOptions& classification,
                                                                const BootstrapOptions& options) {
  const ClassificationStatistics all(stacked(first, second), classification);
  const size_t count = all.names().size(), cases = first.size();
  const auto statistics = [&](std::span<const uint32_t> weights, std::span<double> values) {
    std::vector<uint32_t> one(weights.begin(), weights.end()), other = one;
    std::fill(one.begin() + long(cases), one.end(), 0u);
    std::fill(other.begin(), other.begin() + long(cases), 0u);
    all.compute(one, values.first(count));
    all.compute(other, values.subspan(count, count));
    for (size_t s = 0; s < count; ++s) values[2 * count + s] = values[s] - values[count + s];
  };
  Sampling sampling = first_sampling;
  const auto clusters = uint32_t(first_sampling.stratum_of_cluster.size());
  uint32_t strata = 0;
  for (const uint32_t stratum : first_sampling.stratum_of_cluster) strata = std::max(strata, stratum + 1);
  for (const uint32_t cluster : second_sampling.cluster_of_case) sampling.cluster_of_case.push_back(clusters + cluster);
  for (const uint32_t stratum : second_sampling.stratum_of_cluster)
    sampling.stratum_of_cluster.push_back(strata + stratum);
  return differences_of(Bootstrap(statistics, 3 * count, sampling, options),
                        all.names(),
                        int64_t(cases),
                        int64_t(second.size()),
                        int64_t(cases + second.size()));
}

std::vector<Test> permutation_tests(const Predictions& first,
                                    const Predictions& second,
                                    const Sampling& sampling,
                                    const ClassificationOptions& classification,
                                    const std::vector<std::string>& names,
                                    const BootstrapOptions& options) {
  check_options(options);
  const Arms arms(first, second, classification);
  const size_t all = arms.names().size(), k = first.classes.size();
  std::vector<size_t> chosen;
  for (const std::string& name : names)
    chosen.push_back(size_t(std::find(arms.names().begin(), arms.names().end(), name) - arms.names().begin()));
  for (size_t c = 0; c < chosen.size(); ++c)
    if (chosen[c] == all) throw Error(ErrorCode::bad_values, fmt::format("there is no statistic '{}'", names[c]));
  const std::vector<uint32_t> ones(first.size(), 1);
  const Exchange differences = [&](const std::vector<uint8_t>& exchanged, std::span<double> values) {
    std::vector<double> both(2 * all);
    arms.compute(ones, exchanged, both);
    for (size_t c = 0; c < chosen.size(); ++c) values[c] = both[chosen[c]] - both[all + chosen[c]];
  };
  const auto differing = differing_clusters(sampling, [&](size_t i) {
    if (first.predicted[i] != second.predicted[i]) return true;
    if (first.probability.empty()) return false;
    return !std::equal(first.probability.begin() + long(i * k),
                       first.probability.begin() + long((i + 1) * k),
                       second.probability.begin() + long(i * k));
  });
  const Counted counted = count_exchanges(differences, chosen.size(), sampling, differing, options);
  std::vector<Test> tests;
  for (size_t c = 0; c < chosen.size(); ++c)
    tests.push_back(outcome_of(counted, c, differing.size(), int64_t(first.size())));
  return tests;
}

Test permutation_of_means(const std::vector<double>& first,
                          const std::vector<double>& second,
                          const Sampling& sampling,
                          const BootstrapOptions& options) {
  check_options(options);
  const Exchange difference = [&](const std::vector<uint8_t>& exchanged, std::span<double> values) {
    values[0] = 0;
    for (size_t i = 0; i < first.size(); ++i)
      values[0] += (exchanged[i] ? second[i] - first[i] : first[i] - second[i]) / double(first.size());
  };
  const auto differing = differing_clusters(sampling, [&](size_t i) { return first[i] != second[i]; });
  const Counted counted = count_exchanges(difference, 1, sampling, differing, options);
  return outcome_of(counted, 0, differing.size(), int64_t(first.size()));
}

}  // namespace hepatica::stats
