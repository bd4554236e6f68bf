// Two or more methods against each other: tests, differences with intervals, and what a claim of superiority is worth.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/prediction_table.h"
#include "stats/false_claim.h"
#include "stats/hypothesis.h"
#include "stats/paired_difference.h"

namespace hepatica {

struct ComparisonOptions {
  stats::BootstrapOptions bootstrap;  ///< its resamples are also the permutations
  std::string positive;               ///< as in EvaluationOptions
  std::string cluster;                ///< column of the first table that names the patient; empty: case_id
};

/// A method and the table that its results were read from.
struct ComparedMethod {
  std::string name;  ///< as in the pairs
  int64_t n = 0;     ///< cases
  std::string file, sha256;
  std::string scores;  ///< "logits", "probabilities", "labels", or the column of a value a case
};

/// One test with its p adjusted for all tests of the comparison; adjusted values are absent where p is.
struct ComparedTest {
  std::string metric;  ///< such as "accuracy" or "hcc:auc"
  stats::Test test;
  stats::Estimate difference;  ///< first minus second, with the interval that belongs to the test
  std::optional<double> holm, benjamini_hochberg;
};

/// The probability that the method with the higher accuracy, or mean, is not the better one.
struct ClaimCheck {
  std::string claimed, other;
  double probability = 0;
};

struct PairComparison {
  std::string first, second;
  std::optional<stats::PairedCounts> counts;  ///< absent where the cases differ
  std::vector<stats::MetricDifference> metrics;
  std::vector<ComparedTest> tests;
  std::optional<ClaimCheck> claim;
};

struct Comparison {
  std::string mode;  ///< "paired", "unpaired" or "values"
  std::vector<ComparedMethod> methods;
  std::vector<std::string> classes;  ///< empty for values
  std::string positive;              ///< empty with other than two classes
  std::vector<PairComparison> pairs;
  std::vector<std::string> warnings;
};

/// Every pair of methods on the same cases, matched by case_id: McNemar's tests of accuracy; DeLong's of the AUC (of
/// the positive class with two classes, else of each class against the rest); permutation tests and paired t tests of
/// values that are means over cases; bootstrap differences of every statistic; the claim check (Christodoulou et al.
/// 2025). Errors of `same_classes`, `same_cases` and `positive_class`; Error{bad_manifest} with fewer than two tables.
Comparison compare_paired(const std::vector<PredictionTable>& tables, const ComparisonOptions& options);

/// Every pair of groups of different cases: Student's and Welch's t on right and wrong (LiLNet compares the accuracy of
/// its random and its time-based split with the former), chi-square and Fisher's exact test of accuracy, DeLong's of
/// independent AUCs, bootstrap differences. A case in both tables is Error{bad_manifest}.
Comparison compare_unpaired(const std::vector<PredictionTable>& tables, const ComparisonOptions& options);

/// p of all tests of all pairs, adjusted together (Holm; Benjamini and Hochberg).
void adjust_tests(std::vector<PairComparison>& pairs);

/// {"mode", "n", "methods", "classes", "positive", "pairs": [{"first", "second", "counts", "metrics", "per_class",
/// "tests", "false_claim"}], "bootstrap", "adjusted_for", "warnings"}.
nlohmann::json json_from_comparison(const Comparison& comparison, const ComparisonOptions& options);

/// "first,second,metric,class,method,value_first,value_second,difference,lower,upper,statistic,degrees,p,p_holm,p_bh,n,
/// reason": a line for each bootstrap difference and each test.
std::string csv_from_comparison(const Comparison& comparison);

/// What reported accuracies allow: {"claimed", "other", "n", "congruence": {"low", "high"}, "false_claim": {"lowest",
/// "highest", "independent", ...}}. The method with the higher accuracy is the claimed one.
nlohmann::json json_from_reported(const stats::ReportedAccuracies& reported);
/// The same of means of a value a case, such as Dice, whose correlation over the cases is given: {"claimed", "other",
/// "n", "false_claim": {"probability", "reason"}}. The method with the higher mean is the claimed one.
nlohmann::json json_from_reported(const stats::ReportedMeans& reported);

}  // namespace hepatica
