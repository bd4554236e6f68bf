#include "stats/cox.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "stats/cox_likelihood.h"
#include "stats/distributions.h"
#include "stats/proportion.h"

namespace hepatica::stats {
namespace {

constexpr int kMostIterations = 100;
constexpr double kSmallStep = 1e-10;      // of a coefficient in units of its covariate's deviation
constexpr double kSmallIncrease = 1e-12;  // of the log likelihood, relative
constexpr double kMonotoneStep = 1e-2;    // a step as large as this where the likelihood no longer grows: no maximum

/// Where the search ended, in units of the scaled covariates.
struct Maximum {
  CoxLikelihood start, end;
  std::vector<double> beta, last_step;
  int iterations = 0;
};

Maximum maximise(const SurvivalData& data, const Matrix& x, const RiskOrder& order, Ties ties) {
  const auto likelihood = [&](const std::vector<double>& beta) { return cox_likelihood(order, data, x, beta, ties); };
  Maximum at;
  at.beta.assign(x.columns, 0.0);
  at.start = at.end = likelihood(at.beta);
  for (; at.iterations < kMostIterations; ++at.iterations) {
    at.last_step = Cholesky(at.end.information).solve(at.end.gradient);
    double largest = 0;
    for (const double step : at.last_step) largest = std::max(largest, std::abs(step));
    if (largest < kSmallStep) return at;
    double share = 1;
    for (int halving = 0; halving < 40; ++halving, share /= 2) {
      std::vector<double> next = at.beta;
      for (size_t j = 0; j < next.size(); ++j) next[j] += share * at.last_step[j];
      CoxLikelihood there = likelihood(next);
      const double gain = there.log_likelihood - at.end.log_likelihood;
      const double rounding = kSmallIncrease * (1 + std::abs(at.end.log_likelihood));
      if (!(gain >= -rounding)) continue;
      at.beta = std::move(next);
      at.end = std::move(there);
      if (gain < rounding && largest > kMonotoneStep) return at;
      break;
    }
  }
  return at;
}

Matrix scaled(const Matrix& covariates, const ColumnScale& scale) {
  Matrix x = covariates;
  for (size_t i = 0; i < x.rows; ++i)
    for (size_t j = 0; j < x.columns; ++j)
      x(i, j) = scale.deviation[j] > 0 ? (x(i, j) - scale.mean[j]) / scale.deviation[j] : 0;
  return x;
}

CoxCoefficient undefined_coefficient(int64_t n, const std::string& reason) {
  CoxCoefficient coefficient;
  coefficient.log_hazard_ratio = coefficient.hazard_ratio = undefined(n, reason);
  return coefficient;
}

CoxCoefficient coefficient_of(double beta, double variance, int64_t n, double confidence) {
  CoxCoefficient coefficient;
  const double error = std::sqrt(variance), half = normal_quantile(0.5 + confidence / 2) * error;
  const std::string method = method_name("Wald", confidence);
  coefficient.log_hazard_ratio = make_estimate(beta, Interval{beta - half, beta + half}, n, method);
  coefficient.hazard_ratio =
      make_estimate(std::exp(beta), Interval{std::exp(beta - half), std::exp(beta + half)}, n, method);
  coefficient.standard_error = error;
  coefficient.z = beta / error;
  coefficient.p = student_two_sided(coefficient.z.value(), std::numeric_limits<double>::infinity());
  return coefficient;
}

std::vector<CoxCoefficient> coefficients_of(const Maximum& at,
                                            const Cholesky& information,
                                            const CoxFit& fit,
                                            double confidence) {
  std::vector<CoxCoefficient> coefficients;
  for (size_t j = 0; j < fit.beta.size(); ++j) {
    if (information.aliased(j) && fit.beta[j] == 0) {
      coefficients.push_back(undefined_coefficient(fit.n, "constant, or a sum of the covariates before it"));
      coefficients.back().aliased = true;
    } else if (information.aliased(j) || std::abs(at.last_step[j]) > kMonotoneStep) {
      coefficients.push_back(undefined_coefficient(
          fit.n,
          fmt::format("the likelihood grows without end as the coefficient goes to {} infinity (events separate)",
                      fit.beta[j] > 0 ? "plus" : "minus")));
      coefficients.back().monotone = true;
    } else {
      coefficients.push_back(coefficient_of(fit.beta[j], fit.covariance(j, j), fit.n, confidence));
    }
  }
  return coefficients;
}

void add_tests(const Maximum& at, CoxFit& fit) {
  const Cholesky start(at.start.information);
  const int degrees = int(start.rank());
  fit.likelihood_ratio = chi_square_test(2 * (fit.log_likelihood - fit.null_log_likelihood), degrees);
  fit.score = chi_square_test(dot(at.start.gradient, start.solve(at.start.gradient)), degrees);
  const bool monotone = std::ranges::any_of(fit.coefficients, &CoxCoefficient::monotone);
  fit.wald = monotone ? undefined_test("a coefficient is infinite")
                      : chi_square_test(quadratic_form(at.end.information, at.beta), degrees);
}

}  // namespace

void check_covariates(const SurvivalData& data, const Matrix& covariates) {
  check(data);
  if (covariates.rows != data.size() || covariates.columns == 0)
    throw Error(ErrorCode::bad_values,
                fmt::format("{} x {} covariates for {} cases; give one row a case and at least one column",
                            covariates.rows,
                            covariates.columns,
                            data.size()));
  for (size_t i = 0; i < covariates.rows; ++i)
    for (size_t j = 0; j < covariates.columns; ++j)
      if (!std::isfinite(covariates(i, j)))
        throw Error(ErrorCode::bad_values,
                    fmt::format("case {}, covariate {} is not finite; fill it in or leave the case out", i + 1, j + 1));
  if (data.events() == 0)
    throw Error(ErrorCode::bad_values, "there is no event: hazards cannot be estimated; check the column of events");
}

ColumnScale column_scale(const Matrix& covariates) {
  ColumnScale scale{std::vector<double>(covariates.columns), std::vector<double>(covariates.columns)};
  const double n = double(covariates.rows);
  for (size_t j = 0; j < covariates.columns; ++j) {
    for (size_t i = 0; i < covariates.rows; ++i) scale.mean[j] += covariates(i, j) / n;
    double squares = 0, largest = 0;
    for (size_t i = 0; i < covariates.rows; ++i) {
      const double from_mean = covariates(i, j) - scale.mean[j];
      squares += from_mean * from_mean;
      largest = std::max(largest, std::abs(covariates(i, j)));
    }
    const double deviation = std::sqrt(squares / n);
    scale.deviation[j] = deviation > 1e-13 * largest ? deviation : 0;
  }
  return scale;
}

CoxFit fit_cox(const SurvivalData& data,
               const Matrix& covariates,
               const CoxOptions& options,
               std::span<const uint32_t> strata) {
  check_covariates(data, covariates);
  const ColumnScale scale = column_scale(covariates);
  const Matrix x = scaled(covariates, scale);
  const RiskOrder order = risk_order(data, strata);
  const Maximum at = maximise(data, x, order, options.ties);
  const Cholesky information(at.end.information);
  CoxFit fit;
  fit.n = int64_t(data.size());
  fit.events = data.events();
  fit.iterations = at.iterations;
  fit.means = scale.mean;
  fit.beta = at.beta;
  fit.covariance = information.inverse();
  const auto deviation = [&](size_t j) { return scale.deviation[j] > 0 ? scale.deviation[j] : 1; };
  for (size_t j = 0; j < fit.beta.size(); ++j) {
    fit.beta[j] /= deviation(j);
    for (size_t k = 0; k < fit.beta.size(); ++k) fit.covariance(j, k) /= deviation(j) * deviation(k);
  }
  fit.null_log_likelihood = at.start.log_likelihood;
  fit.log_likelihood = at.end.log_likelihood;
  fit.coefficients = coefficients_of(at, information, fit, options.confidence);
  add_tests(at, fit);
  fit.baseline = baseline_hazard(data, fit.linear_predictors(covariates), options.ties, strata);
  return fit;
}

double CoxFit::linear_predictor(std::span<const double> covariates) const {
  return dot(covariates, beta) - dot(means, beta);
}

std::vector<double> CoxFit::linear_predictors(const Matrix& covariates) const {
  std::vector<double> predictors;
  for (size_t i = 0; i < covariates.rows; ++i) predictors.push_back(linear_predictor(covariates.row(i)));
  return predictors;
}

double CoxFit::survival_at(double time, std::span<const double> covariates, uint32_t stratum) const {
  double hazard = 0;
  for (const HazardStep& step : baseline)
    if (step.stratum == stratum && step.time <= time) hazard = step.cumulative_hazard;
  return std::exp(-hazard * std::exp(linear_predictor(covariates)));
}

std::vector<HazardStep> baseline_hazard(const SurvivalData& data,
                                        std::span<const double> linear_predictor,
                                        Ties ties,
                                        std::span<const uint32_t> strata) {
  const RiskOrder order = risk_order(data, strata);
  std::vector<HazardStep> steps;
  double at_risk = 0;
  for (size_t g = 0; g < order.groups.size(); ++g) {
    const TimeGroup& time = order.groups[g];
    if (g > 0 && order.groups[g - 1].stratum != time.stratum) at_risk = 0;
    double tied = 0;
    for (size_t at = time.begin; at < time.end; ++at) {
      const double hazard = std::exp(linear_predictor[order.cases[at]]);
      at_risk += hazard;
      if (data.event[order.cases[at]]) tied += hazard;
    }
    HazardStep step{time.stratum, time.time, 0};
    for (int64_t event = 0; event < time.events; ++event)
      step.cumulative_hazard += 1 / (at_risk - (ties == Ties::efron ? double(event) / double(time.events) * tied : 0));
    steps.push_back(step);
  }
  std::ranges::sort(steps, {}, [](const HazardStep& s) { return std::pair(s.stratum, s.time); });
  for (size_t i = 1; i < steps.size(); ++i)
    if (steps[i].stratum == steps[i - 1].stratum) steps[i].cumulative_hazard += steps[i - 1].cumulative_hazard;
  return steps;
}

}  // namespace hepatica::stats
