// Paired and unpaired tests, adjustments, false claims. "R" is R 4.2.2, "SciPy" 1.10.1, "statsmodels" 0.13.5.
#include "stats/hypothesis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "stats/distributions.h"
#include "stats/false_claim.h"
#include "stats/paired_difference.h"

namespace hepatica::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Distributions, TailsAgreeWithScipy) {  // scipy.stats.f.sf, chi2.sf, t.sf
  EXPECT_NEAR(f_tail(3.2, 4, 17.5), 0.03852318605379364, 1e-14);
  EXPECT_NEAR(f_tail(.7, 1, 15.26), 0.41569392038146935, 1e-13);
  EXPECT_NEAR(f_tail(40, 2, 30) / 3.435014252937534e-09, 1, 1e-11);
  EXPECT_NEAR(f_tail(13.6 / 4, 4, kInfinity), 0.008687446153189466, 1e-14);
  EXPECT_NEAR(f_tail(.3, 1, kInfinity), 0.583882420770365, 1e-13);
  EXPECT_NEAR(f_tail(80.0 / 3, 3, kInfinity) / 3.0692774861724164e-17, 1, 1e-11);
  EXPECT_EQ(f_tail(0, 2, 3), 1);
  EXPECT_NEAR(student_two_sided(2.3, 7), 0.05499109520437154, 1e-14);
  EXPECT_NEAR(student_two_sided(-12, 40) / 7.82417130425597e-15, 1, 1e-11);
  EXPECT_NEAR(student_two_sided(1.959963984540054, kInfinity), .05, 1e-14);
}

TEST(McNemar, AgreesWithPublishedAndStatsmodels) {
  // Airway hyper-responsiveness before and after stem cell transplantation: Fagerland, Lydersen and Laake, BMC Medical
  // Research Methodology 2013, table 1: exact .0703, mid-p .0391, with continuity correction .0771.
  const PairedCounts airway{1, 1, 7, 12};
  EXPECT_NEAR(*mcnemar_exact(airway).p, 0.0703125, 1e-12);
  EXPECT_NEAR(*mcnemar_mid_p(airway).p, 0.0390625, 1e-12);
  EXPECT_NEAR(*mcnemar_chi_square(airway).p, 0.07709987174354202, 1e-12);  // R: mcnemar.test
  EXPECT_DOUBLE_EQ(*mcnemar_chi_square(airway).statistic, 3.125);
  // Complex regional pain syndrome, table 2 there: .0525, .0347, .0550.
  const PairedCounts pain{59, 6, 16, 80};
  EXPECT_NEAR(*mcnemar_exact(pain).p, 0.052478790283203125, 1e-12);
  EXPECT_NEAR(*mcnemar_mid_p(pain).p, 0.03468966484069824, 1e-12);
  EXPECT_NEAR(*mcnemar_chi_square(pain).p, 0.055008833629265896, 1e-12);
}

TEST(McNemar, DegenerateTablesGiveAReason) {
  EXPECT_EQ(*mcnemar_exact({5, 0, 0, 5}).p, 1);
  EXPECT_FALSE(mcnemar_exact({5, 0, 0, 5}).reason.empty());
  EXPECT_FALSE(mcnemar_mid_p({}).p);
  EXPECT_EQ(*mcnemar_exact({0, 3, 3, 0}).p, 1);
  EXPECT_EQ(*mcnemar_mid_p({0, 3, 3, 0}).p, 1);
  EXPECT_EQ(*mcnemar_chi_square({0, 1, 0, 0}).p, 1);  // the correction exceeds the gap
  EXPECT_EQ(*mcnemar_exact({0, 1, 0, 0}).p, 1);       // 2 * 1/2
  const PairedCounts counts = paired_counts(std::vector<uint8_t>{1, 1, 0, 0, 1}, std::vector<uint8_t>{1, 0, 1, 0, 0});
  EXPECT_EQ(counts.both, 1);
  EXPECT_EQ(counts.only_first, 2);
  EXPECT_EQ(counts.only_second, 1);
  EXPECT_EQ(counts.neither, 1);
}

TEST(Proportions, NewcombeIntervals) {
  // Newcombe, Statistics in Medicine 1998, 17:2635, table III (method 10): 36, 12, 2, 0 gives .0569 to .3404, and
  // 43, 0, 7, 0 gives -.2619 to -.0397; digits from NumPy.
  const Estimate both = paired_proportion_difference({36, 12, 2, 0});
  EXPECT_NEAR(*both.value, .2, 1e-12);
  EXPECT_NEAR(*both.lower, 0.05692958400323875, 1e-9);
  EXPECT_NEAR(*both.upper, 0.3404276029749408, 1e-9);
  const Estimate one_sided = paired_proportion_difference({43, 0, 7, 0});
  EXPECT_NEAR(*one_sided.lower, -0.2618619371058555, 1e-9);
  EXPECT_NEAR(*one_sided.upper, -0.039702667834774746, 1e-9);
  EXPECT_NEAR(*paired_proportion_difference({59, 6, 16, 80}).lower, -0.11862119563870999, 1e-9);
  // Newcombe, Statistics in Medicine 1998, 17:873, table II: 56/70 against 48/80 gives .0524 to .3339.
  const DifferenceTest two = compare_proportions({56, 70}, {48, 80});
  EXPECT_NEAR(*two.difference.lower, .0524, 5e-5);
  EXPECT_NEAR(*two.difference.upper, .3339, 5e-5);
  EXPECT_NEAR(*two.test.statistic, 7.023411371237456, 1e-9);  // scipy.stats.chi2_contingency(correction=False)
  EXPECT_NEAR(*two.test.p, 0.008045081368196585, 1e-12);
  EXPECT_NEAR(*fisher_exact({7, 10}, {2, 11}).p, 0.029973122852379817, 1e-10);  // scipy.stats.fisher_exact
  EXPECT_FALSE(compare_proportions({0, 0}, {3, 4}).test.p);
  EXPECT_NE(compare_proportions({4, 4}, {5, 5}).test.reason.find("every case"), std::string::npos);
  EXPECT_FALSE(fisher_exact({0, 0}, {1, 2}).p);
}

