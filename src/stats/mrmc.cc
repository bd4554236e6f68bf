#include "stats/mrmc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "stats/distributions.h"
#include "stats/mrmc_covariance.h"
#include "stats/proportion.h"

namespace hepatica::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNothing = 1e-15;  // a variance below which figures of merit do not vary

using Matrix = std::vector<std::vector<double>>;

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

double quantile_of(double confidence, double degrees) {
  const double p = 0.5 + confidence / 2;
  return std::isinf(degrees) ? normal_quantile(p) : student_quantile(p, degrees);
}

/// Means of the covariance matrix by which factors its two arms share.
OrCovariances means_of(const Matrix& covariance, size_t modalities, size_t readers) {
  double sum[2][2] = {{0, 0}, {0, 0}}, count[2][2] = {{0, 0}, {0, 0}};
  for (size_t a = 0; a < covariance.size(); ++a)
    for (size_t b = 0; b < covariance.size(); ++b) {
      const bool modality = a / readers == b / readers, reader = a % readers == b % readers;
      sum[modality][reader] += covariance[a][b];
      count[modality][reader] += 1;
    }
  const auto mean = [&](bool modality, bool reader) {
    return count[modality][reader] > 0 ? sum[modality][reader] / count[modality][reader] : 0;
  };
  OrCovariances means{mean(true, true), mean(false, true), mean(true, false), mean(false, false)};
  if (modalities < 2) means.cov1 = means.cov3 = 0;
  return means;
}

/// The part of a covariance matrix that belongs to one modality.
Matrix of_modality(const Matrix& covariance, size_t modality, size_t readers) {
  Matrix part(readers, std::vector<double>(readers));
  for (size_t a = 0; a < readers; ++a)
    for (size_t b = 0; b < readers; ++b) part[a][b] = covariance[modality * readers + a][modality * readers + b];
  return part;
}

/// An interval around a mean or a difference, or the reason why there is none.
struct Spread {
  double error = 0, degrees = 0;
  std::string reason;
};

Estimate interval_of(double value,
                     const Spread& spread,
                     double low,
                     double high,
                     int64_t n,
                     const std::string& method,
                     double confidence) {
  if (!spread.reason.empty()) return make_estimate(value, std::nullopt, n, method, spread.reason);
  const double half = quantile_of(confidence, spread.degrees) * spread.error;
  return make_estimate(
      value, Interval{std::max(low, value - half), std::min(high, value + half)}, n, method_name(method, confidence));
}

DifferenceTest test_of(double value, const Spread& spread, int64_t n, const std::string& method, double confidence) {
  const Estimate difference = interval_of(value, spread, -1, 1, n, method, confidence);
  if (!spread.reason.empty()) return {undefined_outcome(method, n, spread.reason), difference};
  const double t = value / spread.error;
  Test test{method, t, {}, student_two_sided(t, spread.degrees), {}, n, ""};
  if (std::isfinite(spread.degrees)) test.degrees = spread.degrees;
  return {test, difference};
}

/// Standard error of a mean of one modality's readers under each view (Hillis 2007, single modality).
Spread mean_spread_random(double ms_reader, double cov2, size_t readers) {
  if (readers < 2) return {0, 0, "one reader does not tell how readers vary"};
  const double j = double(readers), variance = ms_reader + std::max(j * cov2, 0.0);
  if (!(variance > kNothing)) return {0, 0, "the figures of merit do not vary"};
  const double degrees = ms_reader > kNothing ? variance * variance / (ms_reader * ms_reader / (j - 1)) : kInfinity;
  return {std::sqrt(variance / j), degrees, ""};
}

Spread mean_spread_fixed_readers(const OrCovariances& c, size_t readers) {
  const double variance = (c.variance + double(readers - 1) * c.cov2) / double(readers);
  if (!(variance > kNothing)) return {0, 0, "the figures of merit do not vary over cases"};
  return {std::sqrt(variance), kInfinity, ""};
}

Spread mean_spread_fixed_cases(double ms_reader, size_t readers) {
  if (readers < 2) return {0, 0, "one reader does not tell how readers vary"};
  if (!(ms_reader > kNothing)) return {0, 0, "the readers do not vary"};
  return {std::sqrt(ms_reader / double(readers)), double(readers - 1), ""};
}

double variance_of(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double mean = mean_of(values);
  double sum = 0;
  for (double value : values) sum += (value - mean) * (value - mean);
  return sum / double(values.size() - 1);
}

/// Denominator of the F test of the modalities and its degrees of freedom; `reason` where there is no test.
struct Denominator {
  std::string method;
  double mean_square = 0, degrees = 0;
  std::string reason;
};

ModalityTest modality_test(const MrmcResult& r, const Denominator& d, int64_t n, double confidence) {
  const size_t modalities = r.merit.size(), readers = r.merit[0].size();
  ModalityTest result;
  std::string reason = d.reason;
  if (modalities < 2)
    reason = "one modality: there is nothing to compare";
  else if (reason.empty() && !(d.mean_square > kNothing))
    reason = "the figures of merit do not vary";
  const double numerator = double(modalities) - 1;
  if (!reason.empty()) {
    result.test = undefined_outcome(d.method, n, reason);
  } else {
    const double f = r.ms_modality / d.mean_square;
    result.test = {d.method, f, numerator, f_tail(f, numerator, d.degrees), {}, n, ""};
    if (std::isfinite(d.degrees)) result.test.denominator = d.degrees;
  }
  const Spread spread{std::sqrt(std::max(0.0, 2 * d.mean_square / double(readers))), d.degrees, reason};
  for (size_t a = 0; a < modalities; ++a)
    for (size_t b = a + 1; b < modalities; ++b)
      result.pairs.push_back(test_of(mean_of(r.merit[a]) - mean_of(r.merit[b]), spread, n, d.method, confidence));
  return result;
}

