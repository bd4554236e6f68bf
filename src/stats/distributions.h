// Distribution functions and their inverses.
#pragma once

namespace hepatica::stats {

/// Standard normal: P(Z <= z), and the z with P(Z <= z) = p for p in (0, 1).
double normal_cdf(double z);
double normal_quantile(double p);

/// Regularised incomplete beta function I_x(a, b) for a, b > 0 and x in [0, 1]: the beta distribution's P(X <= x).
/// Continued fraction 8.17.22 of the NIST Digital Library of Mathematical Functions; relative error about 1e-13.
double beta_cdf(double x, double a, double b);
/// The x with I_x(a, b) = p, p in [0, 1].
double beta_quantile(double p, double a, double b);

/// Student's t with `degrees` > 0 degrees of freedom.
double student_cdf(double t, double degrees);
double student_quantile(double p, double degrees);
/// P(|T| >= |t|), accurate where it is small. Infinite `degrees` give the normal distribution.
double student_two_sided(double t, double degrees);

/// P(F >= f) of Fisher's F, accurate where it is small. Infinite `denominator` gives the chi-square distribution of
/// f * numerator with `numerator` degrees of freedom.
double f_tail(double f, double numerator, double denominator);

}  // namespace hepatica::stats
