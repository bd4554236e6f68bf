// Kappas. Constants from statsmodels 0.13.5 unless said otherwise.
#include "stats/agreement.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica::stats {
namespace {

using Counts = std::vector<std::vector<int64_t>>;

TEST(CohenKappa, AgreesWithStatsmodels) {  // statsmodels.stats.inter_rater.cohens_kappa
  const Counts t{{44, 5, 1}, {7, 20, 3}, {9, 5, 6}};
  const Kappa plain = cohen_kappa(t);
  EXPECT_NEAR(*plain.estimate.value, 0.49152542372881347, 1e-12);
  EXPECT_NEAR(*plain.standard_error, 0.07212745929334068, 1e-12);
  EXPECT_NEAR(*plain.estimate.lower, 0.35015820121748686, 1e-9);
  EXPECT_NEAR(*plain.estimate.upper, 0.6328926462401401, 1e-9);
  EXPECT_NEAR(*plain.test.statistic, 6.686573150705386, 1e-9);
  const Kappa linear = cohen_kappa(t, KappaWeights::linear), quadratic = cohen_kappa(t, KappaWeights::quadratic);
  EXPECT_NEAR(*linear.estimate.value, 0.4736842105263158, 1e-12);
  EXPECT_NEAR(*linear.standard_error, 0.07697890987030612, 1e-12);
  EXPECT_NEAR(*linear.test.statistic, 6.123724356957949, 1e-9);
  EXPECT_NEAR(*quadratic.estimate.value, 0.4545454545454546, 1e-12);
  EXPECT_NEAR(*quadratic.standard_error, 0.09397969777572601, 1e-12);
}

TEST(CohenKappa, DegenerateTables) {
  EXPECT_NE(cohen_kappa({{7, 0}, {0, 0}}).estimate.reason.find("one and the same"), std::string::npos);
  EXPECT_FALSE(cohen_kappa({{0, 0}, {0, 0}}).estimate.value);
  const Kappa perfect = cohen_kappa({{4, 0}, {0, 3}});
  EXPECT_EQ(*perfect.estimate.value, 1);
  EXPECT_FALSE(perfect.estimate.lower);
  EXPECT_THROW(cohen_kappa({{1, 2}}), Error);
}

TEST(FleissKappa, WorkedExample) {
  // Fourteen readers, ten cases, five classes: the example of Fleiss' method with kappa .210 that textbooks carry.
  const Counts counts{{0, 0, 0, 0, 14},
                      {0, 2, 6, 4, 2},
                      {0, 0, 3, 5, 6},
                      {0, 3, 9, 2, 0},
                      {2, 2, 8, 1, 1},
                      {7, 7, 0, 0, 0},
                      {3, 2, 6, 3, 0},
                      {2, 5, 3, 2, 2},
                      {6, 5, 2, 1, 0},
                      {0, 2, 2, 3, 7}};
  const Kappa kappa = fleiss_kappa(counts);
  EXPECT_NEAR(*kappa.estimate.value, 0.20993070442195522, 1e-12);  // statsmodels fleiss_kappa
  // Gwet's variance is that of the influence function: differentiated numerically over the cases' weights in NumPy.
  EXPECT_NEAR(*kappa.standard_error, 0.09237111160718424, 1e-8);
  EXPECT_NEAR(*kappa.estimate.lower, 0.0009727326694158878, 1e-8);
  EXPECT_NEAR(*kappa.estimate.upper, 0.4188886761744946, 1e-8);
  EXPECT_NEAR(*kappa.test.statistic, 12.374291059190465, 1e-9);  // formula of Fleiss, Nee and Landis in NumPy
}

TEST(FleissKappa, DegenerateAndWrong) {
  EXPECT_EQ(*fleiss_kappa({{2, 0}, {0, 2}}).estimate.value, 1);
  EXPECT_FALSE(fleiss_kappa({{2, 0}, {2, 0}}).estimate.value);
  EXPECT_FALSE(fleiss_kappa({}).estimate.value);
  EXPECT_NE(fleiss_kappa({{1, 1}}).estimate.reason.find("single case"), std::string::npos);
  EXPECT_THROW(fleiss_kappa({{2, 0}, {1, 0}}), Error);
}

}  // namespace
}  // namespace hepatica::stats