void mean_squares(MrmcResult& r) {
  const size_t modalities = r.merit.size(), readers = r.merit[0].size();
  std::vector<double> modality, reader(readers, 0.0);
  for (const auto& row : r.merit) {
    modality.push_back(mean_of(row));
    for (size_t j = 0; j < readers; ++j) reader[j] += row[j] / double(modalities);
  }
  r.ms_modality = double(readers) * variance_of(modality);
  r.ms_reader = double(modalities) * variance_of(reader);
  if (modalities < 2 || readers < 2) return;
  const double grand = mean_of(modality);
  for (size_t i = 0; i < modalities; ++i)
    for (size_t j = 0; j < readers; ++j) {
      const double rest = r.merit[i][j] - modality[i] - reader[j] + grand;
      r.ms_interaction += rest * rest / double((modalities - 1) * (readers - 1));
    }
}

/// Hillis' degrees of freedom of a denominator that is built on the interaction's mean square.
double hillis_degrees(double denominator, double ms_interaction, size_t modalities, size_t readers) {
  if (!(ms_interaction > kNothing)) return kInfinity;
  return denominator * denominator / (ms_interaction * ms_interaction / double((modalities - 1) * (readers - 1)));
}

}  // namespace

MrmcResult obuchowski_rockette(const ReaderStudy& study, const MrmcOptions& options) {
  const Matrix covariance = merit_covariance(study, options);
  const size_t readers = study.readers, modalities = study.modalities;
  const std::vector<double> merits = merits_of(study, options.merit);
  MrmcResult r;
  for (size_t i = 0; i < modalities; ++i)
    r.merit.emplace_back(merits.begin() + long(i * readers), merits.begin() + long((i + 1) * readers));
  mean_squares(r);
  r.covariances = means_of(covariance, modalities, readers);
  const OrCovariances& c = r.covariances;
  const double j = double(readers), confidence = options.bootstrap.confidence;
  const auto n = int64_t(study.cases);
  const std::string alone = readers < 2 ? "one reader does not tell how readers vary" : "";
  const double random = r.ms_interaction + std::max(j * (c.cov2 - c.cov3), 0.0);
  const std::string both = "OR, random readers and cases", readers_fixed = "OR, fixed readers, random cases",
                    cases_fixed = "OR, random readers, fixed cases";
  r.random_both = modality_test(
      r,
      {both,
       random,
       alone.empty() && modalities > 1 ? hillis_degrees(random, r.ms_interaction, modalities, readers) : 1,
       alone},
      n,
      confidence);
  r.fixed_readers = modality_test(
      r, {readers_fixed, c.variance - c.cov1 + (j - 1) * std::max(c.cov2 - c.cov3, 0.0), kInfinity, ""}, n, confidence);
  r.fixed_cases =
      modality_test(r, {cases_fixed, r.ms_interaction, double(modalities - 1) * (j - 1), alone}, n, confidence);
  for (size_t i = 0; i < modalities; ++i) {
    const OrCovariances own = means_of(of_modality(covariance, i, readers), 1, readers);
    const double mean = mean_of(r.merit[i]), ms = variance_of(r.merit[i]);
    const auto add = [&](ModalityTest& view, const Spread& spread, const std::string& method) {
      view.means.push_back({interval_of(mean, spread, 0, 1, n, method, confidence), spread.error, spread.degrees});
    };
    add(r.random_both, mean_spread_random(ms, own.cov2, readers), both);
    add(r.fixed_readers, mean_spread_fixed_readers(own, readers), readers_fixed);
    add(r.fixed_cases, mean_spread_fixed_cases(ms, readers), cases_fixed);
  }
  return r;
}

StandaloneResult readers_against_standalone(const ReaderStudy& readers,
                                            const std::vector<double>& standalone,
                                            const MrmcOptions& options) {
  HEPATICA_ASSERT(readers.modalities == 1);
  ReaderStudy all = readers;
  all.readers = readers.readers + 1;
  all.score.insert(all.score.end(), standalone.begin(), standalone.end());
  const Matrix covariance = merit_covariance(all, options);
  const std::vector<double> merits = merits_of(all, options.merit);
  const size_t count = readers.readers;
  // Covariance of the differences to the standalone method, which is the last arm.
  Matrix of_differences(count, std::vector<double>(count));
  std::vector<double> differences;
  for (size_t a = 0; a < count; ++a) {
    differences.push_back(merits[a] - merits[count]);
    for (size_t b = 0; b < count; ++b)
      of_differences[a][b] = covariance[a][b] - covariance[a][count] - covariance[count][b] + covariance[count][count];
  }
  const OrCovariances means = means_of(of_differences, 1, count);
  const double difference = mean_of(differences), confidence = options.bootstrap.confidence;
  const auto n = int64_t(readers.cases);
  StandaloneResult result{merits[count], {merits.begin(), merits.begin() + long(count)}, {}, {}};
  result.random_both = test_of(difference,
                               mean_spread_random(variance_of(differences), means.cov2, count),
                               n,
                               "OR of differences to the standalone method, random readers and cases",
                               confidence);
  result.fixed_readers = test_of(difference,
                                 mean_spread_fixed_readers(means, count),
                                 n,
                                 "OR of differences to the standalone method, fixed readers, random cases",
                                 confidence);
  return result;
}

}  // namespace hepatica::stats
