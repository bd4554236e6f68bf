#include "stats/rank_correlation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hepatica::stats {
namespace {

using Values = std::vector<double>;

TEST(RankCorrelation, ByHand) {
  // Without ties 1 - 6 sum d^2 / (n (n^2 - 1)): ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / 60.
  EXPECT_NEAR(*rank_correlation(Values{1, 5, 6, 9}, Values{20, 10, 40, 30}), .6, 1e-12);
  EXPECT_NEAR(*rank_correlation(Values{1, 2, 3}, Values{1, 8, 27}), 1, 1e-12);
  EXPECT_NEAR(*rank_correlation(Values{1, 2, 3}, Values{3, 2, 1}), -1, 1e-12);
}

TEST(RankCorrelation, TiesShareTheirRank) {
  // Ranks 1.5 1.5 3 against 1 2 3: deviations -.5 -.5 1 and -1 0 1: 1.5 / sqrt(1.5 * 2).
  EXPECT_NEAR(*rank_correlation(Values{0, 0, 7}, Values{1, 2, 3}), 1.5 / std::sqrt(3.0), 1e-12);
}

TEST(RankCorrelation, WhatDoesNotVaryHasNone) {
  EXPECT_FALSE(rank_correlation(Values{1, 1, 1}, Values{1, 2, 3}));
  EXPECT_FALSE(rank_correlation(Values{1}, Values{1}));
}

}  // namespace
}  // namespace hepatica::stats
