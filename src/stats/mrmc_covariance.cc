#include "stats/mrmc_covariance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"
#include "base/threads.h"
#include "stats/roc.h"

namespace hepatica::stats {
namespace {

using Matrix = std::vector<std::vector<double>>;

std::span<const double> arm_scores(const ReaderStudy& study, size_t arm) {
  return std::span(study.score).subspan(arm * study.cases, study.cases);
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

/// Sum of products of deviations from the means, times `factor`, for all pairs of rows.
Matrix covariance_of_rows(const Matrix& rows, double factor) {
  const size_t arms = rows.size();
  Matrix centered = rows, covariance(arms, std::vector<double>(arms));
  for (auto& row : centered) {
    const double mean = mean_of(row);
    for (double& value : row) value -= mean;
  }
  for (size_t a = 0; a < arms; ++a)
    for (size_t b = a; b < arms; ++b)
      covariance[a][b] = covariance[b][a] =
          factor * std::inner_product(centered[a].begin(), centered[a].end(), centered[b].begin(), 0.0);
  return covariance;
}

/// Placements per arm: covariance of both parts over their number of cases.
Matrix delong_covariance(const ReaderStudy& study) {
  Matrix positive, negative;
  for (size_t arm = 0; arm < study.modalities * study.readers; ++arm) {
    const Placements p = placements(arm_scores(study, arm), study.is_positive);
    positive.push_back(p.positive);
    negative.push_back(p.negative);
  }
  const double m = double(positive[0].size()), n = double(negative[0].size());
  Matrix covariance = covariance_of_rows(positive, 1 / (m * (m - 1)));
  const Matrix other = covariance_of_rows(negative, 1 / (n * (n - 1)));
  for (size_t a = 0; a < covariance.size(); ++a)
    for (size_t b = 0; b < covariance.size(); ++b) covariance[a][b] += other[a][b];
  return covariance;
}

Matrix right_covariance(const ReaderStudy& study) {
  Matrix right;
  for (size_t arm = 0; arm < study.modalities * study.readers; ++arm) {
    const auto scores = arm_scores(study, arm);
    right.emplace_back(scores.begin(), scores.end());
  }
  const double k = double(study.cases);
  return covariance_of_rows(right, 1 / (k * (k - 1)));
}

/// Cases with the numbers by which they are drawn: all together, or each class by itself.
std::vector<std::vector<uint32_t>> strata_of(const ReaderStudy& study, Merit merit) {
  std::vector<std::vector<uint32_t>> strata(2);
  for (size_t k = 0; k < study.cases; ++k)
    strata[merit == Merit::auc ? study.is_positive[k] : 0].push_back(uint32_t(k));
  return strata;
}

Matrix bootstrap_covariance(const ReaderStudy& study, const MrmcOptions& options) {
  const size_t arms = study.modalities * study.readers, resamples = size_t(options.bootstrap.resamples);
  if (resamples < 100)
    throw Error(ErrorCode::bad_values, fmt::format("{} resamples; at least 100 are needed", resamples));
  const auto strata = strata_of(study, options.merit);
  std::vector<RankedScores> ranked;
  if (options.merit == Merit::auc)
    for (size_t arm = 0; arm < arms; ++arm) ranked.emplace_back(arm_scores(study, arm), study.is_positive);
  Matrix values(arms, std::vector<double>(resamples));
  const Rng base(options.bootstrap.seed);
  parallel_for(resamples, [&](size_t draw) {
    std::vector<uint32_t> weights(study.cases, 0);
    Rng rng = base.fork(draw);
    for (const auto& stratum : strata)
      for (size_t k = 0; k < stratum.size(); ++k) ++weights[stratum[size_t(rng.uniform() * double(stratum.size()))]];
    for (size_t arm = 0; arm < arms; ++arm) {
      if (options.merit == Merit::auc) {
        values[arm][draw] = ranked[arm].weighted(weights).auc;
        continue;
      }
      const auto scores = arm_scores(study, arm);
      values[arm][draw] = std::inner_product(weights.begin(), weights.end(), scores.begin(), 0.0) / double(study.cases);
    }
    check_interrupted();
  });
  return covariance_of_rows(values, 1 / double(resamples - 1));
}

}  // namespace

void check_study(const ReaderStudy& study, Merit merit) {
  const size_t arms = study.modalities * study.readers;
  if (arms == 0 || study.cases < 2)
    throw Error(ErrorCode::bad_values, "a reader study needs a modality, a reader and at least two cases");
  if (study.score.size() != arms * study.cases)
    throw Error(ErrorCode::bad_values, "every reader must have read every case in every modality");
  for (double score : study.score)
    if (!std::isfinite(score)) throw Error(ErrorCode::bad_values, "a reading's score is not a finite number");
  if (merit != Merit::auc) return;
  const auto positives = size_t(std::count(study.is_positive.begin(), study.is_positive.end(), uint8_t(1)));
  if (study.is_positive.size() != study.cases || positives < 2 || study.cases - positives < 2)
    throw Error(
        ErrorCode::bad_values,
        fmt::format(
            "{} positive of {} cases; a reader study of the AUC needs two of each class", positives, study.cases));
}

std::vector<double> merits_of(const ReaderStudy& study, Merit merit) {
  std::vector<double> merits;
  for (size_t arm = 0; arm < study.modalities * study.readers; ++arm)
    merits.push_back(merit == Merit::auc ? placements(arm_scores(study, arm), study.is_positive).auc
                                         : mean_of(arm_scores(study, arm)));
  return merits;
}

std::vector<std::vector<double>> merits_left_out(const ReaderStudy& study, Merit merit) {
  std::vector<std::vector<double>> values;
  const double k = double(study.cases);
  for (size_t arm = 0; arm < study.modalities * study.readers; ++arm) {
    const auto scores = arm_scores(study, arm);
    std::vector<double> row(study.cases);
    if (merit == Merit::accuracy) {
      const double sum = mean_of(scores) * k;
      for (size_t c = 0; c < study.cases; ++c) row[c] = (sum - scores[c]) / (k - 1);
      values.push_back(row);
      continue;
    }
    // Leaving out a case removes its placement from the sum of pairs that are ranked right.
    const Placements p = placements(scores, study.is_positive);
    const double m = double(p.positive.size()), n = double(p.negative.size()), pairs = p.auc * m * n;
    size_t at[2] = {0, 0};
    for (size_t c = 0; c < study.cases; ++c)
      row[c] = study.is_positive[c] ? (pairs - n * p.positive[at[1]++]) / ((m - 1) * n)
                                    : (pairs - m * p.negative[at[0]++]) / (m * (n - 1));
    values.push_back(row);
  }
  return values;
}

std::vector<std::vector<double>> merit_covariance(const ReaderStudy& study, const MrmcOptions& options) {
  check_study(study, options.merit);
  switch (options.covariance) {
    case CovarianceMethod::delong:
      return options.merit == Merit::auc ? delong_covariance(study) : right_covariance(study);
    case CovarianceMethod::bootstrap:
      return bootstrap_covariance(study, options);
    case CovarianceMethod::jackknife:
      break;
  }
  return covariance_of_rows(merits_left_out(study, options.merit), double(study.cases - 1) / double(study.cases));
}

}  // namespace hepatica::stats
