// Tests of a difference between two methods, and the adjustment of several p values.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stats/estimate.h"

namespace hepatica::stats {

/// A test's outcome. What is not defined is absent and `reason` says why; a p that is present lies within 0 and 1 and
/// is two-sided.
struct Test {
  std::string method;  ///< such as "McNemar, exact"
  std::optional<double> statistic, degrees, p;
  std::optional<double> denominator;  ///< F tests: degrees of freedom of the denominator
  int64_t n = 0;                      ///< cases (or values) it rests on
  std::string reason;
};

/// A test and the difference (first minus second) that it is about.
struct DifferenceTest {
  Test test;
  Estimate difference;
};

/// No p, and why.
Test undefined_outcome(const std::string& method, int64_t n, const std::string& reason);

/// {"method", "statistic", "degrees", "p", "n"}, "denominator" for F tests, "reason" where there is one.
nlohmann::json json_from_outcome(const Test& test);

/// Cases by which of two methods was right.
struct PairedCounts {
  int64_t both = 0, only_first = 0, only_second = 0, neither = 0;
  int64_t n() const { return both + only_first + only_second + neither; }
};
PairedCounts paired_counts(std::span<const uint8_t> first_right, std::span<const uint8_t> second_right);

/// McNemar's test (Psychometrika 1947) on the discordant cases: binomial; binomial with half the probability of what
/// was observed (Fagerland, Lydersen and Laake, BMC Medical Research Methodology 2013); chi-square with Edwards'
/// continuity correction, max(|b - c| - 1, 0)^2 / (b + c). Without discordant cases: p 1 with the reason.
Test mcnemar_exact(const PairedCounts& counts);
Test mcnemar_mid_p(const PairedCounts& counts);
Test mcnemar_chi_square(const PairedCounts& counts);

/// Difference of two proportions right on the same cases, with Newcombe's score interval (Statistics in Medicine 1998,
/// 17:2635, method 10, continuity-corrected phi).
Estimate paired_proportion_difference(const PairedCounts& counts, double confidence = 0.95);

/// Student's paired t test on values of the same cases. n < 2 or differences that do not vary: no p, with the reason.
DifferenceTest paired_t(std::span<const double> first, std::span<const double> second, double confidence = 0.95);

/// Student's t test with one variance, and Welch's with two (Biometrika 1947; degrees of Satterthwaite).
DifferenceTest student_t(std::span<const double> first, std::span<const double> second, double confidence = 0.95);
DifferenceTest welch_t(std::span<const double> first, std::span<const double> second, double confidence = 0.95);

/// Successes of a number of independent cases.
struct Share {
  int64_t hits = 0, n = 0;
};

/// Pearson's chi-square without continuity correction, with the difference and Newcombe's interval of two independent
/// proportions (Statistics in Medicine 1998, 17:873, method 10).
DifferenceTest compare_proportions(const Share& first, const Share& second, double confidence = 0.95);
/// Fisher's exact test: the sum over tables no more probable than the observed one.
Test fisher_exact(const Share& first, const Share& second);

/// AUCs of two independent groups of cases: difference with DeLong's variances and Student's t on Satterthwaite's
/// degrees of freedom, as pROC does. A class absent or no variance: no p, with the reason. Error{bad_values} on NaN.
DifferenceTest compare_independent_auc(std::span<const double> first,
                                       std::span<const uint8_t> first_positive,
                                       std::span<const double> second,
                                       std::span<const uint8_t> second_positive,
                                       double confidence = 0.95);

/// Adjusted p values in the order given: Holm (Scandinavian Journal of Statistics 1979), and Benjamini and Hochberg
/// (Journal of the Royal Statistical Society B 1995).
std::vector<double> holm(const std::vector<double>& p);
std::vector<double> benjamini_hochberg(const std::vector<double>& p);

}  // namespace hepatica::stats
