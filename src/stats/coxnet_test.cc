// The penalised Cox model. Constants are from R 4.2.2 with glmnet 4.1.6 and thresh = 1e-16 unless said otherwise.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.h"
#include "base/threads.h"
#include "stats/coxnet_validation.h"
#include "stats/survival_test_data.h"

namespace hepatica::stats {
namespace {

/// The data of glmnet's CoxExample, 1,000 cases and 30 covariates.
struct Example {
  SurvivalData data;
  Matrix covariates;
};

std::optional<Example> read_example() {
  const fs::path file = test_data_folder() / "stats_reference/coxnet/cox-example.csv";
  if (test_data_folder().empty() || !fs::exists(file)) return std::nullopt;
  const CsvTable table = read_csv(file);
  Example example{{}, Matrix(table.rows.size(), 30)};
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const auto& cells = table.rows[i].cells;
    for (size_t j = 0; j < 30; ++j) example.covariates(i, j) = std::stod(cells[j]);
    example.data.time.push_back(std::stod(cells[table.column("time")]));
    example.data.event.push_back(cells[table.column("status")] == "1");
  }
  return example;
}

void expect_near(const std::vector<double>& beta, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(beta.size(), expected.size());
  for (size_t j = 0; j < beta.size(); ++j) EXPECT_NEAR(beta[j], expected[j], tolerance) << j;
}

TEST(Coxnet, VeteranAgreesWithGlmnet) {  // glmnet(x, Surv(time, status), "cox", alpha = .5)
  const auto veteran = read_veteran();
  if (!veteran) GTEST_SKIP() << "no test data";
  const CoxnetPath path = coxnet_path(veteran->data, veteran->covariates());
  ASSERT_EQ(path.steps.size(), 54u);
  EXPECT_NEAR(path.steps[0].lambda, 0.89205367409729863, 1e-12);
  EXPECT_EQ(path.steps[0].nonzero, 0);
  EXPECT_NEAR(path.steps[19].lambda, 0.15230502046632924, 1e-9);  // 1e-4^(19/99) of the first: glmnet rounds
  expect_near(
      path.steps[19].beta, {0, -0.02393146404499165, 0, 0, 0, 0.27934811342262572, 0.55014675032031612, 0}, 2e-7);
  EXPECT_NEAR(path.steps[19].deviance_explained, 0.05611670927606902, 1e-9);
  expect_near(path.steps[39].beta,
              {0.2159487077001742972,
               -0.0306933523923022013,
               0.0003156838328643092,
               -0.0054613515890629457,
               0.0024673114884913344,
               0.6963130298521844619,
               1.0234654536223553034,
               0.2499494038082672731},
              2e-7);
}

TEST(Coxnet, PenaltyFactorsAndGivenPenaltiesAgreeWithGlmnet) {
  const auto veteran = read_veteran();
  if (!veteran) GTEST_SKIP() << "no test data";
  CoxnetOptions options;
  options.alpha = 0.8;
  options.lambda = {0.3, 0.1, 0.02};
  options.penalty_factors = {0, 1, 1, 2, 1, 1, 1, 1};
  const CoxnetPath path = coxnet_path(veteran->data, veteran->covariates(), options);
  expect_near(path.steps[0].beta, {0.09214013629253066, -0.01504456357749930, 0, 0, 0, 0, 0, 0}, 2e-7);
  expect_near(path.steps[2].beta,
              {0.2399472354057912149,
               -0.0304398478764562053,
               0.0002043436778349708,
               -0.0033395510022245041,
               0.0013597314037153830,
               0.6872732656460424083,
               1.0004179655957359252,
               0.2386732772777418743},
              2e-7);
  EXPECT_NEAR(path.steps[1].deviance_explained, 0.05856947397699493, 1e-9);
  options.lambda.clear();
  EXPECT_NEAR(coxnet_path(veteran->data, veteran->covariates(), options).steps[0].lambda, 0.5587469530071628, 1e-9);
}

TEST(Coxnet, UnscaledAgreesWithGlmnet) {  // standardize = FALSE
  const auto veteran = read_veteran();
  if (!veteran) GTEST_SKIP() << "no test data";
  CoxnetOptions options;
  options.lambda = {0.3, 0.1, 0.02};
  options.standardise = false;
  const CoxnetPath path = coxnet_path(veteran->data, veteran->covariates(), options);
  EXPECT_NEAR(path.steps[0].beta[1], -0.0327442483014486752, 2e-7);
  EXPECT_NEAR(path.steps[2].beta[6], 0.8293333996378868811, 2e-6);
}

TEST(Coxnet, ThousandCasesAgreeWithGlmnetAndItsStoredPath) {
  const auto example = read_example();
  if (!example) GTEST_SKIP() << "no test data";
  CoxnetOptions options;
  options.standardise = false;
  const CoxnetPath path = coxnet_path(example->data, example->covariates, options);
  ASSERT_EQ(path.steps.size(), 51u);
  EXPECT_NEAR(path.steps[0].lambda, 0.468899812444165, 1e-12);  // scikit-survival tests/test_coxnet.py: from glmnet
  EXPECT_NEAR(path.steps[7].beta[0], 0.1463133310212257, 1e-6);
  EXPECT_NEAR(path.steps[50].beta[4], -0.21802950508885363, 1e-6);
  EXPECT_NEAR(path.steps[50].deviance_explained, 0.05869281213640728, 1e-8);
  // The stored path was made with glmnet's usual threshold, which stops up to 1e-3 from the minimum.
  const CsvTable stored = read_csv(test_data_folder() / "stats_reference/coxnet/cox-example-coef-1.csv");
  ASSERT_EQ(stored.header.size(), 51u);
  for (size_t k = 0; k < 51; ++k)
    for (size_t j = 0; j < 30; ++j)
      EXPECT_NEAR(path.steps[k].beta[j], std::stod(stored.rows[j].cells[k]), 2e-3) << k << " " << j;
}

TEST(Coxnet, VanishingPenaltyGivesThePlainModel) {
  const SurvivalData data = leukaemia();
  Matrix x(data.size(), 1);
  for (size_t i = 0; i < kMaintained; ++i) x(i, 0) = 1;
  CoxnetOptions options;
  options.lambda = {0};
  EXPECT_NEAR(coxnet_path(data, x, options).steps[0].beta[0], fit_cox(data, x, {Ties::breslow, 0.95}).beta[0], 1e-8);
}

TEST(Coxnet, OptionsOutOfRangeAreRefused) {
  const SurvivalData data{{1, 2, 3}, {1, 1, 0}};
  Matrix x(3, 1);
  x.values = {1, 0, 1};
  const auto refused = [&](auto change) {
    CoxnetOptions options;
    change(options);
    EXPECT_THROW(coxnet_path(data, x, options), Error);
  };
  refused([](CoxnetOptions& o) { o.alpha = 0; });
  refused([](CoxnetOptions& o) { o.alpha = 1.1; });
  refused([](CoxnetOptions& o) { o.count = 0; });
  refused([](CoxnetOptions& o) { o.smallest = 1; });
  refused([](CoxnetOptions& o) { o.lambda = {0.1, 0.2}; });
  refused([](CoxnetOptions& o) { o.penalty_factors = {-1}; });
  refused([](CoxnetOptions& o) { o.penalty_factors = {1, 1}; });
}

TEST(Coxnet, CrossValidationAgreesWithGlmnet) {  // cv.glmnet(..., foldid = (0:136) %% 5 + 1, grouped = TRUE)
  const auto veteran = read_veteran();
  if (!veteran) GTEST_SKIP() << "no test data";
  CoxnetOptions options;
  options.lambda = {0.8, 0.4, 0.2, 0.1, 0.05, 0.02};
  std::vector<uint32_t> fold;
  for (uint32_t i = 0; i < veteran->data.size(); ++i) fold.push_back(i % 5);
  const CoxnetCrossValidation result = cross_validate_coxnet(veteran->data, veteran->covariates(), options, fold);
  const double deviance[] = {
      8.367200670125319, 8.188337684496560, 8.083787347199900, 8.102295431166086, 8.185493072244293, 8.279034288750232};
  const double error[] = {0.17957829596761304,
                          0.18059604438303603,
                          0.16920975531926519,
                          0.13652358821767974,
                          0.09076687463792484,
                          0.09835539506990969};
  for (size_t k = 0; k < 6; ++k) {
    EXPECT_NEAR(result.errors[k].deviance, deviance[k], 1e-5) << k;
    EXPECT_NEAR(result.errors[k].standard_error, error[k], 1e-5) << k;
  }
  EXPECT_EQ(result.least, 2u);               // lambda.min = 0.2
  EXPECT_EQ(result.one_standard_error, 1u);  // lambda.1se = 0.4
}

TEST(CoxnetFolds, KeepInstitutionsWholeAndShareEventsOut) {
  std::vector<uint32_t> group;
  SurvivalData data;
  for (uint32_t g = 0; g < 7; ++g)
    for (uint32_t i = 0; i < 4 + 3 * g; ++i) {
      group.push_back(g);
      data.time.push_back(1 + i);
      data.event.push_back(i % 2);
    }
  const std::vector<uint32_t> fold = grouped_folds(group, data, 3, 1);
  std::set<std::pair<uint32_t, uint32_t>> pairs;
  std::vector<int> events(3);
  for (size_t i = 0; i < group.size(); ++i) {
    pairs.insert({group[i], fold[i]});
    events[fold[i]] += data.event[i];
  }
  EXPECT_EQ(pairs.size(), 7u);
  for (const int count : events) EXPECT_NEAR(count, double(data.events()) / 3, 5);
  EXPECT_EQ(fold, grouped_folds(group, data, 3, 1));
  EXPECT_THROW(grouped_folds(group, data, 8, 1), Error);
  EXPECT_THROW(grouped_folds(group, data, 1, 1), Error);
}

TEST(CoxnetNested, HeldOutOutcomesDoNotReachTheirOwnRisk) {
  auto veteran = read_veteran();
  if (!veteran) GTEST_SKIP() << "no test data";
  std::vector<uint32_t> outer, institution;
  for (uint32_t i = 0; i < veteran->data.size(); ++i) {
    outer.push_back(i % 4);
    institution.push_back(i % 12);
  }
  CoxnetSearch search;
  search.alphas = {0.5, 1};
  search.folds = 3;
  search.options.count = 20;
  const Matrix x = veteran->covariates();
  set_thread_count(1);
  const NestedValidation one = nested_coxnet(veteran->data, x, search, outer, institution);
  set_thread_count(2);
  const NestedValidation other = nested_coxnet(veteran->data, x, search, outer, institution);
  EXPECT_EQ(one.risk, other.risk);
  ASSERT_EQ(one.folds.size(), 4u);
  EXPECT_GT(*one.pooled.estimate.value, 0.65);
  EXPECT_GT(*one.mean.value, *one.mean.lower);
  EXPECT_EQ(one.mean.n, 4);
  SurvivalData turned = veteran->data;
  for (size_t i = 0; i < turned.size(); ++i)
    if (outer[i] == 2) turned.time[i] = 1000 - turned.time[i];
  const NestedValidation changed = nested_coxnet(turned, x, search, outer, institution);
  for (size_t i = 0; i < outer.size(); ++i)
    if (outer[i] == 2) {
      EXPECT_EQ(one.risk[i], changed.risk[i]) << i;
    }
  EXPECT_NE(one.risk[0], changed.risk[0]);
  EXPECT_LT(*changed.folds[2].harrell.estimate.value, 0.5);
}

}  // namespace
}  // namespace hepatica::stats