TEST(TTests, AgreeWithScipy) {  // scipy.stats.ttest_rel, ttest_ind
  const std::vector<double> a{.81, .92, .77, .88, .95, .64}, b{.79, .90, .78, .81, .93, .60}, c{.71, .93, .66, .87, .9};
  const DifferenceTest paired = paired_t(a, b);
  EXPECT_NEAR(*paired.test.statistic, 2.457180467335805, 1e-9);
  EXPECT_NEAR(*paired.test.p, 0.05742722438289933, 1e-9);
  EXPECT_NEAR(*paired.difference.lower, -0.0012306936972292272, 1e-9);
  EXPECT_NEAR(*paired.difference.upper, 0.05456402703056254, 1e-9);
  EXPECT_NEAR(*student_t(a, c).test.p, 0.8444207727957515, 1e-9);
  EXPECT_NEAR(*student_t(a, c).test.statistic, 0.20198431642537248, 1e-9);
  EXPECT_NEAR(*welch_t(a, c).test.p, 0.8456207896967936, 1e-9);
  EXPECT_NEAR(*welch_t(a, c).test.statistic, 0.20079651243920815, 1e-9);
}

TEST(TTests, DegenerateValuesGiveAReason) {
  const std::vector<double> a{.5, .5, .5}, one{.5}, b{.4, .4, .4};
  EXPECT_FALSE(paired_t(a, a).test.p);
  EXPECT_DOUBLE_EQ(*paired_t(a, b).difference.value, .1);
  EXPECT_NE(paired_t(a, b).test.reason.find("do not vary"), std::string::npos);
  EXPECT_NE(paired_t(one, one).test.reason.find("single case"), std::string::npos);
  EXPECT_FALSE(paired_t({}, {}).difference.value);
  EXPECT_FALSE(student_t(a, one).test.p);
  EXPECT_FALSE(welch_t({}, a).difference.value);
  EXPECT_THROW(paired_t(a, one), Error);
  EXPECT_THROW(welch_t(a, std::vector<double>{1, std::nan("")}), Error);
}

TEST(Adjustment, AgreesWithR) {  // p.adjust(p, "holm"), p.adjust(p, "BH")
  const std::vector<double> p{.01, .04, .03, .005, .5};
  const std::vector<double> by_holm{.04, .09, .09, .025, .5}, by_bh{.025, .05, .05, .025, .5};
  for (size_t i = 0; i < p.size(); ++i) {
    EXPECT_NEAR(holm(p)[i], by_holm[i], 1e-12);
    EXPECT_NEAR(benjamini_hochberg(p)[i], by_bh[i], 1e-12);
  }
  EXPECT_EQ(holm({}).size(), 0u);
  EXPECT_EQ(holm({.7, .8})[1], 1);
}

TEST(FalseClaim, BetaTail) {  // scipy.stats.beta.cdf(.5, x1 + 1, x2 + 1)
  EXPECT_NEAR(false_claim_probability(12, 5), 0.048126220703125, 1e-12);
  EXPECT_DOUBLE_EQ(false_claim_probability(0, 0), .5);
  EXPECT_NEAR(false_claim_probability(2.5, 1.25), 0.2864149041703394, 1e-12);
  EXPECT_THROW(false_claim_probability(-1, 2), Error);
  // The same by sampling the Dirichlet of the definition would need 10^20 draws for these digits; by symmetry instead:
  EXPECT_NEAR(false_claim_probability(12, 5) + false_claim_probability(5, 12), 1, 1e-12);
}

