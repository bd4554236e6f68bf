// Bivariate meta-analysis and summary ROC. The data are R mada's AuditC, skin_tests and SAQ. Constants are from R 4.2.2
// with metafor 3.8.1 unless said otherwise: rma.mv of both logits with V = diag(1/TP + 1/FN, 1/FP + 1/TN), struct =
// "UN", optim with reltol 1e-15; its restricted log likelihood less log k, half the log determinant of X'X.
#include "stats/bivariate_meta.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/csv.h"
#include "base/error.h"
#include "base/files.h"
#include "stats/summary_roc.h"

namespace hepatica::stats {
namespace {

std::vector<AccuracyStudy> read_studies(const std::string& name) {
  const fs::path file = test_data_folder() / "stats_reference" / name;
  if (test_data_folder().empty() || !fs::exists(file)) return {};
  const CsvTable table = read_csv(file);
  std::vector<AccuracyStudy> studies;
  for (const CsvTable::Row& row : table.rows) {
    const auto count = [&](const char* column) { return int64_t(std::stod(row.cells[table.column(column)])); };
    studies.push_back({count("TP"), count("FN"), count("FP"), count("TN")});
  }
  return studies;
}

TEST(BivariateMeta, AuditCAgreesWithMetafor) {
  const auto studies = read_studies("mada_AuditC.csv");
  if (studies.empty()) GTEST_SKIP() << "no test data";
  const BivariateMeta meta = fit_bivariate(studies);
  EXPECT_NEAR(meta.logit_sensitivity, 2.099742749656726, 1e-6);
  EXPECT_NEAR(meta.logit_false_positive_rate, -1.263690971903513, 1e-6);
  EXPECT_NEAR(meta.mean_covariance.first, 0.1141438482930191, 1e-6);
  EXPECT_NEAR(meta.mean_covariance.both, 0.04585854365686309, 1e-6);
  EXPECT_NEAR(meta.mean_covariance.second, 0.03039159042989647, 1e-6);
  EXPECT_NEAR(meta.between.first, 1.379590359141026, 2e-5);
  EXPECT_NEAR(meta.between.both, 0.6402979514623495, 2e-5);
  EXPECT_NEAR(meta.between.second, 0.4072102665938016, 2e-5);
  EXPECT_NEAR(*meta.correlation.value, 0.8542749614957751, 1e-5);
  EXPECT_NEAR(meta.log_likelihood, -33.90959713001382, 1e-8);
  // Inverse logits of metafor's estimates with 1.959963984540054 standard errors (SciPy 1.10.1 expit).
  EXPECT_NEAR(*meta.sensitivity.value, 0.8908781729187593, 1e-6);
  EXPECT_NEAR(*meta.sensitivity.lower, 0.808077350626216, 1e-6);
  EXPECT_NEAR(*meta.sensitivity.upper, 0.9405830347803595, 1e-6);
  EXPECT_NEAR(*meta.specificity.lower, 0.7154508375094362, 1e-6);
  EXPECT_NEAR(*meta.specificity.upper, 0.8327682893300751, 1e-6);
  // The same by numerical derivatives.
  EXPECT_NEAR(*meta.positive_likelihood_ratio.value, 4.04321296, 1e-5);
  EXPECT_NEAR(*meta.positive_likelihood_ratio.upper, 5.01289341, 1e-5);
  EXPECT_NEAR(*meta.negative_likelihood_ratio.lower, 0.08210213, 1e-6);
  EXPECT_NEAR(*meta.odds_ratio.upper, 45.32584575, 2e-4);
  EXPECT_EQ(meta.sensitivity.n, 14);
  EXPECT_FALSE(meta.warnings.empty());  // two studies with a count of 0
}

TEST(BivariateMeta, HeterogeneityAgreesWithMetafor) {
  const auto studies = read_studies("mada_AuditC.csv");
  if (studies.empty()) GTEST_SKIP() << "no test data";
  const Heterogeneity h = fit_bivariate(studies).heterogeneity;
  EXPECT_NEAR(*h.both.statistic, 2094.046533834113, 1e-9);         // QE
  EXPECT_NEAR(*h.sensitivity.statistic, 81.6063925065008, 1e-10);  // the rest by NumPy from the formulas
  EXPECT_NEAR(*h.sensitivity_i2.value, 0.8406987540962013, 1e-12);
  EXPECT_NEAR(*h.false_positive_rate_i2.value, 0.9935401805335567, 1e-12);
  EXPECT_NEAR(*h.bivariate_i2.value, 0.9633424449666567, 1e-6);
}

TEST(BivariateMeta, MaximumLikelihoodAndSingleCorrectionAgreeWithMetafor) {
  const auto studies = read_studies("mada_AuditC.csv");
  if (studies.empty()) GTEST_SKIP() << "no test data";
  const BivariateMeta ml = fit_bivariate(studies, {Likelihood::ml, Correction::all, 0.95});
  EXPECT_NEAR(ml.logit_sensitivity, 2.07625966770467, 1e-6);
  EXPECT_NEAR(ml.between.first, 1.223847347004248, 2e-5);
  EXPECT_NEAR(ml.log_likelihood, -32.40031928679657, 1e-8);
  const BivariateMeta single = fit_bivariate(studies, {Likelihood::reml, Correction::single, 0.95});
  EXPECT_NEAR(single.logit_sensitivity, 2.187520309964806, 1e-6);
  EXPECT_NEAR(single.between.both, 0.683748696309645, 2e-5);
  EXPECT_NEAR(single.log_likelihood, -34.6074859401127, 1e-8);
  EXPECT_THROW(fit_bivariate(studies, {Likelihood::reml, Correction::none, 0.95}), Error);
}

TEST(BivariateMeta, OtherTablesAgreeWithMetafor) {
  const auto skin = read_studies("mada_skin_tests.csv"), saq = read_studies("mada_SAQ.csv");
  if (skin.empty() || saq.empty()) GTEST_SKIP() << "no test data";
  const BivariateMeta one = fit_bivariate(skin);
  EXPECT_NEAR(one.logit_sensitivity, -1.052227747462586, 1e-6);
  EXPECT_NEAR(one.logit_false_positive_rate, -3.480652695336265, 1e-6);
  EXPECT_NEAR(one.between.second, 2.182776764962889, 5e-5);
  EXPECT_NEAR(one.log_likelihood, -35.49026903564839, 1e-8);
  const BivariateMeta many = fit_bivariate(saq);
  EXPECT_NEAR(many.logit_sensitivity, 2.031740237435588, 1e-6);
  EXPECT_NEAR(many.between.both, 0.5814384222613709, 2e-5);
  EXPECT_NEAR(many.log_likelihood, -91.28287329689788, 1e-8);
}

TEST(BivariateMeta, SameStudyThriceHasNoSpread) {  // the mean is that study, with a third of its variances
  const BivariateMeta meta = fit_bivariate({3, AccuracyStudy{40, 10, 20, 80}});
  EXPECT_NEAR(*meta.sensitivity.value, 0.8, 1e-9);
  EXPECT_NEAR(*meta.specificity.value, 0.8, 1e-9);
  EXPECT_NEAR(meta.between.first, 0, 1e-7);
  EXPECT_NEAR(meta.mean_covariance.first, (1.0 / 40 + 1.0 / 10) / 3, 1e-7);
  EXPECT_FALSE(meta.correlation.value);
  EXPECT_FALSE(meta.correlation.reason.empty());
  const SummaryRoc roc = summary_roc(meta);
  EXPECT_FALSE(roc.defined);
  EXPECT_FALSE(roc.area.value);
  EXPECT_EQ(*meta.heterogeneity.sensitivity_i2.value, 0);
}

TEST(BivariateMeta, BadStudiesAreNamed) {
  const AccuracyStudy good{40, 10, 20, 80};
  EXPECT_THROW(fit_bivariate({good, good}), Error);
  try {
    fit_bivariate({good, {-1, 2, 3, 4}, {0, 0, 3, 4}});
    FAIL();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("study 2"), std::string::npos);
    EXPECT_NE(text.find("study 3"), std::string::npos);
  }
}

TEST(AccuracyStudy, OneStudyByHand) {
  const AccuracyStudy study{40, 10, 20, 80};
  const StudyEstimates e = study_estimates(study, corrected({study}, Correction::all)[0]);
  EXPECT_NEAR(*e.sensitivity.value, 0.8, 1e-15);
  EXPECT_NEAR(*e.specificity.value, 0.8, 1e-15);
  EXPECT_NEAR(*e.positive_likelihood_ratio.value, 4, 1e-14);
  EXPECT_NEAR(*e.negative_likelihood_ratio.value, 0.25, 1e-14);
  EXPECT_NEAR(*e.odds_ratio.value, 16, 1e-13);
  const double spread = std::exp(1.959963984540054 * std::sqrt(1.0 / 40 - 1.0 / 50 + 1.0 / 20 - 1.0 / 100));
  EXPECT_NEAR(*e.positive_likelihood_ratio.upper, 4 * spread, 1e-12);
}

TEST(AccuracyStudy, CorrectionRules) {
  const std::vector<AccuracyStudy> studies{{40, 10, 20, 80}, {5, 0, 1, 9}};
  const auto all = corrected(studies, Correction::all), single = corrected(studies, Correction::single);
  EXPECT_EQ(all[0].true_positive, 40.5);
  EXPECT_EQ(single[0].true_positive, 40);
  EXPECT_EQ(single[1].false_negative, 0.5);
  EXPECT_EQ(corrected({studies[0]}, Correction::all)[0].true_positive, 40);
}

TEST(SummaryRoc, AuditCAgreesWithSciPy) {
  const auto studies = read_studies("mada_AuditC.csv");
  if (studies.empty()) GTEST_SKIP() << "no test data";
  const BivariateMeta meta = fit_bivariate(studies);
  const SummaryRoc roc = summary_roc(meta);
  // From metafor's estimates: the line through the mean logits with the slope sd(sensitivity) / sd(FPR), by
  // scipy.integrate.quad and the two sums; Harbord et al.'s formulas by NumPy.
  EXPECT_NEAR(*roc.area.value, 0.8879006766963279, 1e-6);
  EXPECT_NEAR(*roc.grid_area.value, 0.8866793701614011, 1e-6);
  EXPECT_NEAR(*roc.partial_area.value, 0.863628560038905, 1e-6);
  EXPECT_NEAR(roc.hsroc.lambda, 3.2621330721179143, 1e-5);
  EXPECT_NEAR(roc.hsroc.theta, -0.08337918799258026, 1e-5);
  EXPECT_NEAR(roc.hsroc.beta, -0.6101061076539308, 1e-5);
  EXPECT_NEAR(roc.hsroc.theta_variance, 0.6949100189093764, 2e-5);
  EXPECT_NEAR(roc.hsroc.lambda_variance, 0.2184482697881076, 2e-5);
  EXPECT_NEAR(roc.sensitivity_at(inverse_logit(meta.logit_false_positive_rate)), *meta.sensitivity.value, 1e-12);
  EXPECT_EQ(roc.sensitivity_at(0), 0);
  EXPECT_EQ(roc.sensitivity_at(1), 1);
}

TEST(SummaryRoc, RegionsLieAtTheirDistance) {
  const auto studies = read_studies("mada_AuditC.csv");
  if (studies.empty()) GTEST_SKIP() << "no test data";
  const BivariateMeta meta = fit_bivariate(studies);
  const Symmetric2 precision = meta.mean_covariance.inverse();
  const auto logit = [](double p) { return std::log(p / (1 - p)); };
  for (const RocPlace& place : confidence_region(meta)) {
    const double a = logit(place.sensitivity) - meta.logit_sensitivity;
    const double b = logit(place.false_positive_rate) - meta.logit_false_positive_rate;
    const double distance = a * a * precision.first + 2 * a * b * precision.both + b * b * precision.second;
    EXPECT_NEAR(distance, 5.991464547107979, 1e-8);  // scipy.stats.chi2.ppf(.95, 2)
  }
  EXPECT_EQ(prediction_region(meta).size(), confidence_region(meta).size());
}

}  // namespace
}  // namespace hepatica::stats
