// Constants from scikit-learn 1.2.1 (sklearn.metrics) and SciPy 1.10.1 (scipy.stats.bootstrap, 200,000 resamples).
#include "stats/classification.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "base/threads.h"

namespace hepatica::stats {
namespace {

Predictions three_classes() {
  Predictions p;
  p.classes = {"a", "b", "c"};
  p.truth = {0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 0, 1};
  p.predicted = {0, 0, 1, 1, 1, 0, 2, 2, 1, 2, 0, 1};
  p.probability = {.7, .2, .1, .5, .3, .2, .2,  .5, .3,  .1, .8, .1, .3, .4, .3, .45, .35, .2,
                   .1, .1, .8, .2, .2, .6, .25, .5, .25, .3, .1, .6, .7, .1, .2, .1,  .5,  .4};
  return p;
}

std::map<std::string, double> values_of(const Predictions& p, const std::vector<uint32_t>& weights) {
  const ClassificationStatistics statistics(p, {});
  std::vector<double> values(statistics.names().size());
  statistics.compute(weights, values);
  std::map<std::string, double> named;
  for (size_t i = 0; i < values.size(); ++i) named[statistics.names()[i]] = values[i];
  return named;
}

TEST(Classification, AgreesWithScikitLearn) {
  const auto v = values_of(three_classes(), std::vector<uint32_t>(12, 1));
  const std::map<std::string, double> expected{{"accuracy", .75},
                                               {"balanced_accuracy", .75},
                                               {"macro_precision", 0.7833333333333333},
                                               {"macro_f1", 0.7579365079365079},
                                               {"weighted_f1", 0.7579365079365079},
                                               {"weighted_precision", 0.7833333333333333},
                                               {"auc_macro", 0.8697916666666666},
                                               {"auc_weighted", 0.8697916666666666},
                                               {"average_precision_macro", 0.8152116402116402},
                                               {"log_loss", 0.7107856440903816},
                                               {"brier", 0.39666666666666667},
                                               {"a:auc", 0.859375},
                                               {"b:auc", 0.84375},
                                               {"c:auc", 0.90625},
                                               {"a:average_precision", 0.8611111111111112},
                                               {"b:average_precision", 0.6916666666666667},
                                               {"c:average_precision", 0.8928571428571428},
                                               {"a:f1", .75},
                                               {"b:f1", 0.6666666666666665},
                                               {"c:f1", 0.8571428571428571}};
  for (const auto& [name, value] : expected) EXPECT_NEAR(v.at(name), value, 1e-9) << name;
  // By hand: class c was called for 3 of its 4 cases and never for another.
  EXPECT_DOUBLE_EQ(v.at("c:sensitivity"), .75);
  EXPECT_DOUBLE_EQ(v.at("c:ppv"), 1);
  EXPECT_DOUBLE_EQ(v.at("c:specificity"), 1);
  EXPECT_DOUBLE_EQ(v.at("c:npv"), 8.0 / 9);
}

TEST(Classification, WeightsCountCases) {  // sample_weight of scikit-learn
  const auto v = values_of(three_classes(), {2, 0, 1, 1, 3, 0, 1, 1, 2, 0, 1, 1});
  EXPECT_NEAR(v.at("accuracy"), 0.7692307692307693, 1e-9);
  EXPECT_NEAR(v.at("b:auc"), 0.7375, 1e-9);
  EXPECT_NEAR(v.at("b:average_precision"), 0.655, 1e-9);
  EXPECT_NEAR(v.at("macro_f1"), 0.7643467643467643, 1e-9);
}

TEST(Classification, CalibrationErrorByHand) {
  Predictions p;
  p.classes = {"n", "p"};
  p.truth = {0, 1, 1, 0};
  p.predicted = {0, 1, 1, 1};
  p.probability = {.9, .1, .25, .75, .28, .72, .3, .7};
  const auto v = values_of(p, {1, 1, 1, 1});
  // Bins (0, .1]: |.1 - 0|; (.6, .7]: |.7 - 0|; (.7, .8]: |.75 + .72 - 2|. Sum / 4.
  EXPECT_NEAR(v.at("ece"), (.1 + .7 + .53) / 4, 1e-12);
  EXPECT_NEAR(v.at("brier"), (.01 + .0625 + .0784 + .49) / 4, 1e-12);
  EXPECT_NEAR(v.at("sensitivity"), 1, 1e-12);
  EXPECT_NEAR(v.at("specificity"), .5, 1e-12);
  const auto curve = calibration_curve(p, {});
  EXPECT_EQ(curve[7].n, 2);
  EXPECT_NEAR(curve[7].mean_probability, .735, 1e-12);
  EXPECT_FALSE(curve[5].observed.value);
}

TEST(Classification, EveryEstimateIsFiniteOrSaysWhy) {
  Predictions p = three_classes();
  p.truth.assign(12, 0);  // one class only
  for (const Predictions& q : {p, three_classes()})
    for (const NamedEstimate& named : estimate_all(q, independent_cases(12), {}, {200, 1, .95})) {
      const Estimate& estimate = named.estimate;
      EXPECT_TRUE(estimate.value || !estimate.reason.empty()) << named.name;
      EXPECT_TRUE(!estimate.value || std::isfinite(*estimate.value)) << named.name;
      EXPECT_TRUE(estimate.lower || !estimate.reason.empty()) << named.name;
    }
}

TEST(Classification, OneCaseHasNoBootstrap) {
  Predictions p;
  p.classes = {"n", "p"};
  p.truth = {1};
  p.predicted = {1};
  p.probability = {.2, .8};
  std::map<std::string, Estimate> all;
  for (const NamedEstimate& named : estimate_all(p, independent_cases(1), {}, {100, 1, .95}))
    all[named.name] = named.estimate;
  EXPECT_NEAR(*all.at("accuracy").lower, 0.2065493143772375, 1e-9);  // Wilson: 1 / (1 + z^2)
  EXPECT_NE(all.at("auc").reason.find("does not occur"), std::string::npos);
  EXPECT_NE(all.at("brier").reason.find("single patient"), std::string::npos);
}

TEST(Classification, RefusesWhatAreNoProbabilities) {
  Predictions p = three_classes();
  p.probability[4] = std::nan("");
  EXPECT_THROW(ClassificationStatistics(p, {}), Error);
  p.probability[4] = -.1;
  EXPECT_THROW(ClassificationStatistics(p, {}), Error);
}

TEST(Bootstrap, AgreesWithScipy) {
  const std::vector<double> values{1, 2, 4, 7, 11, 16, 3, 3, 8, 20};
  const Estimate bca = mean_estimate(values, {100000, 3, .95});
  EXPECT_DOUBLE_EQ(*bca.value, 7.5);
  EXPECT_NEAR(*bca.lower, 4.4, .11);  // scipy.stats.bootstrap(..., method="BCa"): 4.4 to 12.1
  EXPECT_NEAR(*bca.upper, 12.1, .11);
}

TEST(Bootstrap, SaysWhereNoResampleDiffers) {
  const Estimate all_right = mean_estimate({1, 1, 1, 1, 1, 1}, {200, 1, .95});
  EXPECT_EQ(*all_right.lower, 1);
  EXPECT_NE(all_right.reason.find("understates"), std::string::npos);
}

TEST(Bootstrap, KeepsClustersAndStrataTogether) {
  const Sampling sampling = sampling_from_names({"p1", "p1", "p2", "p3"}, {"x", "x", "x", "y"});
  const auto statistic = [](std::span<const uint32_t> w, std::span<double> out) {
    EXPECT_EQ(w[0], w[1]);
    out[0] = double(w[0] + w[2]);
    out[1] = w[3];
  };
  const Bootstrap bootstrap(statistic, 2, sampling, {200, 1, .95});
  EXPECT_EQ(bootstrap.clusters(), 3u);
  EXPECT_EQ(*bootstrap.percentile(0, 4).lower, 2);  // two clusters of stratum x are always drawn
  EXPECT_EQ(*bootstrap.percentile(0, 4).upper, 2);
  EXPECT_EQ(*bootstrap.percentile(1, 4).upper, 1);
}

TEST(Bootstrap, SameWhateverTheThreads) {
  std::vector<Estimate> estimates;
  for (int threads : {1, 2}) {
    set_thread_count(threads);
    estimates.push_back(ratio_estimate({1, 0, 2, 1, 0, 5}, {1, 1, 2, 3, 1, 7}, {3000, 5, .95}));
  }
  set_thread_count(0);
  EXPECT_EQ(*estimates[0].lower, *estimates[1].lower);
  EXPECT_EQ(*estimates[0].upper, *estimates[1].upper);
  EXPECT_EQ(estimates[0].n, 15);
}

}  // namespace
}  // namespace hepatica::stats