TEST(FalseClaim, FromReportedFigures) {
  const ReportedAccuracies reported{.9, .88, 100};
  EXPECT_NEAR(feasible_congruence(reported).low, .78, 1e-12);
  EXPECT_NEAR(feasible_congruence(reported).high, .88, 1e-12);
  EXPECT_NEAR(false_claim_at(reported, .88), .125, 1e-9);  // x1 = 2, x2 = 0: 1/2^3
  const FalseClaimRange range = false_claim_range(reported);
  EXPECT_NEAR(range.lowest, .125, 1e-9);
  EXPECT_NEAR(range.highest, 0.33881974220275934, 1e-9);  // SciPy, as above
  EXPECT_NEAR(range.highest_congruence, .78, 1e-9);
  EXPECT_NEAR(range.independent, 0.33029742959313363, 1e-9);
  EXPECT_THROW(false_claim_at(reported, .89), Error);
  EXPECT_THROW(feasible_congruence({90, 88, 100}), Error);
  // scipy.stats.t.cdf at sqrt(50) (.85 - .86) / sqrt(.1^2 + .12^2 - 2 * .7 * .1 * .12), 49 degrees.
  EXPECT_NEAR(*false_claim_of_means({.86, .1, .85, .12, .7, 50}).probability, 0.21061329902249576, 1e-9);
  EXPECT_FALSE(false_claim_of_means({.86, .1, .85, .1, 1, 50}).probability);
  EXPECT_THROW(false_claim_of_means({.86, .1, .85, .1, 1.5, 50}), Error);
}

/// Labels of two classes.
Predictions labels(const std::vector<int>& truth, const std::vector<int>& predicted) {
  return {{"benign", "malignant"}, truth, predicted, {}, {}};
}

TEST(Permutation, ExactByHand) {
  // A is right on four cases on which B is wrong, and both are right on one: all 2^4 exchanges, two as extreme.
  const Predictions a = labels({1, 1, 0, 0, 1}, {1, 1, 0, 0, 1}), b = labels({1, 1, 0, 0, 1}, {0, 0, 1, 1, 1});
  const BootstrapOptions options{200, 1, .95};
  const auto tests = permutation_tests(a, b, independent_cases(5), {}, {"accuracy", "f1"}, options);
  EXPECT_EQ(tests[0].method, "permutation, exact");
  EXPECT_DOUBLE_EQ(*tests[0].p, 2.0 / 16);
  EXPECT_DOUBLE_EQ(*tests[0].statistic, .8);
  // With clusters {1, 2} and {3, 4, 5} only four exchanges are left.
  const Sampling clustered{{0, 0, 1, 1, 1}, {0, 0}};
  EXPECT_DOUBLE_EQ(*permutation_tests(a, b, clustered, {}, {"accuracy"}, options)[0].p, .5);
  EXPECT_EQ(*permutation_tests(a, a, independent_cases(5), {}, {"accuracy"}, options)[0].p, 1);
  EXPECT_THROW(permutation_tests(a, b, clustered, {}, {"none"}, options), Error);
  // Differences 3, 2, 1 of sum 6: only all signs equal are as extreme, 2 of 8.
  EXPECT_DOUBLE_EQ(*permutation_of_means({3, 2, 1}, {0, 0, 0}, independent_cases(3), options).p, .25);
}

TEST(Permutation, MonteCarloIsNearTheBinomialAndReproducible) {
  std::vector<int> truth(40, 1), right(40, 1), wrong(40, 1);
  for (size_t i = 0; i < 15; ++i) (i < 12 ? wrong : right)[i] = 0;  // 12 cases against 3
  truth[39] = right[39] = wrong[39] = 0;
  const BootstrapOptions options{20000, 3, .95};
  const auto run = [&] {
    return *permutation_tests(
                labels(truth, right), labels(truth, wrong), independent_cases(40), {}, {"accuracy"}, options)[0]
                .p;
  };
  EXPECT_NEAR(run(), *mcnemar_exact({0, 12, 3, 0}).p, .006);  // four standard errors
  EXPECT_EQ(run(), run());
}

TEST(BootstrapDifference, HoldsTheDifferenceOfTheParts) {
  std::vector<int> truth, first, second;
  for (int i = 0; i < 60; ++i) {
    truth.push_back(i % 2);
    first.push_back(i % 10 == 0 ? 1 - i % 2 : i % 2);
    second.push_back(i % 4 == 0 ? 1 - i % 2 : i % 2);
  }
  const auto all = bootstrap_differences(labels(truth, first), labels(truth, second), independent_cases(60), {}, {});
  ASSERT_EQ(all[0].name, "accuracy");
  EXPECT_NEAR(*all[0].first.value, 54.0 / 60, 1e-12);
  EXPECT_NEAR(*all[0].second.value, 45.0 / 60, 1e-12);
  EXPECT_NEAR(*all[0].difference.value, 9.0 / 60, 1e-12);
  // Difference of paired accuracies: standard error sqrt((6 + 15 - 2 * 3 - 81 / 60) / 60^2), cases in both: 0, 20, 40.
  const double error = std::sqrt(15 - 81.0 / 60) / 60;
  EXPECT_NEAR((*all[0].others[0].upper - *all[0].others[0].lower) / (2 * 1.96 * error), 1, .1);
  EXPECT_NE(all[0].others[1].method.find("BCa"), std::string::npos);
  const auto same = bootstrap_differences(labels(truth, first), labels(truth, first), independent_cases(60), {}, {});
  EXPECT_EQ(*same[0].difference.value, 0);
  EXPECT_THROW(bootstrap_differences(labels(truth, first), labels(first, truth), independent_cases(60), {}, {}), Error);
}

}  // namespace
}  // namespace hepatica::stats
