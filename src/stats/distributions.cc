#include "stats/distributions.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace hepatica::stats {
namespace {

constexpr double kTiny = 1e-300;

double log_gamma(double x) {
  int sign = 0;  // lgamma keeps the sign in a global, lgamma_r does not
  return ::lgamma_r(x, &sign);
}

/// P(X >= x) of the gamma distribution with that shape and scale 1, x > 0: series 8.11.4 and continued fraction 8.9.2
/// of the NIST Digital Library of Mathematical Functions.
double gamma_tail(double x, double shape) {
  const double front = std::exp(shape * std::log(x) - x - log_gamma(shape));
  if (x < shape + 1) {
    double term = 1 / shape, sum = term;
    for (int k = 1; k < 20000 && term > 1e-17 * sum; ++k) sum += term *= x / (shape + k);
    return 1 - front * sum;
  }
  double b = x + 1 - shape, c = 1 / kTiny, d = 1 / b, value = d;
  for (int k = 1; k < 20000; ++k) {
    const double a = -k * (k - shape);
    b += 2;
    d = a * d + b;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = b + a / c;
    if (std::abs(c) < kTiny) c = kTiny;
    value *= c * d;
    if (std::abs(c * d - 1) < 4e-16) break;
  }
  return front * value;
}

/// Coefficient d_k, k >= 1, of the continued fraction (DLMF 8.17.22).
double beta_coefficient(int k, double x, double a, double b) {
  const double m = k / 2;
  if (k % 2 == 0) return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
  return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
}

double away_from_zero(double value) { return std::abs(value) < kTiny ? kTiny : value; }

/// 1 / (1 + d1 / (1 + d2 / ...)) by Lentz's method.
double beta_fraction(double x, double a, double b) {
  double value = 1, c = 1, d = 0;
  for (int k = 1; k < 20000; ++k) {
    const double coefficient = beta_coefficient(k, x, a, b);
    d = 1 / away_from_zero(1 + coefficient * d);
    c = away_from_zero(1 + coefficient / c);
    value *= c * d;
    if (std::abs(c * d - 1) < 4e-16) break;
  }
  return 1 / value;
}

}  // namespace

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

double normal_quantile(double p) {
  HEPATICA_ASSERT(p > 0 && p < 1);
  if (p > 0.5) return -normal_quantile(1 - p);
  // Start: the tail's asymptote; then Newton on log P, which is concave and so converges from any start.
  double z = p > 0.02 ? (p - 0.5) * 2.5 : -std::sqrt(-2 * std::log(p));
  for (int step = 0; step < 60; ++step) {
    const double cdf = normal_cdf(z);
    const double density = std::exp(-0.5 * z * z) / std::sqrt(2 * M_PI);
    const double change = (std::log(cdf) - std::log(p)) * cdf / density;
    z -= change;
    if (std::abs(change) < 1e-15 * (1 + std::abs(z))) break;
  }
  return z;
}

double beta_cdf(double x, double a, double b) {
  HEPATICA_ASSERT(a > 0 && b > 0);
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - beta_cdf(1 - x, b, a);
  const double front = std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log1p(-x));
  return front / a * beta_fraction(x, a, b);
}

double beta_quantile(double p, double a, double b) {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  double low = 0, high = 1;
  for (int step = 0; step < 200 && high - low > 1e-16 * high; ++step) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    (beta_cdf(middle, a, b) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double student_cdf(double t, double degrees) {
  const double tail = 0.5 * beta_cdf(degrees / (degrees + t * t), 0.5 * degrees, 0.5);
  return t > 0 ? 1 - tail : tail;
}

double student_quantile(double p, double degrees) {
  HEPATICA_ASSERT(p > 0 && p < 1);
  if (p > 0.5) return -student_quantile(1 - p, degrees);
  const double x = beta_quantile(2 * p, 0.5 * degrees, 0.5);
  return -std::sqrt(degrees * (1 - x) / std::max(x, std::numeric_limits<double>::min()));
}

double student_two_sided(double t, double degrees) {
  if (std::isinf(degrees)) return 2 * normal_cdf(-std::abs(t));
  return beta_cdf(degrees / (degrees + t * t), 0.5 * degrees, 0.5);
}

double f_tail(double f, double numerator, double denominator) {
  HEPATICA_ASSERT(numerator > 0 && denominator > 0);
  if (f <= 0) return 1;
  if (std::isinf(f)) return 0;
  if (std::isinf(denominator)) return gamma_tail(0.5 * f * numerator, 0.5 * numerator);
  return beta_cdf(denominator / (denominator + numerator * f), 0.5 * denominator, 0.5 * numerator);
}

}  // namespace hepatica::stats
