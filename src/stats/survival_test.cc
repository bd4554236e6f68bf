// Kaplan-Meier, log-rank and concordance. Constants are from R 4.2.2 with survival 3.5.3 unless said otherwise.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "stats/concordance.h"
#include "stats/kaplan_meier.h"
#include "stats/log_rank.h"
#include "stats/survival_test_data.h"

namespace hepatica::stats {
namespace {

SurvivalData maintained() {
  std::vector<size_t> first(kMaintained);
  std::iota(first.begin(), first.end(), 0);
  return cases_of(leukaemia(), first);
}

SurvivalData not_maintained() {
  std::vector<size_t> rest(leukaemia().size() - kMaintained);
  std::iota(rest.begin(), rest.end(), kMaintained);
  return cases_of(leukaemia(), rest);
}

std::vector<uint32_t> leukaemia_group() {
  std::vector<uint32_t> group(leukaemia().size(), 0);
  std::fill_n(group.begin(), kMaintained, 1);
  return group;
}

TEST(KaplanMeier, ThreeEventsByHand) {
  const KaplanMeier curve = kaplan_meier({{3, 1, 2}, {1, 1, 1}});
  ASSERT_EQ(curve.steps.size(), 3u);
  EXPECT_NEAR(curve.steps[0].survival, 2.0 / 3, 1e-15);
  EXPECT_NEAR(*curve.steps[0].standard_error, std::sqrt(4.0 / 9 / 6), 1e-15);  // S^2 * d / (n (n - d))
  EXPECT_EQ(curve.steps[2].survival, 0);
  EXPECT_FALSE(curve.steps[2].standard_error);
  EXPECT_FALSE(curve.steps[2].lower);
  EXPECT_EQ(curve.survival_at(0.5), 1);
  EXPECT_NEAR(curve.survival_at(1), 2.0 / 3, 1e-15);
  EXPECT_EQ(curve.at_risk(2), 2);
  EXPECT_EQ(curve.at_risk(4), 0);
}

TEST(KaplanMeier, AgreesWithSurvfit) {  // survfit(Surv(time, status) ~ 1, subset = x == "Maintained", conf.type = ...)
  const KaplanMeier log_log = kaplan_meier(maintained());
  ASSERT_EQ(log_log.steps.size(), 10u);
  const SurvivalStep& at_31 = log_log.steps[5];
  EXPECT_EQ(at_31.time, 31);
  EXPECT_EQ(at_31.at_risk, 5);
  EXPECT_NEAR(at_31.survival, 0.4909090909090909, 1e-15);
  EXPECT_NEAR(*at_31.standard_error, 0.16419326722113581, 1e-14);
  EXPECT_NEAR(*at_31.lower, 0.16733090977685081, 1e-13);
  EXPECT_NEAR(*at_31.upper, 0.7533997903708113, 1e-13);
  EXPECT_NEAR(*log_log.steps.back().lower, 0.01173848012318960, 1e-13);
  EXPECT_EQ(log_log.steps[4].events, 0);
  EXPECT_EQ(log_log.steps[4].censored, 1);
  const KaplanMeier log = kaplan_meier(maintained(), {SurvivalInterval::log, 0.95});
  EXPECT_NEAR(*log.steps[5].lower, 0.25485995119931731, 1e-13);
  EXPECT_NEAR(*log.steps[5].upper, 0.9455849552004292, 1e-13);
  EXPECT_EQ(*log.steps[0].upper, 1);
  const KaplanMeier plain = kaplan_meier(maintained(), {SurvivalInterval::plain, 0.95});
  EXPECT_NEAR(*plain.steps[5].lower, 0.1690962006517037, 1e-13);
  EXPECT_EQ(*plain.steps.back().lower, 0);
}

TEST(KaplanMeier, QuantilesAgreeWithSurvfit) {  // quantile(survfit(..., conf.type = "log-log"), c(.25, .5, .75))
  const KaplanMeier curve = kaplan_meier(maintained());
  const Estimate quarter = survival_quantile(curve, 0.25), median = survival_quantile(curve, 0.5);
  EXPECT_EQ(*quarter.value, 18);
  EXPECT_EQ(*quarter.lower, 9);
  EXPECT_EQ(*quarter.upper, 34);
  EXPECT_EQ(*median.value, 31);
  EXPECT_EQ(*median.lower, 13);
  EXPECT_FALSE(median.upper);
  EXPECT_FALSE(median.reason.empty());
  const Estimate three = survival_quantile(curve, 0.75);
  EXPECT_EQ(*three.value, 48);
  EXPECT_EQ(*three.lower, 31);
}

TEST(KaplanMeier, QuantileWithinALevelStretchIsItsMiddle) {  // S is 1/2 from 2 to 3: as R's quantile.survfit
  EXPECT_EQ(*survival_quantile(kaplan_meier({{1, 2, 3, 4}, {1, 1, 1, 1}}), 0.5).value, 2.5);
}

TEST(KaplanMeier, RestrictedMeanAgreesWithSurvfit) {  // summary(survfit(...), rmean = 31 and 45)$table
  const Estimate first = restricted_mean(kaplan_meier(maintained()), 31);
  EXPECT_NEAR(*first.value, 25.215909090909090, 1e-12);
  EXPECT_NEAR((*first.upper - *first.lower) / 2 / 1.959963984540054, 2.451388353101107, 1e-12);
  const Estimate second = restricted_mean(kaplan_meier(not_maintained()), 45);
  EXPECT_NEAR(*second.value, 22.708333333333336, 1e-12);
  EXPECT_NEAR((*second.upper - *second.lower) / 2 / 1.959963984540054, 4.180941981033154, 1e-12);
}

TEST(KaplanMeier, DegenerateCasesSayWhy) {
  const KaplanMeier censored = kaplan_meier({{5, 7}, {0, 0}});
  EXPECT_EQ(censored.survival_at(100), 1);
  EXPECT_EQ(survival_quantile(censored, 0.5).reason, "there is no event");
  EXPECT_FALSE(restricted_mean(censored, 8).value);
  EXPECT_EQ(*restricted_mean(censored, 7).value, 7);
  EXPECT_FALSE(censored.estimate_at(8).value);
  const KaplanMeier one = kaplan_meier({{0}, {1}});
  EXPECT_EQ(one.survival_at(0), 0);
  EXPECT_EQ(*survival_quantile(one, 0.5).value, 0);
  const Estimate before = kaplan_meier({{5, 7}, {1, 1}}).estimate_at(1);
  EXPECT_EQ(*before.value, 1);
}

TEST(KaplanMeier, BadDataNamesTheCases) {
  const auto text_of = [](const SurvivalData& data) -> std::string {
    try {
      kaplan_meier(data);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(text_of({{1, -2, std::nan("")}, {1, 1, 0}}).find("case 2"), std::string::npos);
  EXPECT_NE(text_of({{1, -2, std::nan("")}, {1, 1, 0}}).find("case 3"), std::string::npos);
  EXPECT_NE(text_of({{1, 2}, {1, 2}}).find("case 2"), std::string::npos);
  EXPECT_THROW(kaplan_meier({}), Error);
  EXPECT_THROW(kaplan_meier({{1, 2}, {1}}), Error);
}

TEST(LogRank, AgreesWithSurvdiff) {  // survdiff(Surv(time, status) ~ x, data = aml)
  const LogRank result = log_rank(leukaemia(), leukaemia_group());
  EXPECT_NEAR(*result.test.statistic, 3.39638869897760109, 1e-12);
  EXPECT_NEAR(*result.test.p, 0.06533932204050513, 1e-12);
  EXPECT_EQ(result.test.degrees, 1);
  EXPECT_NEAR(result.groups[1].expected, 10.68933599230072495, 1e-12);
  EXPECT_EQ(result.groups[1].observed, 7);
}

TEST(LogRank, ByHand) {  // group 0 dies at 1, group 1 at 2: O - E = 1 - 1/2 - 0, variance 1/4
  const LogRank result = log_rank({{1, 2}, {1, 1}}, std::vector<uint32_t>{0, 1});
  EXPECT_NEAR(*result.test.statistic, 1, 1e-14);
}

TEST(LogRank, FourGroupsAndStrataAgreeWithSurvdiff) {
  const auto veteran = read_veteran();
  if (!veteran) GTEST_SKIP() << "no test data";
  const LogRank cells =
      log_rank(veteran->data, veteran->cell);  // survdiff(Surv(time, status) ~ celltype, data = veteran)
  EXPECT_NEAR(*cells.test.statistic, 25.40370034578535, 1e-11);
  EXPECT_NEAR(*cells.test.p, 1.271245939006096e-05, 1e-16);
  EXPECT_EQ(cells.test.degrees, 3);
  EXPECT_NEAR(cells.groups[2].expected, 15.69376461436049, 1e-11);
  const LogRank within = log_rank(veteran->data, veteran->treatment, veteran->cell);  // ~ trt + strata(celltype)
  EXPECT_NEAR(*within.test.statistic, 0.7017433468443195, 1e-12);
}

TEST(LogRank, UndefinedSaysWhy) {
  EXPECT_EQ(log_rank({{1, 2}, {1, 1}}, std::vector<uint32_t>{0, 0}).test.reason, "there is one group alone");
  EXPECT_EQ(log_rank({{1, 2}, {0, 0}}, std::vector<uint32_t>{0, 1}).test.reason, "there is no event");
  // The censored case has left before the event.
  EXPECT_FALSE(log_rank({{1, 2}, {0, 1}}, std::vector<uint32_t>{0, 1}).test.reason.empty());
}

double variance_of(const Estimate& estimate) {
  return std::pow((*estimate.upper - *estimate.lower) / 2 / 1.959963984540054, 2);
}

TEST(Concordance, HarrellAgreesWithSurvival) {  // concordance(Surv(time, status) ~ karno, data = veteran)
  const auto veteran = read_veteran();
  if (!veteran) GTEST_SKIP() << "no test data";
  std::vector<double> risk;
  for (const double score : veteran->karnofsky) risk.push_back(-score);
  const Concordance all = harrell_c(veteran->data, risk);
  EXPECT_EQ(all.concordant, 5674);
  EXPECT_EQ(all.discordant, 1989);
  EXPECT_EQ(all.tied_risk, 1141);
  EXPECT_EQ(all.tied_time, 34 + 5);
  EXPECT_NEAR(*all.estimate.value, 0.7092798727850977425, 1e-14);
  EXPECT_NEAR(variance_of(all.estimate), 0.0005088957213363022, 1e-15);
  const Concordance within = harrell_c(veteran->data, risk, veteran->cell);  // ~ karno + strata(celltype)
  EXPECT_NEAR(*within.estimate.value, 0.694941125163541229, 1e-14);
  EXPECT_NEAR(variance_of(within.estimate), 0.0006409694102119613, 1e-15);
}

TEST(Concordance, UnoAgreesWithSurvival) {  // concordance(..., timewt = "n/G2"), and with ymax = 150
  const auto veteran = read_veteran();
  if (!veteran) GTEST_SKIP() << "no test data";
  std::vector<double> risk;
  for (const double score : veteran->karnofsky) risk.push_back(-score);
  const Concordance all = uno_c(veteran->data, risk);
  EXPECT_NEAR(all.concordant, 5872.030241311267673, 1e-9);
  EXPECT_NEAR(all.tied_risk, 1222.472663263460618, 1e-9);
  EXPECT_NEAR(*all.estimate.value, 0.6993361393784620628, 1e-13);
  EXPECT_NEAR(variance_of(all.estimate), 0.0005241681718289652, 1e-14);
  const Concordance early = uno_c(veteran->data, risk, 150.5);
  EXPECT_NEAR(*early.estimate.value, 0.7123207131896699407, 1e-13);
}

TEST(Concordance, ByHand) {
  const SurvivalData data{{1, 2, 2, 3}, {1, 0, 1, 0}};
  // Pairs: 1st with each other, the event at 2 with the case censored then and with the last.
  const Concordance c = harrell_c(data, std::vector<double>{4, 3, 2, 2});
  EXPECT_EQ(c.concordant, 3);
  EXPECT_EQ(c.discordant, 1);
  EXPECT_EQ(c.tied_risk, 1);
  EXPECT_NEAR(*c.estimate.value, 3.5 / 5, 1e-15);
}

TEST(Concordance, DegenerateCasesSayWhy) {
  const SurvivalData data{{1, 2, 3}, {1, 1, 1}};
  const Concordance ties = harrell_c(data, std::vector<double>{1, 1, 1});
  EXPECT_EQ(*ties.estimate.value, 0.5);
  EXPECT_FALSE(ties.estimate.lower);
  EXPECT_FALSE(ties.estimate.reason.empty());
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(*harrell_c(data, std::vector<double>{infinity, 0, -infinity}).estimate.value, 1);
  EXPECT_FALSE(harrell_c({{1, 2}, {0, 0}}, std::vector<double>{1, 2}).estimate.value);
  EXPECT_FALSE(harrell_c({{1, 1}, {1, 1}}, std::vector<double>{1, 2}).estimate.value);
  EXPECT_FALSE(uno_c(data, std::vector<double>{1, 2, 3}, 0.5).estimate.value);
  EXPECT_THROW(harrell_c(data, std::vector<double>{1, std::nan(""), 3}), Error);
  EXPECT_THROW(harrell_c(data, std::vector<double>{1, 2}), Error);
}

}  // namespace
}  // namespace hepatica::stats
