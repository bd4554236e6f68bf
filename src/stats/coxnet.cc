#include "stats/coxnet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/threads.h"

namespace hepatica::stats {
namespace {

constexpr double kSmallMove = 1e-9;
constexpr int kMostRounds = 1000, kMostSweeps = 100000;

/// First and second derivatives by each case's linear predictor, divided by the number of cases.
struct Derivatives {
  double log_likelihood = 0;
  std::vector<double> gradient, curvature;
};

Derivatives derivatives_at(const RiskOrder& order, const SurvivalData& data, std::span<const double> eta) {
  const double shift = *std::ranges::max_element(eta), n = double(data.size());
  Derivatives d{0, std::vector<double>(eta.size()), std::vector<double>(eta.size())};
  std::vector<double> at_risk(order.groups.size());
  double sum = 0;
  for (size_t g = 0; g < order.groups.size(); ++g) {
    const TimeGroup& time = order.groups[g];
    for (size_t at = time.begin; at < time.end; ++at) sum += std::exp(eta[order.cases[at]] - shift);
    at_risk[g] = sum;
  }
  double first = 0, second = 0;  // sums over the event times up to the case's own of events / at risk (squared)
  for (size_t g = order.groups.size(); g-- > 0;) {
    const TimeGroup& time = order.groups[g];
    const double events = double(time.events);
    first += events / at_risk[g];
    second += events / (at_risk[g] * at_risk[g]);
    if (events > 0) d.log_likelihood -= events * (std::log(at_risk[g]) + shift) / n;
    for (size_t at = time.begin; at < time.end; ++at) {
      const size_t i = order.cases[at];
      const double hazard = std::exp(eta[i] - shift);
      d.gradient[i] = (double(data.event[i]) - hazard * first) / n;
      d.curvature[i] = hazard * (first - hazard * second) / n;
      if (data.event[i]) d.log_likelihood += eta[i] / n;
    }
  }
  return d;
}

/// -sum of d log d over event times with d events, divided by n: the log likelihood of the saturated model.
double saturated(const RiskOrder& order, size_t n) {
  double sum = 0;
  for (const TimeGroup& time : order.groups)
    if (time.events > 1) sum -= double(time.events) * std::log(double(time.events));
  return sum / double(n);
}

double soft_threshold(double value, double threshold) {
  if (value > threshold) return value - threshold;
  if (value < -threshold) return value + threshold;
  return 0;
}

/// Coordinate descent for one data set; keeps the coefficients from one penalty to the next.
class Descent {
 public:
  Descent(const SurvivalData& data, const Matrix& covariates, const CoxnetOptions& options);

  /// Moves to the minimum at that penalty, among coefficients with a factor of 0 alone where `unpenalised_only`.
  void minimise(double lambda, bool unpenalised_only = false);
  /// Smallest penalty that keeps every penalised coefficient at 0, given the unpenalised ones.
  double largest_lambda() const;
  CoxnetStep step(double lambda) const;
  const std::vector<double>& means() const { return scale_.mean; }

 private:
  std::span<const double> column(size_t j) const { return std::span(columns_).subspan(j * n_, n_); }
  double objective(const Derivatives& d, const std::vector<double>& beta, double lambda) const;
  std::vector<double> linear_predictor(const std::vector<double>& beta) const;
  std::vector<double> quadratic_minimum(double lambda, bool unpenalised_only) const;
  double sweep(const std::vector<size_t>& which,
               double lambda,
               const std::vector<double>& size,
               std::vector<double>& beta,
               std::vector<double>& residual) const;

