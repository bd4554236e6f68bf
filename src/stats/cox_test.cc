// Cox's model. Constants are from R 4.2.2 with survival 3.5.3 unless said otherwise.
#include "stats/cox.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "stats/survival_test_data.h"

namespace hepatica::stats {
namespace {

Matrix column(const std::vector<double>& values) {
  Matrix x(values.size(), 1);
  x.values = values;
  return x;
}

Matrix maintenance() {
  Matrix x(leukaemia().size(), 1);
  for (size_t i = 0; i < kMaintained; ++i) x(i, 0) = 1;
  return x;
}

/// trt, age, karno and the cells.
Matrix six_covariates(const Veteran& veteran) {
  const Matrix all = veteran.covariates();
  Matrix x(all.rows, 6);
  const size_t from[] = {0, 3, 1, 5, 6, 7};
  for (size_t i = 0; i < x.rows; ++i)
    for (size_t j = 0; j < 6; ++j) x(i, j) = all(i, from[j]);
  return x;
}

TEST(Cox, OneCovariateAgreesWithCoxph) {  // coxph(Surv(time, status) ~ (x == "Maintained"), data = aml)
  const CoxFit fit = fit_cox(leukaemia(), maintenance());
  EXPECT_NEAR(fit.beta[0], -0.9155325750147175, 1e-9);
  EXPECT_NEAR(*fit.coefficients[0].standard_error, 0.5119342751720054, 1e-9);
  EXPECT_NEAR(*fit.coefficients[0].z, -1.78837913266719, 1e-8);
  EXPECT_NEAR(*fit.coefficients[0].p, 0.07371486063904575, 1e-9);
  EXPECT_NEAR(fit.null_log_likelihood, -42.72483926276022, 1e-12);
  EXPECT_NEAR(fit.log_likelihood, -41.03261559645838, 1e-11);
  EXPECT_NEAR(*fit.coefficients[0].hazard_ratio.value, 0.4003033777331979, 1e-9);
  EXPECT_NEAR(*fit.coefficients[0].hazard_ratio.upper,
              std::exp(-0.9155325750147175 + 1.959963984540054 * 0.5119342751720054),
              1e-8);
  // basehaz(fit) is that of x = 0, as coxph does not centre a covariate of 0 and 1.
  EXPECT_NEAR(-std::log(fit.survival_at(161, std::vector<double>{0})), 3.8829485022781283, 1e-8);
  EXPECT_NEAR(-std::log(fit.survival_at(8, std::vector<double>{0})), 0.2699208410727153, 1e-9);
  EXPECT_EQ(fit.survival_at(4, std::vector<double>{0}), 1);
}

TEST(Cox, MaximumByHand) {
  // Events at 1 (x 1; at risk 1, 0, 1, 0) and 2 (x 0; at risk 0, 1, 0): l = b - log(2 + 2e^b) - log(2 + e^b).
  // l' = 0: 1 = r/(1 + r) + r/(2 + r), so r^2 = 2.
  const CoxFit fit = fit_cox({{1, 2, 3, 3}, {1, 1, 0, 0}}, column({1, 0, 1, 0}));
  EXPECT_NEAR(fit.beta[0], 0.5 * std::log(2), 1e-10);
}

TEST(Cox,
     EfronAndBreslowAgreeWithCoxph) {  // coxph(Surv(time, status) ~ trt + age + karno + celltype, veteran, ties = ...)
  const auto veteran = read_veteran();
  if (!veteran) GTEST_SKIP() << "no test data";
  const Matrix x = six_covariates(*veteran);
  const CoxFit efron = fit_cox(veteran->data, x);
  const double beta[] = {0.303048095126972949,
                         -0.008903165131480921,
                         -0.032685482740099213,
                         0.856340375872661874,
                         1.178807029394243644,
                         0.402332196770037398};
  const double error[] = {0.205655900786997720,
                          0.009224283189001948,
                          0.005408849633627959,
                          0.271322363512016718,
                          0.296440477739892350,
                          0.282543650901085353};
  for (size_t j = 0; j < 6; ++j) {
    EXPECT_NEAR(efron.beta[j], beta[j], 1e-9) << j;
    EXPECT_NEAR(*efron.coefficients[j].standard_error, error[j], 1e-9) << j;
  }
  EXPECT_NEAR(*efron.coefficients[2].p, 1.513085770058355e-09, 1e-15);
  EXPECT_NEAR(efron.null_log_likelihood, -505.44905491805798, 1e-10);
  EXPECT_NEAR(efron.log_likelihood, -474.45779018483995, 1e-10);
  EXPECT_NEAR(*efron.score.statistic, 66.61535724295001, 1e-9);
  EXPECT_NEAR(*efron.wald.statistic, 62.35381987003877, 1e-7);
  EXPECT_NEAR(efron.covariance(0, 1), -0.0004015814595170126, 1e-11);
  const std::vector<double> patient{2, 60, 70, 0, 0, 1};  // summary(survfit(fit, newdata), times = c(30, 95, 300))$surv
  EXPECT_NEAR(efron.survival_at(30, patient), 0.8281797137153010, 1e-9);
  EXPECT_NEAR(efron.survival_at(95, patient), 0.5756354272647476, 1e-9);
  EXPECT_NEAR(efron.survival_at(300, patient), 0.1484881184909594, 1e-9);
  const CoxFit breslow = fit_cox(veteran->data, x, {Ties::breslow, 0.95});
  EXPECT_NEAR(breslow.beta[4], 1.171521116973466503, 1e-9);
  EXPECT_NEAR(*breslow.coefficients[0].standard_error, 0.205359973753547725, 1e-9);
  EXPECT_NEAR(breslow.log_likelihood, -475.23810695420201, 1e-10);
}

TEST(Cox, StrataAgreeWithCoxph) {  // coxph(Surv(time, status) ~ trt + karno + strata(celltype), data = veteran)
  const auto veteran = read_veteran();
  if (!veteran) GTEST_SKIP() << "no test data";
  const Matrix all = veteran->covariates();
  Matrix x(all.rows, 2);
  for (size_t i = 0; i < x.rows; ++i)
    for (size_t j = 0; j < 2; ++j) x(i, j) = all(i, j);
  const CoxFit fit = fit_cox(veteran->data, x, {}, veteran->cell);
  EXPECT_NEAR(fit.beta[0], 0.23283467688949594, 1e-9);
  EXPECT_NEAR(fit.beta[1], -0.03580112300016308, 1e-9);
  EXPECT_NEAR(fit.log_likelihood, -317.5805548900428, 1e-10);
}

TEST(Cox, ShiftAndScaleOfACovariateChangeNothingElse) {
  Matrix moved = maintenance();
  for (double& value : moved.values) value = 1e6 + 1e-3 * value;
  const CoxFit fit = fit_cox(leukaemia(), moved);
  EXPECT_NEAR(fit.beta[0] * 1e-3, -0.9155325750147175, 1e-6);
  EXPECT_NEAR(fit.log_likelihood, -41.03261559645838, 1e-8);
}

TEST(Cox, SeparatedEventsHaveNoMaximumAndSaySo) {  // the case with x = 1 always dies first
  const CoxFit fit = fit_cox({{1, 2, 3, 4}, {1, 1, 0, 0}}, column({1, 1, 0, 0}));
  EXPECT_TRUE(fit.coefficients[0].monotone);
  EXPECT_FALSE(fit.coefficients[0].hazard_ratio.value);
  EXPECT_NE(fit.coefficients[0].hazard_ratio.reason.find("plus infinity"), std::string::npos);
  EXPECT_FALSE(fit.wald.statistic);
  EXPECT_TRUE(fit.likelihood_ratio.statistic);
}

TEST(Cox, ConstantAndRepeatedCovariatesAreAliased) {
  Matrix x(leukaemia().size(), 3);
  for (size_t i = 0; i < x.rows; ++i) {
    x(i, 0) = i < kMaintained;
    x(i, 1) = 7;
    x(i, 2) = 1 - x(i, 0);
  }
  const CoxFit fit = fit_cox(leukaemia(), x);
  EXPECT_NEAR(fit.beta[0], -0.9155325750147175, 1e-9);
  for (const size_t j : {1, 2}) {
    EXPECT_TRUE(fit.coefficients[j].aliased) << j;
    EXPECT_FALSE(fit.coefficients[j].hazard_ratio.value) << j;
  }
  EXPECT_EQ(fit.likelihood_ratio.degrees, 1);
}

TEST(Cox, BadInputIsRefused) {
  EXPECT_THROW(fit_cox({{1, 2}, {0, 0}}, column({1, 2})), Error);  // no event
  EXPECT_THROW(fit_cox({{1, 2}, {1, 0}}, column({1})), Error);     // rows
  EXPECT_THROW(fit_cox({{1, 2}, {1, 0}}, column({1, std::nan("")})), Error);
  EXPECT_THROW(fit_cox({{1, -2}, {1, 0}}, column({1, 2})), Error);
}

}  // namespace
}  // namespace hepatica::stats
