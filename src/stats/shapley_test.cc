#include "stats/shapley.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica::stats {
namespace {

TEST(ShapleyValues, ThreePlayersByHand) {
  // v: none 0, a 1, b 2, ab 4, c 3, ac 5, bc 6, abc 10 (bit 0 is a).
  const std::vector<double> v{0, 1, 2, 4, 3, 5, 6, 10};
  const std::vector<double> phi = shapley_values(v);
  // a: 1/3 (1-0) + 1/6 (4-2) + 1/6 (5-3) + 1/3 (10-6) = 1/3 + 1/3 + 1/3 + 4/3.
  EXPECT_NEAR(phi[0], 7.0 / 3, 1e-12);
  // b: 1/3 2 + 1/6 (4-1) + 1/6 (6-3) + 1/3 (10-5) = 2/3 + 1/2 + 1/2 + 5/3.
  EXPECT_NEAR(phi[1], 10.0 / 3, 1e-12);
  // c: 1/3 3 + 1/6 (5-1) + 1/6 (6-2) + 1/3 (10-4) = 1 + 2/3 + 2/3 + 2.
  EXPECT_NEAR(phi[2], 13.0 / 3, 1e-12);
}

TEST(ShapleyValues, AdditiveGamesGiveEachItsOwnAndIdlersNothing) {
  std::vector<double> v(16);
  const double own[4] = {1, -2, 0, 5};
  for (size_t s = 0; s < 16; ++s) {
    v[s] = 7;
    for (size_t i = 0; i < 4; ++i)
      if (s >> i & 1) v[s] += own[i];
  }
  const std::vector<double> phi = shapley_values(v);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(phi[i], own[i], 1e-12);
}

TEST(ShapleyValues, NumberOfSubsetsMustBeAPowerOfTwo) {
  for (const size_t count : {size_t(0), size_t(1), size_t(3), size_t(6), size_t(2048)})
    EXPECT_THROW(shapley_values(std::vector<double>(count)), Error) << count;
}

Predictions two_class(const std::vector<double>& positive) {
  Predictions p;
  p.classes = {"benign", "malignant"};
  p.truth = {0, 0, 1, 1};
  p.predicted = {0, 0, 1, 1};
  for (const double x : positive) {
    p.probability.push_back(1 - x);
    p.probability.push_back(x);
  }
  return p;
}

TEST(AucShapley, TwoInputsByHand) {
  // AUC of a: malignant .4, .9 against benign .3, .6: 3 of 4 pairs; of b all tied: .5; of both: 1.
  const std::vector<Predictions> subsets{
      {}, two_class({.3, .6, .4, .9}), two_class({.5, .5, .5, .5}), two_class({.1, .2, .8, .9})};
  const Sampling sampling = sampling_from_names({"1", "2", "3", "4"}, {"b", "b", "m", "m"});
  const AucShapley result = auc_shapley(subsets, 1, sampling, {200, 3, .95});
  EXPECT_DOUBLE_EQ(*result.aucs[1].value, .75);
  EXPECT_DOUBLE_EQ(*result.aucs[2].value, .5);
  EXPECT_DOUBLE_EQ(*result.aucs[3].value, 1);
  // a: 1/2 (.75 - .5) + 1/2 (1 - .5) = .375; b: 1/2 (.5 - .5) + 1/2 (1 - .75) = .125; together 1 - .5.
  EXPECT_DOUBLE_EQ(*result.values[0].value, .375);
  EXPECT_DOUBLE_EQ(*result.values[1].value, .125);
  EXPECT_LE(*result.values[0].lower, .375);
  EXPECT_GE(*result.values[0].upper, .375);
  const AucShapley again = auc_shapley(subsets, 1, sampling, {200, 3, .95});
  EXPECT_EQ(result.values[0].lower, again.values[0].lower);
  EXPECT_EQ(result.values[1].upper, again.values[1].upper);
}

TEST(AucShapley, OtherCasesAreRefused) {
  std::vector<Predictions> subsets{
      {}, two_class({.3, .6, .4, .9}), two_class({.5, .5, .5, .5}), two_class({0, 0, 1, 1})};
  subsets[2].truth = {1, 0, 1, 1};
  EXPECT_THROW(auc_shapley(subsets, 1, independent_cases(4), {100, 0, .95}), Error);
}

}  // namespace
}  // namespace hepatica::stats
