#include "stats/bivariate_likelihood.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "stats/matrix.h"

namespace hepatica::stats {
namespace {

/// Lower triangle of the factor L of the covariance L L': (0, 0), (1, 0), (1, 1).
using Factor = std::array<double, 3>;

constexpr int kMostSteps = 500;

Symmetric2 covariance_of(const Factor& l) { return {l[0] * l[0], l[0] * l[1], l[1] * l[1] + l[2] * l[2]}; }

Factor factor_of(const Symmetric2& s) {
  const double first = std::sqrt(s.first), slant = s.both / first;
  return {first, slant, std::sqrt(std::max(s.second - slant * slant, 0.0))};
}

/// By the elements of the factor: 2 G L, lower triangle.
Factor gradient_of(const Symmetric2& g, const Factor& l) {
  return {2 * (g.first * l[0] + g.both * l[1]), 2 * (g.both * l[0] + g.second * l[1]), 2 * g.second * l[2]};
}

Symmetric2 outer(double a, double b) { return {a * a, a * b, b * b}; }

/// W M W of symmetric matrices.
Symmetric2 sandwich(const Symmetric2& w, const Symmetric2& m) {
  const double a = w.first * m.first + w.both * m.both, b = w.first * m.both + w.both * m.second;
  const double c = w.both * m.first + w.second * m.both, d = w.both * m.both + w.second * m.second;
  return {a * w.first + b * w.both, a * w.both + b * w.second, c * w.both + d * w.second};
}

void add(Symmetric2& sum, const Symmetric2& part, double share) {
  sum.first += share * part.first;
  sum.both += share * part.both;
  sum.second += share * part.second;
}

Symmetric2 weight_of(const BivariatePoint& point, const Symmetric2& between) {
  return Symmetric2{between.first + point.first_variance, between.both, between.second + point.second_variance}
      .inverse();
}

/// Climbs from a start; the state where no step leads up.
class Climb {
 public:
  Climb(const std::vector<BivariatePoint>& points, Likelihood likelihood, const Factor& start)
      : points_(points), likelihood_(likelihood), at_(start), here_(state(start)) {
    for (int step = 0; step < kMostSteps && move(); ++step) {
    }
  }
  double log_likelihood() const { return here_.log_likelihood; }
  Symmetric2 between() const { return covariance_of(at_); }

 private:
  BivariateState state(const Factor& l) const { return bivariate_state(points_, covariance_of(l), likelihood_); }
  Factor gradient(const Factor& l) const { return gradient_of(state(l).gradient, l); }

  /// Minus the second derivatives, by differences of the gradient.
  Matrix curvature() const {
    Matrix curvature(3, 3);
    for (size_t j = 0; j < 3; ++j) {
      const double width = 1e-5 * std::max(1.0, std::abs(at_[j]));
      Factor above = at_, below = at_;
      above[j] += width;
      below[j] -= width;
      const Factor high = gradient(above), low = gradient(below);
      for (size_t i = 0; i < 3; ++i) curvature(i, j) = (low[i] - high[i]) / (2 * width);
    }
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < i; ++j) curvature(i, j) = curvature(j, i) = 0.5 * (curvature(i, j) + curvature(j, i));
    return curvature;
  }

  /// One Newton step, damped (Levenberg) until it leads up; false at the top.
  bool move() {
    const Factor slope = gradient_of(here_.gradient, at_);
    const Matrix curved = curvature();
    for (double damping = 0; damping < 1e12; damping = damping == 0 ? 1e-3 : 4 * damping) {
      Matrix damped = curved;
      for (size_t i = 0; i < 3; ++i) damped(i, i) += damping;
      const Cholesky factor(damped);
      if (factor.rank() < 3) continue;
      const std::vector<double> step = factor.solve(slope);
      Factor next = at_;
      double largest = 0;
      for (size_t i = 0; i < 3; ++i) {
        next[i] += step[i];
        largest = std::max(largest, std::abs(step[i]));
      }
      if (largest < 1e-11) return false;
      BivariateState there = state(next);
      if (!(there.log_likelihood >= here_.log_likelihood - 1e-13 * (1 + std::abs(here_.log_likelihood)))) continue;
      at_ = next;
      here_ = there;
      return true;
    }
    return false;
  }

  const std::vector<BivariatePoint>& points_;
  Likelihood likelihood_;
  Factor at_;
  BivariateState here_;
};

/// Covariance of the points less the mean within-study variances, each variance at least a tenth of what it was.
Symmetric2 moments(const std::vector<BivariatePoint>& points) {
  const double k = double(points.size());
  double first = 0, second = 0;
  for (const BivariatePoint& p : points) {
    first += p.first / k;
    second += p.second / k;
  }
  Symmetric2 all, within;
  for (const BivariatePoint& p : points) {
    add(all, outer(p.first - first, p.second - second), 1 / (k - 1));
    add(within, {p.first_variance, 0, p.second_variance}, 1 / k);
  }
  const double floor = 1e-3;
  const Symmetric2 between{std::max({all.first - within.first, 0.1 * all.first, floor}),
                           all.both,
                           std::max({all.second - within.second, 0.1 * all.second, floor})};
  const double bound = 0.9 * std::sqrt(between.first * between.second);
  return {between.first, std::clamp(between.both, -bound, bound), between.second};
}

}  // namespace

Symmetric2 Symmetric2::inverse() const {
  const double d = determinant();
  return {second / d, -both / d, first / d};
}

BivariateState bivariate_state(const std::vector<BivariatePoint>& points,
                               const Symmetric2& between,
                               Likelihood likelihood) {
  BivariateState state;
  Symmetric2 precision;
  double first = 0, second = 0, log_determinants = 0;
  for (const BivariatePoint& p : points) {
    const Symmetric2 w = weight_of(p, between);
    add(precision, w, 1);
    first += w.first * p.first + w.both * p.second;
    second += w.both * p.first + w.second * p.second;
    log_determinants -= std::log(w.determinant());
  }
  const Symmetric2 covariance = state.mean_covariance = precision.inverse();
  state.first = covariance.first * first + covariance.both * second;
  state.second = covariance.both * first + covariance.second * second;
  const bool restricted = likelihood == Likelihood::reml;
  double squares = 0;
  for (const BivariatePoint& p : points) {
    const Symmetric2 w = weight_of(p, between);
    const double r1 = p.first - state.first, r2 = p.second - state.second;
    const double a = w.first * r1 + w.both * r2, b = w.both * r1 + w.second * r2;
    squares += r1 * a + r2 * b;
    add(state.gradient, w, -0.5);
    add(state.gradient, outer(a, b), 0.5);
    if (restricted) add(state.gradient, sandwich(w, covariance), 0.5);
  }
  const double numbers = 2 * double(points.size()) - (restricted ? 2 : 0);
  state.log_likelihood = -0.5 * (numbers * std::log(2 * M_PI) + log_determinants + squares);
  if (restricted) state.log_likelihood -= 0.5 * std::log(precision.determinant());
  return state;
}

Symmetric2 best_between(const std::vector<BivariatePoint>& points, Likelihood likelihood) {
  const Symmetric2 moment = moments(points);
  std::optional<Climb> best;
  for (const Symmetric2& start : {moment,
                                  Symmetric2{moment.first, 0, moment.second},
                                  Symmetric2{moment.first, -moment.both, moment.second},
                                  Symmetric2{0.01, 0, 0.01}}) {
    Climb climb(points, likelihood, factor_of(start));
    if (!best || climb.log_likelihood() > best->log_likelihood() + 1e-10) best.emplace(climb);
  }
  return best->between();
}

}  // namespace hepatica::stats
