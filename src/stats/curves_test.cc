// Curves, recalibration and t-SNE.
#include "stats/curves.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "base/threads.h"
#include "stats/recalibration.h"
#include "stats/tsne.h"

namespace hepatica::stats {
namespace {

const std::vector<double> kP{.1, .2, .3, .35, .4, .55, .6, .7, .8, .9};
const std::vector<uint8_t> kY{0, 0, 1, 0, 0, 1, 0, 1, 1, 1};

Predictions binary() {
  Predictions p;
  p.classes = {"benign", "malignant"};
  for (size_t i = 0; i < kP.size(); ++i) {
    p.truth.push_back(kY[i]);
    p.predicted.push_back(kP[i] >= .5);
    p.probability.insert(p.probability.end(), {1 - kP[i], kP[i]});
  }
  return p;
}

std::vector<uint32_t> own_clusters() { return independent_cases(kP.size()).cluster_of_case; }

TEST(RankingCurves, AgreeWithScikitLearn) {
  const RankingCurves curves = ranking_curves(binary(), independent_cases(10), {200, 1, .95});
  ASSERT_EQ(curves.roc.size(), 2u);
  ASSERT_EQ(curves.roc[1].size(), 101u);
  // scikit-learn 1.2.1: roc_curve, then numpy.interp at .1 and .5.
  EXPECT_NEAR(*curves.roc[1][10].value.value, .6, 1e-12);
  EXPECT_NEAR(*curves.roc[1][50].value.value, .8, 1e-12);
  EXPECT_EQ(*curves.roc[1][100].value.value, 1);
  // precision_recall_curve: recall .6 at precision 1, .8 at .8, 1 at .625.
  EXPECT_NEAR(*curves.precision_recall[1][60].value.value, 1, 1e-12);
  EXPECT_NEAR(*curves.precision_recall[1][80].value.value, .8, 1e-12);
  EXPECT_NEAR(*curves.precision_recall[1][100].value.value, .625, 1e-12);
  EXPECT_NEAR(
      *curves.roc_macro[50].value.value, .5 * (*curves.roc[0][50].value.value + *curves.roc[1][50].value.value), 1e-12);
}

TEST(RankingCurves, ClassThatIsAbsentHasNone) {
  Predictions p = binary();
  p.truth.assign(p.truth.size(), 1);
  const RankingCurves curves = ranking_curves(p, independent_cases(10), {200, 1, .95});
  EXPECT_TRUE(curves.roc[1].empty());
  EXPECT_TRUE(curves.roc_macro.empty());
}

TEST(RankingCurves, SameForAnyNumberOfThreads) {
  std::vector<std::string> texts;
  for (const int threads : {1, 3}) {
    set_thread_count(threads);
    std::string text;
    const RankingCurves curves = ranking_curves(binary(), independent_cases(10), {300, 9, .95});
    for (const CurvePoint& point : curves.roc[1]) text += json_from_estimate(point.value).dump();
    texts.push_back(text);
  }
  set_thread_count(0);
  EXPECT_EQ(texts[0], texts[1]);
}

TEST(DecisionCurve, ByHand) {
  const auto curve = decision_curve(kP, kY, independent_cases(10), {200, 1, .95});
  ASSERT_EQ(curve.size(), 99u);
  // At .3: 5 true and 3 false positives of 10: .5 - .3 * 3/7. At .5: 4 and 1. At .85: 1 and 0.
  EXPECT_NEAR(*curve[29].model.value, .5 - .3 * 3 / 7, 1e-12);
  EXPECT_NEAR(*curve[49].model.value, .3, 1e-12);
  EXPECT_NEAR(*curve[84].model.value, .1, 1e-12);
  EXPECT_NEAR(*curve[29].treat_all.value, .5 - .5 * 3 / 7, 1e-12);
  EXPECT_TRUE(curve[49].model.lower);
}

TEST(Recalibration, AgreesWithStatsmodels) {
  const Recalibration fit = recalibrate(kP, kY, own_clusters());
  // statsmodels 0.13.5: GLM(Binomial) on logit p; intercept with logit p as offset.
  EXPECT_NEAR(*fit.slope.value, 1.6353766606628926, 1e-9);
  EXPECT_NEAR(*fit.slope.lower, -0.3652712808698644, 1e-9);
  EXPECT_NEAR(*fit.slope.upper, 3.6360246021956497, 1e-9);
  EXPECT_NEAR(*fit.intercept.value, 0.05330614426549126, 1e-9);
  EXPECT_NEAR(*fit.intercept.lower, -1.3773972034942197, 1e-9);
  EXPECT_NEAR(*fit.intercept.upper, 1.484009492025202, 1e-9);
}

TEST(Recalibration, ClusterRobustAgreesWithStatsmodels) {
  const std::vector<uint32_t> clusters{0, 0, 1, 1, 2, 2, 3, 3, 4, 4};
  // cov_type='cluster', use_correction=False.
  const Recalibration fit = recalibrate(kP, kY, clusters);
  EXPECT_NEAR(*fit.slope.lower, 0.43684881849879087, 1e-9);
  EXPECT_NEAR(*fit.slope.upper, 2.8339045028269942, 1e-9);
}

TEST(Recalibration, DegenerateCasesSayWhy) {
  const std::vector<uint8_t> y{0, 0, 1, 1};
  const std::vector<uint32_t> own{0, 1, 2, 3};
  EXPECT_NE(recalibrate(std::vector<double>{.1, .2, .8, .9}, y, own).slope.reason.find("fully"), std::string::npos);
  EXPECT_NE(recalibrate(std::vector<double>(4, .4), y, own).slope.reason.find("same probability"), std::string::npos);
  // One probability for all: the intercept is logit(1/2) - logit(.4).
  EXPECT_NEAR(*recalibrate(std::vector<double>(4, .4), y, own).intercept.value, -std::log(.4 / .6), 1e-9);
  EXPECT_NE(
      recalibrate(std::vector<double>(4, .4), std::vector<uint8_t>(4, 1), own).slope.reason.find("does not occur"),
      std::string::npos);
  EXPECT_TRUE(recalibrate(std::vector<double>{0, .2, 1, .1}, y, own).intercept.value);
}

/// Three clouds of 40 points in 8 dimensions.
std::vector<double> clouds() {
  Rng rng(3);
  std::vector<double> values;
  for (int i = 0; i < 120; ++i)
    for (int d = 0; d < 8; ++d) values.push_back(rng.normal(d == i / 40 ? 12 : 0, 1));
  return values;
}

TEST(Tsne, KeepsCloudsApart) {
  TsneOptions options;
  options.iterations = 400;
  options.perplexity = 12;
  const auto places = tsne(clouds(), 8, options);
  int right = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    size_t nearest = i;
    double best = 1e300;
    for (size_t j = 0; j < places.size(); ++j) {
      const double distance = std::hypot(places[i][0] - places[j][0], places[i][1] - places[j][1]);
      if (j != i && distance < best) best = distance, nearest = j;
    }
    right += nearest / 40 == i / 40;
  }
  EXPECT_EQ(right, 120);
}

TEST(Tsne, SameForAnyNumberOfThreadsAndClosePlaces) {
  TsneOptions options;
  options.iterations = 60;
  options.seed = 4;
  std::vector<double> values = clouds();
  std::copy(values.begin(), values.begin() + 8, values.begin() + 8);  // two equal cases
  set_thread_count(1);
  const auto one = tsne(values, 8, options);
  set_thread_count(3);
  const auto other = tsne(values, 8, options);
  set_thread_count(0);
  EXPECT_EQ(one, other);
  for (const auto& place : one) EXPECT_TRUE(std::isfinite(place[0]) && std::isfinite(place[1]));
}

TEST(Tsne, BarnesHutIsNearTheExactField) {
  TsneOptions exact;
  exact.iterations = 1;
  exact.theta = 0;
  TsneOptions fast = exact;
  fast.theta = 0.3;
  const auto a = tsne(clouds(), 8, exact), b = tsne(clouds(), 8, fast);
  double difference = 0, size = 0;
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t d = 0; d < 2; ++d) difference += std::pow(a[i][d] - b[i][d], 2), size += a[i][d] * a[i][d];
  EXPECT_LT(std::sqrt(difference / size), .01);
}

TEST(Tsne, RefusesWhatItCannotPlace) {
  EXPECT_THROW(tsne({1, 2, 3}, 1, {}), Error);
  EXPECT_THROW(tsne({1, 2, 3, std::nan(""), 5}, 1, {}), Error);
}

}  // namespace
}  // namespace hepatica::stats