  const SurvivalData& data_;
  RiskOrder order_;
  ColumnScale scale_;
  size_t n_, p_;
  double alpha_;
  std::vector<double> columns_, factors_;  // covariates by columns, centred and scaled
  std::vector<double> beta_;
  Derivatives here_;
  double null_log_likelihood_ = 0;
};

Descent::Descent(const SurvivalData& data, const Matrix& covariates, const CoxnetOptions& options)
    : data_(data),
      order_(risk_order(data)),
      scale_(column_scale(covariates)),
      n_(covariates.rows),
      p_(covariates.columns),
      alpha_(options.alpha),
      columns_(n_ * p_),
      factors_(options.penalty_factors),
      beta_(p_) {
  if (factors_.empty()) factors_.assign(p_, 1.0);
  const double sum = std::accumulate(factors_.begin(), factors_.end(), 0.0);
  for (double& factor : factors_) factor *= sum > 0 ? double(p_) / sum : 0;
  for (size_t j = 0; j < p_; ++j) {
    const bool constant = scale_.deviation[j] == 0;
    if (constant || !options.standardise) scale_.deviation[j] = 1;
    for (size_t i = 0; i < n_; ++i)
      columns_[j * n_ + i] = constant ? 0 : (covariates(i, j) - scale_.mean[j]) / scale_.deviation[j];
  }
  here_ = derivatives_at(order_, data_, std::vector<double>(n_));
  null_log_likelihood_ = here_.log_likelihood;
}

double Descent::objective(const Derivatives& d, const std::vector<double>& beta, double lambda) const {
  double penalty = 0;
  for (size_t j = 0; j < p_; ++j)
    penalty += factors_[j] * (alpha_ * std::abs(beta[j]) + 0.5 * (1 - alpha_) * beta[j] * beta[j]);
  return lambda * penalty - d.log_likelihood;
}

std::vector<double> Descent::linear_predictor(const std::vector<double>& beta) const {
  std::vector<double> eta(n_);
  for (size_t j = 0; j < p_; ++j) {
    if (beta[j] == 0) continue;
    const auto x = column(j);
    for (size_t i = 0; i < n_; ++i) eta[i] += beta[j] * x[i];
  }
  return eta;
}

double Descent::sweep(const std::vector<size_t>& which,
                      double lambda,
                      const std::vector<double>& size,
                      std::vector<double>& beta,
                      std::vector<double>& residual) const {
  double largest = 0;
  for (const size_t j : which) {
    const double denominator = size[j] + lambda * (1 - alpha_) * factors_[j];
    if (denominator <= 0) continue;
    const auto x = column(j);
    const double pull = dot(x, residual) + size[j] * beta[j];
    const double next = soft_threshold(pull, lambda * alpha_ * factors_[j]) / denominator;
    const double change = next - beta[j];
    if (change == 0) continue;
    beta[j] = next;
    for (size_t i = 0; i < n_; ++i) residual[i] -= here_.curvature[i] * x[i] * change;
    largest = std::max(largest, std::abs(change));
  }
  return largest;
}

std::vector<double> Descent::quadratic_minimum(double lambda, bool unpenalised_only) const {
  std::vector<double> beta = beta_, residual = here_.gradient, size(p_);
  std::vector<size_t> all;
  for (size_t j = 0; j < p_; ++j) {
    if (unpenalised_only && factors_[j] > 0) continue;
    all.push_back(j);
    const auto x = column(j);
    for (size_t i = 0; i < n_; ++i) size[j] += here_.curvature[i] * x[i] * x[i];
  }
  for (int count = 0; count < kMostSweeps;) {
    if (sweep(all, lambda, size, beta, residual) < 0.1 * kSmallMove) break;
    ++count;
    std::vector<size_t> active;
    for (const size_t j : all)
      if (beta[j] != 0) active.push_back(j);
    while (count++ < kMostSweeps && sweep(active, lambda, size, beta, residual) >= 0.1 * kSmallMove) {
    }
  }
  return beta;
}

void Descent::minimise(double lambda, bool unpenalised_only) {
  double value = objective(here_, beta_, lambda);
  for (int round = 0; round < kMostRounds; ++round) {
    check_interrupted();
    const std::vector<double> target = quadratic_minimum(lambda, unpenalised_only);
    double largest = 0, share = 1;
    for (size_t j = 0; j < p_; ++j) largest = std::max(largest, std::abs(target[j] - beta_[j]));
    for (int halving = 0; halving < 40; ++halving, share /= 2) {
      std::vector<double> next(p_);
      for (size_t j = 0; j < p_; ++j) next[j] = share == 1 ? target[j] : beta_[j] + share * (target[j] - beta_[j]);
      Derivatives there = derivatives_at(order_, data_, linear_predictor(next));
      const double there_value = objective(there, next, lambda);
      if (!(there_value <= value + 1e-14 * (1 + std::abs(value)))) continue;
      beta_ = std::move(next);
      here_ = std::move(there);
      value = there_value;
      break;
    }
    if (largest < kSmallMove) return;
  }
  throw Error(
      ErrorCode::bad_values,
      fmt::format("the penalised model did not converge at a penalty of {:.4g}: the events separate; use larger "
                  "penalties or penalise every covariate",
                  lambda));
}

double Descent::largest_lambda() const {
  double largest = 0;
  for (size_t j = 0; j < p_; ++j)
    if (factors_[j] > 0) largest = std::max(largest, std::abs(dot(column(j), here_.gradient)) / factors_[j]);
  return largest / std::max(alpha_, 1e-3);
}

CoxnetStep Descent::step(double lambda) const {
  CoxnetStep step{lambda, beta_, 0, 0};
  for (size_t j = 0; j < p_; ++j) {
    step.nonzero += beta_[j] != 0;
    step.beta[j] /= scale_.deviation[j];
  }
  const double possible = saturated(order_, n_) - null_log_likelihood_;
  step.deviance_explained = possible > 0 ? (here_.log_likelihood - null_log_likelihood_) / possible : 0;
  return step;
}

void check_options(const CoxnetOptions& options, size_t covariates) {
  const auto refuse = [](const std::string& text) { throw Error(ErrorCode::bad_values, text); };
  if (!(options.alpha > 0 && options.alpha <= 1))
    refuse(fmt::format("an alpha of {} is not within 0 (not included) and 1", options.alpha));
  if (options.count < 1) refuse(fmt::format("{} penalties are none; give at least 1", options.count));
  if (options.smallest && !(*options.smallest > 0 && *options.smallest < 1))
    refuse(fmt::format("a smallest penalty of {} times the largest is not within 0 and 1", *options.smallest));
  const auto& factors = options.penalty_factors;
  if (!factors.empty() && factors.size() != covariates)
    refuse(fmt::format("{} penalty factors for {} covariates; give one each", factors.size(), covariates));
  if (std::ranges::any_of(factors, [](double f) { return !(f >= 0) || !std::isfinite(f); }))
    refuse("a penalty factor is negative or not finite; they must be 0 or more");
  if (std::ranges::any_of(options.lambda, [](double l) { return !(l >= 0) || !std::isfinite(l); }))
    refuse("a penalty is negative or not finite; they must be 0 or more");
  if (!std::ranges::is_sorted(options.lambda, std::greater())) refuse("the penalties do not fall; sort them");
}

std::vector<double> penalties(double largest, const CoxnetOptions& options, size_t n, size_t p) {
  if (!options.lambda.empty()) return options.lambda;
  const double ratio = options.smallest.value_or(n < p ? 1e-2 : 1e-4);
  std::vector<double> lambda;
  for (int k = 0; k < options.count; ++k)
    lambda.push_back(largest * std::pow(ratio, options.count > 1 ? double(k) / (options.count - 1) : 0));
  return lambda;
}

/// The path says no more: glmnet's rule for Cox's model.
bool saturates(const std::vector<CoxnetStep>& steps) {
  if (steps.size() < 5) return false;
  const double now = steps.back().deviance_explained, before = steps[steps.size() - 5].deviance_explained;
  return now - before < 1e-3 * now || now > 0.999;
}

}  // namespace

CoxnetPath coxnet_path(const SurvivalData& data, const Matrix& covariates, const CoxnetOptions& options) {
  check_covariates(data, covariates);
  check_options(options, covariates.columns);
  Descent descent(data, covariates, options);
  CoxnetPath path;
  path.means = descent.means();
  if (options.lambda.empty() && std::ranges::count(options.penalty_factors, 0.0) > 0) descent.minimise(0, true);
  for (const double lambda : penalties(descent.largest_lambda(), options, covariates.rows, covariates.columns)) {
    descent.minimise(lambda);
    path.steps.push_back(descent.step(lambda));
    if (options.lambda.empty() && saturates(path.steps)) break;
  }
  return path;
}

double partial_deviance(const SurvivalData& data, std::span<const double> linear_predictor) {
  const RiskOrder order = risk_order(data);
  const double fitted = derivatives_at(order, data, linear_predictor).log_likelihood;
  return 2 * double(data.size()) * (saturated(order, data.size()) - fitted);
}

}  // namespace hepatica::stats
