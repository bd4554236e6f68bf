#include "stats/recalibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "base/error.h"
#include "stats/distributions.h"
#include "stats/proportion.h"

namespace hepatica::stats {
namespace {

constexpr double kEdge = 1e-9;
constexpr int kMostSteps = 100;

/// Symmetric 2 x 2 matrix {aa, ab, bb}; with `slope` false only aa is used.
using Matrix = std::array<double, 3>;

struct Problem {
  std::vector<double> x;  // logit of the probability
  std::span<const uint8_t> y;
  std::span<const uint32_t> cluster;
  bool slope = true;  // else b is held at 1
};

struct Fit {
  double a = 0, b = 1;
  Matrix information{};
  bool converged = false;
};

double chance(const Problem& problem, const Fit& fit, size_t i) {
  return 1 / (1 + std::exp(-(fit.a + fit.b * problem.x[i])));
}

Matrix inverse(const Matrix& m, bool slope) {
  if (!slope) return {1 / m[0], 0, 0};
  const double determinant = m[0] * m[2] - m[1] * m[1];
  return {m[2] / determinant, -m[1] / determinant, m[0] / determinant};
}

/// Newton's method on the log-likelihood.
Fit fit_logistic(const Problem& problem) {
  Fit fit;
  for (int step = 0; step < kMostSteps && !fit.converged; ++step) {
    double score_a = 0, score_b = 0;
    fit.information = {0, 0, 0};
    for (size_t i = 0; i < problem.x.size(); ++i) {
      const double p = chance(problem, fit, i), residual = problem.y[i] - p, weight = p * (1 - p);
      score_a += residual;
      score_b += residual * problem.x[i];
      fit.information[0] += weight;
      fit.information[1] += weight * problem.x[i];
      fit.information[2] += weight * problem.x[i] * problem.x[i];
    }
    const Matrix inverted = inverse(fit.information, problem.slope);
    double step_a = inverted[0] * score_a + inverted[1] * score_b,
           step_b = problem.slope ? inverted[1] * score_a + inverted[2] * score_b : 0;
    if (!std::isfinite(step_a) || !std::isfinite(step_b)) return fit;
    const double shrink = std::min(1.0, 5 / std::max(std::abs(step_a), std::abs(step_b)));
    fit.a += shrink * step_a;
    fit.b += shrink * step_b;
    if (std::abs(fit.b) > 1e3 || std::abs(fit.a) > 1e3) return fit;
    fit.converged = std::abs(step_a) + std::abs(step_b) < 1e-12 * (1 + std::abs(fit.a) + std::abs(fit.b));
  }
  return fit;
}

/// Covariance of the coefficients, {var a, cov, var b}.
Matrix covariance(const Problem& problem, const Fit& fit) {
  const Matrix bread = inverse(fit.information, problem.slope);
  std::map<uint32_t, std::array<double, 2>> scores;
  for (size_t i = 0; i < problem.x.size(); ++i) {
    const double residual = problem.y[i] - chance(problem, fit, i);
    auto& score = scores[problem.cluster[i]];
    score[0] += residual;
    score[1] += residual * problem.x[i];
  }
  if (scores.size() == problem.x.size()) return bread;
  Matrix variance{};
  for (const auto& [cluster, score] : scores) {
    const double a = bread[0] * score[0] + bread[1] * score[1], b = bread[1] * score[0] + bread[2] * score[1];
    variance[0] += a * a;
    variance[1] += a * b;
    variance[2] += b * b;
  }
  return variance;
}

Estimate wald(double value, double variance, int64_t n, double confidence, const std::string& method) {
  if (!(variance > 0)) return make_estimate(value, std::nullopt, n, method, "the standard error is 0");
  const double half = normal_quantile(0.5 + confidence / 2) * std::sqrt(variance);
  return make_estimate(value, Interval{value - half, value + half}, n, method);
}

/// Why there is no slope although both classes occur; empty where there is one.
std::string no_slope(const Problem& problem) {
  double low[2] = {1e9, 1e9}, high[2] = {-1e9, -1e9};
  for (size_t i = 0; i < problem.x.size(); ++i) {
    low[problem.y[i]] = std::min(low[problem.y[i]], problem.x[i]);
    high[problem.y[i]] = std::max(high[problem.y[i]], problem.x[i]);
  }
  if (std::min(low[0], low[1]) == std::max(high[0], high[1])) return "every case has the same probability";
  if (high[0] <= low[1] || high[1] <= low[0])
    return "the probability separates the classes fully: the slope is not finite";
  return "";
}

}  // namespace

Recalibration recalibrate(std::span<const double> probability,
                          std::span<const uint8_t> is_positive,
                          std::span<const uint32_t> cluster_of_case,
                          double confidence) {
  HEPATICA_ASSERT(probability.size() == is_positive.size() && probability.size() == cluster_of_case.size());
  const auto n = int64_t(probability.size());
  const auto positives = std::count(is_positive.begin(), is_positive.end(), uint8_t(1));
  if (positives == 0 || positives == n) {
    const Estimate none = undefined(n, n == 0 ? "there is no case" : "one of the classes does not occur");
    return {none, none};
  }
  Problem problem{{}, is_positive, cluster_of_case, true};
  for (const double p : probability) {
    const double inside = std::clamp(p, kEdge, 1 - kEdge);
    problem.x.push_back(std::log(inside / (1 - inside)));
  }
  std::vector<uint32_t> clusters(cluster_of_case.begin(), cluster_of_case.end());
  std::sort(clusters.begin(), clusters.end());
  const bool independent = std::unique(clusters.begin(), clusters.end()) == clusters.end();
  const std::string method = method_name(independent ? "Wald" : "Wald, cluster-robust", confidence);
  Recalibration result;
  if (const std::string reason = no_slope(problem); !reason.empty()) {
    result.slope = undefined(n, reason);
  } else {
    const Fit fit = fit_logistic(problem);
    result.slope = fit.converged ? wald(fit.b, covariance(problem, fit)[2], n, confidence, method)
                                 : undefined(n, "the logistic fit did not converge");
  }
  problem.slope = false;
  const Fit fit = fit_logistic(problem);
  result.intercept = fit.converged ? wald(fit.a, covariance(problem, fit)[0], n, confidence, method)
                                   : undefined(n, "the logistic fit did not converge");
  return result;
}

}  // namespace hepatica::stats
