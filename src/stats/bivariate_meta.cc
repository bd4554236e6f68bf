#include "stats/bivariate_meta.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "stats/bivariate_likelihood.h"
#include "stats/distributions.h"
#include "stats/proportion.h"

namespace hepatica::stats {
namespace {

std::vector<BivariatePoint> points_of(const std::vector<CorrectedStudy>& studies) {
  std::vector<BivariatePoint> points;
  for (const CorrectedStudy& s : studies)
    points.push_back({s.logit_sensitivity(),
                      s.logit_false_positive_rate(),
                      s.sensitivity_variance(),
                      s.false_positive_rate_variance()});
  return points;
}

/// A function of both mean logits that is normal, with `back` leading from there to the quantity's own scale.
template <class Back>
Estimate summary(double value, double variance, const BivariateMeta& meta, const char* scale, const Back& back) {
  const double half = normal_quantile(0.5 + meta.options.confidence / 2) * std::sqrt(variance);
  const double ends[] = {back(value - half), back(value + half)};
  return make_estimate(
      back(value),
      Interval{std::min(ends[0], ends[1]), std::max(ends[0], ends[1])},
      int64_t(meta.studies.size()),
      method_name("bivariate " + name_of(meta.options.likelihood) + ", " + scale, meta.options.confidence));
}

/// Variance of a * (mean logit sensitivity) + b * (mean logit FPR).
double variance_of(const Symmetric2& covariance, double a, double b) {
  return a * a * covariance.first + 2 * a * b * covariance.both + b * b * covariance.second;
}

void add_summary(BivariateMeta& meta) {
  const Symmetric2& c = meta.mean_covariance;
  const double sensitivity = inverse_logit(meta.logit_sensitivity),
               rate = inverse_logit(meta.logit_false_positive_rate);
  const auto same = [](double x) { return inverse_logit(x); };
  const auto turned = [](double x) { return inverse_logit(-x); };
  const auto ratio = [](double x) { return std::exp(x); };
  meta.sensitivity = summary(meta.logit_sensitivity, c.first, meta, "logit", same);
  meta.false_positive_rate = summary(meta.logit_false_positive_rate, c.second, meta, "logit", same);
  meta.specificity = summary(meta.logit_false_positive_rate, c.second, meta, "logit", turned);
  meta.positive_likelihood_ratio =
      summary(std::log(sensitivity / rate), variance_of(c, 1 - sensitivity, rate - 1), meta, "delta of log", ratio);
  meta.negative_likelihood_ratio = summary(
      std::log((1 - sensitivity) / (1 - rate)), variance_of(c, -sensitivity, rate), meta, "delta of log", ratio);
  meta.odds_ratio =
      summary(meta.logit_sensitivity - meta.logit_false_positive_rate, variance_of(c, 1, -1), meta, "log", ratio);
}

/// Cochran's Q of values with known variances about their common mean.
double cochran_q(const std::vector<double>& values, const std::vector<double>& variances) {
  double weight = 0, sum = 0, q = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    weight += 1 / variances[i];
    sum += values[i] / variances[i];
  }
  for (size_t i = 0; i < values.size(); ++i)
    q += (values[i] - sum / weight) * (values[i] - sum / weight) / variances[i];
  return q;
}

Estimate i2_of(const ChiSquareTest& test, int64_t n) {
  const double q = *test.statistic;
  const double value = q > 0 ? std::max(0.0, (q - test.degrees) / q) : 0;
  return make_estimate(value, std::nullopt, n, "Higgins-Thompson", "no interval is made");
}

void add_heterogeneity(const std::vector<BivariatePoint>& points, BivariateMeta& meta) {
  std::vector<double> first, second, first_variance, second_variance;
  for (const BivariatePoint& p : points) {
    first.push_back(p.first);
    second.push_back(p.second);
    first_variance.push_back(p.first_variance);
    second_variance.push_back(p.second_variance);
  }
  const int degrees = int(points.size()) - 1;
  const int64_t n = int64_t(points.size());
  const double q1 = cochran_q(first, first_variance), q2 = cochran_q(second, second_variance);
  Heterogeneity& h = meta.heterogeneity;
  h.sensitivity = chi_square_test(q1, degrees);
  h.false_positive_rate = chi_square_test(q2, degrees);
  h.both = chi_square_test(q1 + q2, 2 * degrees);
  h.sensitivity_i2 = i2_of(h.sensitivity, n);
  h.false_positive_rate_i2 = i2_of(h.false_positive_rate, n);
  const Symmetric2 common = bivariate_state(points, {}, Likelihood::ml).mean_covariance;
  const double r2 = std::sqrt(meta.mean_covariance.determinant() / common.determinant());
  h.bivariate_i2 =
      make_estimate(std::max(0.0, (r2 - 1) / r2), std::nullopt, n, "Jackson-White-Riley", "no interval is made");
}

void add_correlation(BivariateMeta& meta) {
  const int64_t n = int64_t(meta.studies.size());
  const double scale = std::sqrt(meta.between.first * meta.between.second);
  if (scale < 1e-8) {
    meta.correlation = undefined(n, "a variance between studies is 0");
    meta.warnings.push_back("a variance between studies is 0: the studies spread no more than chance");
    return;
  }
  const double value = std::clamp(meta.between.both / scale, -1.0, 1.0);
  meta.correlation = make_estimate(value, std::nullopt, n, name_of(meta.options.likelihood), "no interval is made");
  if (std::abs(value) > 1 - 1e-6)
    meta.warnings.push_back(
        "the correlation between studies is at its bound of 1: there are too few studies, or they spread along a line");
}

void add_warnings(BivariateMeta& meta) {
  const auto count = std::ranges::count_if(meta.used, &CorrectedStudy::corrected);
  if (count > 0)
    meta.warnings.push_back(fmt::format(
        "a study has a count of 0: 0.5 was added to each count of {} of {} studies", count, meta.studies.size()));
  if (meta.studies.size() < 5)
    meta.warnings.push_back(fmt::format("{} studies say little about the spread between studies", meta.studies.size()));
}

}  // namespace

BivariateMeta fit_bivariate(const std::vector<AccuracyStudy>& studies, const BivariateOptions& options) {
  BivariateMeta meta;
  meta.studies = studies;
  meta.used = corrected(studies, options.correction);
  meta.options = options;
  if (studies.size() < 3)
    throw Error(
        ErrorCode::bad_values,
        fmt::format("{} studies are too few for the bivariate model, which has five parameters; give at least 3",
                    studies.size()));
  const std::vector<BivariatePoint> points = points_of(meta.used);
  meta.between = best_between(points, options.likelihood);
  const BivariateState state = bivariate_state(points, meta.between, options.likelihood);
  meta.log_likelihood = state.log_likelihood;
  meta.logit_sensitivity = state.first;
  meta.logit_false_positive_rate = state.second;
  meta.mean_covariance = state.mean_covariance;
  add_warnings(meta);
  add_summary(meta);
  add_correlation(meta);
  add_heterogeneity(points, meta);
  return meta;
}

double inverse_logit(double x) { return 1 / (1 + std::exp(-x)); }

std::string name_of(Likelihood likelihood) { return likelihood == Likelihood::reml ? "REML" : "ML"; }

}  // namespace hepatica::stats
