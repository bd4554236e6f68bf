// Distributions, proportions, ranking and overlap. Constants from SciPy 1.10.1 unless said otherwise.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/rng.h"
#include "stats/distributions.h"
#include "stats/overlap.h"
#include "stats/proportion.h"
#include "stats/roc.h"

namespace hepatica::stats {
namespace {

TEST(Distributions, AgreeWithScipy) {
  EXPECT_NEAR(normal_quantile(.975), 1.959963984540054, 1e-13);
  EXPECT_NEAR(normal_quantile(.001), -3.090232306167813, 1e-13);
  EXPECT_NEAR(normal_quantile(.3), -0.5244005127080409, 1e-13);
  EXPECT_NEAR(normal_quantile(1e-8), -5.612001244174789, 1e-12);
  EXPECT_EQ(normal_quantile(.5), 0);
  EXPECT_NEAR(beta_cdf(.3, 2.5, 7), 0.6412224629717214, 1e-13);
  EXPECT_NEAR(beta_cdf(.9, 50, 3), 0.09663328513725222, 1e-13);
  EXPECT_NEAR(beta_cdf(.5, 600, 650), 0.9214472931941009, 1e-11);
  EXPECT_NEAR(beta_quantile(.025, 5, 12), 0.11016995471711757, 1e-13);
  EXPECT_NEAR(beta_quantile(.975, .5, .5), 0.9984586668665639, 1e-13);
  EXPECT_NEAR(student_cdf(1.7, 5), 0.9250616065758381, 1e-13);
  // From scipy.special.betaincinv(4.5, .5, .05) = .6375131872355061; scipy.stats.t.ppf itself is 6e-11 off here.
  EXPECT_NEAR(student_quantile(.975, 9), 2.262157162798205, 1e-12);
}

TEST(Proportion, IntervalsAgreeWithScipy) {  // scipy.stats.binomtest(k, n).proportion_ci
  EXPECT_NEAR(*wilson(0, 10).upper, 0.27753279986288926, 1e-12);
  EXPECT_EQ(*wilson(0, 10).lower, 0);
  EXPECT_NEAR(*wilson(57, 60).lower, 0.8629948352365148, 1e-12);
  EXPECT_NEAR(*wilson(57, 60).upper, 0.9828504978356044, 1e-12);
  EXPECT_NEAR(*wilson(60, 60).lower, 0.9398281478579101, 1e-12);
  EXPECT_NEAR(*clopper_pearson(5, 10).lower, 0.1870860284474045, 1e-12);
  EXPECT_NEAR(*clopper_pearson(57, 60).upper, 0.9895676703556517, 1e-12);
  EXPECT_NEAR(*clopper_pearson(60, 60).lower, 0.9403705077136653, 1e-12);
  EXPECT_EQ(*clopper_pearson(60, 60).upper, 1);
}

TEST(Proportion, DegenerateAndWrong) {
  EXPECT_FALSE(wilson(0, 0).value);
  EXPECT_FALSE(wilson(0, 0).reason.empty());
  EXPECT_THROW(wilson(3, 2), Error);
  EXPECT_THROW(clopper_pearson(-1, 2), Error);
  EXPECT_THROW(wilson(1, 2, 95), Error);
  const nlohmann::json json = json_from_estimate(wilson(0, 0));
  EXPECT_TRUE(json["value"].is_null());
  EXPECT_EQ(json_from_estimate(wilson(1, 1))["n"], 1);
}

TEST(Estimate, NeverHoldsNanOrAnIntervalBesideItsValue) {
  EXPECT_FALSE(make_estimate(std::nan(""), std::nullopt, 3, "m").value);
  const Estimate beside = make_estimate(.5, Interval{.6, .7}, 3, "m");
  EXPECT_FALSE(beside.lower);
  EXPECT_NE(beside.reason.find("does not hold"), std::string::npos);
}

// Scores and truth of the class 2 column in classification_test.cc, with ties.
const std::vector<double> kScores{.1, .2, .3, .1, .3, .2, .8, .6, .25, .6, .2, .4};
const std::vector<uint8_t> kPositive{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0};

TEST(Roc, MidranksShareTies) {
  EXPECT_EQ(midranks(std::vector<double>{3, 1, 3, 2}), (std::vector<double>{3.5, 1, 3.5, 2}));
}

TEST(Roc, DeLongByHand) {
  // One positive of 2 beats both negatives, the other beats one and ties with none: AUC 3/4.
  const Placements p = placements(std::vector<double>{.9, .4, .5, .1}, std::vector<uint8_t>{1, 1, 0, 0});
  EXPECT_EQ(p.positive, (std::vector<double>{1, .5}));
  EXPECT_EQ(p.negative, (std::vector<double>{.5, 1}));
  EXPECT_DOUBLE_EQ(p.auc, .75);
}

TEST(Roc, DeLongAgreesWithTheDefinition) {
  // Variance over all pairs in NumPy: AUC .90625, standard error .10431537004953502.
  // pROC 1.18.0 (ci.auc, roc.test with method = "delong") gives the same interval, z and p.
  const Estimate auc = auc_delong(kScores, kPositive);
  EXPECT_NEAR(*auc.value, 0.90625, 1e-12);
  EXPECT_NEAR(*auc.lower, 0.7017956316689431, 1e-12);
  EXPECT_EQ(*auc.upper, 1);
  std::vector<double> second = kScores;
  const std::vector<double> other{.2, .3, .5, .8, .4, .35, .1, .2, .5, .1, .1, .5};
  for (size_t i = 0; i < second.size(); ++i) second[i] = other[i] * .5 + second[i];
  const AucComparison comparison = compare_auc(kScores, second, kPositive);
  EXPECT_NEAR(*comparison.difference.value, 0.015625, 1e-12);
  EXPECT_NEAR(*comparison.z, 0.4830458915396492, 1e-9);
  EXPECT_NEAR(*comparison.p, 0.629063151814891, 1e-9);
}

TEST(Roc, DegenerateCasesSayWhy) {
  const std::vector<uint8_t> one{1, 1}, both{0, 1}, four{0, 0, 1, 1};
  EXPECT_FALSE(auc_delong(std::vector<double>{1, 2}, one).value);
  EXPECT_FALSE(auc_delong(std::vector<double>{}, std::vector<uint8_t>{}).value);
  EXPECT_NE(auc_delong(std::vector<double>{1, 2}, both).reason.find("two cases"), std::string::npos);
  const Estimate ties = auc_delong(std::vector<double>{1, 1, 1, 1}, four);
  EXPECT_DOUBLE_EQ(*ties.value, .5);
  EXPECT_FALSE(ties.lower);
  const Estimate perfect = auc_delong(std::vector<double>{1, 2, 3, 4}, four);
  EXPECT_EQ(*perfect.value, 1);
  EXPECT_NEAR(*perfect.lower, std::sqrt(.025), 1e-12);  // both of two pairs right: p^2 = .025
  EXPECT_THROW(auc_delong(std::vector<double>{1, std::nan("")}, both), Error);
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(*auc_delong(std::vector<double>{-infinity, 0, 1, infinity}, four).value, 1);
  EXPECT_FALSE(compare_auc(kScores, kScores, kPositive).p);
}

TEST(Roc, CurveAndWeightedRanks) {
  const auto curve = roc_curve(std::vector<double>{.9, .4, .4, .1}, std::vector<uint8_t>{1, 1, 0, 0});
  ASSERT_EQ(curve.size(), 4u);
  EXPECT_EQ(curve[1].sensitivity, .5);
  EXPECT_EQ(curve[2].specificity, .5);
  EXPECT_EQ(curve[3].sensitivity, 1);
  const RankedScores ranked(kScores, kPositive);
  const RankedScores::Values values = ranked.weighted(std::vector<uint32_t>(12, 1));
  EXPECT_NEAR(values.auc, 0.90625, 1e-12);
  EXPECT_NEAR(values.average_precision, 0.8928571428571428, 1e-12);  // sklearn.metrics.average_precision_score
}

TEST(Roc, DeLongOfManyCasesIsNearTheTruth) {
  Rng rng(1);
  std::vector<double> scores(100000);
  std::vector<uint8_t> positive(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    positive[i] = rng.chance(.3);
    scores[i] = rng.normal(positive[i] ? 1 : 0);
  }
  EXPECT_NEAR(*auc_delong(scores, positive).value, 0.7602, .005);  // Phi(1 / sqrt 2)
}

TEST(Overlap, ByHand) {
  EXPECT_DOUBLE_EQ(*dice({2, 1, 3}), 4.0 / 8);
  EXPECT_DOUBLE_EQ(*jaccard({2, 1, 3}), 2.0 / 6);
  EXPECT_DOUBLE_EQ(*relative_volume_error({2, 1, 3}), -2.0 / 5);
  EXPECT_FALSE(dice({0, 0, 0}));
  EXPECT_FALSE(jaccard({0, 0, 0}));
  EXPECT_FALSE(relative_volume_error({0, 4, 0}));
}

}  // namespace
}  // namespace hepatica::stats
