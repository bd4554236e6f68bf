// Multi-reader multi-case analysis on the study of Van Dyke and others (Cine MRI in the diagnosis of thoracic aortic
// dissection, RSNA 1993): two modalities, five readers, 69 negative and 45 positive cases, ratings 1 to 5, as the
// University of Iowa distributes it. Printed results: Chakraborty, The RJafroc Book, "Applications using the Obuchowski
// Rockette method", `dataset02`. More digits, accuracy and DBM: an analysis in NumPy 1.24 that leaves each case out and
// counts all pairs anew (no placements), with SciPy's distributions. DeLong covariances: R 4.2.2, pROC 1.18.0.
#include "stats/mrmc.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "stats/mrmc_covariance.h"

namespace hepatica::stats {
namespace {

constexpr size_t kNegative = 69, kPositive = 45;
/// [reader][modality]: ratings of the negative cases, then of the positive ones.
const char* const kRatings[5][2] = {
    {"12215111111141111111113131121411111312121123313113311111122111133211155554555455543424555555515445455355511555445"
     "1",
     "33322222321312222221111142131221432312312223311133311341242124144211153555555455554433555555535535555445553555555"
     "1"},
    {"23222222232252223222222242222322222222222222222222222222243223222222253555554255544222555555524335455242522555535"
     "2",
     "32222222322222212222122232222221221222223122322222222232232222222212253555555255534424545554525235553242552555555"
     "2"},
    {"22223511224242223222123241132211222412141211222222321121122115142121254555555555554235555555525225555255522555555"
     "2",
     "24222232221113222212112141151211212221222113211123311322123234124212152555555555535414555555525335554355553455555"
     "1"},
    {"11111131111111111111211121111211111111111111111133111111111111131111155555555555555515555555555454455355512555555"
     "5",
     "22111131211112211121111132121211112211211111212121221111121211132321154555555455545555555555545544555555553555555"
     "5"},
    {"35121111222121112211322111121121123122111333211121111111134123121211352525555154545223555555414432215151511555355"
     "2",
     "22312222122211122212221232232121222211212113212233212222122223123311152545555545534333555555525133253254553355555"
     "3"},
};

ReaderStudy van_dyke() {
  ReaderStudy study{2, 5, kNegative + kPositive, {}, {}};
  study.is_positive.assign(kNegative, 0);
  study.is_positive.resize(study.cases, 1);
  for (size_t i = 0; i < 2; ++i)
    for (size_t j = 0; j < 5; ++j)
      for (size_t k = 0; k < study.cases; ++k) study.score.push_back(kRatings[j][i][k] - '0');
  return study;
}

/// Right where a rating of 3 or more reads as positive.
ReaderStudy van_dyke_right() {
  ReaderStudy study = van_dyke();
  for (size_t i = 0; i < study.score.size(); ++i)
    study.score[i] = (study.score[i] >= 3) == (study.is_positive[i % study.cases] == 1);
  return study;
}

TEST(ObuchowskiRockette, VanDykeAsPrinted) {
  const MrmcResult r = obuchowski_rockette(van_dyke(), {});
  EXPECT_NEAR(r.merit[0][0], 0.91964573, 5e-9);
  EXPECT_NEAR(r.merit[1][3], 0.99935588, 5e-9);
  EXPECT_NEAR(r.ms_modality, 0.00479617053, 5e-12);
  EXPECT_NEAR(r.ms_reader, 0.00383619999, 5e-12);
  EXPECT_NEAR(r.ms_interaction, 0.00055103062, 5e-12);
  EXPECT_NEAR(r.covariances.variance, 0.00080228827, 5e-12);
  EXPECT_NEAR(r.covariances.cov1, 0.00034661371, 5e-12);
  EXPECT_NEAR(r.covariances.cov2, 0.00034407483, 5e-12);
  EXPECT_NEAR(r.covariances.cov3, 0.00023902837, 5e-12);
  EXPECT_NEAR(*r.random_both.test.statistic, 4.4563187, 5e-8);
  EXPECT_NEAR(*r.random_both.test.denominator, 15.259675, 5e-7);
  EXPECT_NEAR(*r.random_both.test.p, 0.051665686, 5e-10);
  EXPECT_NEAR(*r.random_both.pairs[0].difference.value, -0.043800322, 5e-10);
  EXPECT_NEAR(*r.random_both.pairs[0].difference.lower, -0.087959499, 5e-10);
  EXPECT_NEAR(*r.random_both.pairs[0].difference.upper, 0.00035885444, 5e-10);
  EXPECT_NEAR(*r.random_both.pairs[0].test.p, 0.051665686, 5e-10);
  EXPECT_NEAR(r.random_both.means[0].standard_error, 0.033173597, 5e-10);
  EXPECT_NEAR(r.random_both.means[0].degrees, 12.744648, 5e-7);
  EXPECT_NEAR(*r.random_both.means[0].mean.lower, 0.82522360, 5e-9);
  EXPECT_NEAR(*r.random_both.means[1].mean.upper, 0.98753689, 5e-9);
  EXPECT_NEAR(*r.fixed_readers.test.p, 0.019279843, 5e-10);
  EXPECT_NEAR(*r.fixed_readers.pairs[0].difference.lower, -0.080485914, 5e-10);
  EXPECT_NEAR(*r.fixed_readers.pairs[0].difference.upper, -0.0071147303, 5e-10);
  EXPECT_NEAR(*r.fixed_readers.means[0].mean.lower, 0.84943008, 5e-9);
  EXPECT_NEAR(*r.fixed_cases.test.statistic, 8.704, 5e-4);
  EXPECT_NEAR(*r.fixed_cases.test.p, 0.041958752, 5e-10);
  EXPECT_NEAR(*r.fixed_cases.pairs[0].difference.lower, -0.085020224, 5e-10);
}

TEST(ObuchowskiRockette, MoreDigitsAndAccuracy) {
  const MrmcResult auc = obuchowski_rockette(van_dyke(), {});
  EXPECT_NEAR(*auc.random_both.test.statistic, 4.456318693157262, 1e-9);
  EXPECT_NEAR(*auc.random_both.test.p, 0.05166568581929419, 1e-9);
  MrmcOptions options;
  options.merit = Merit::accuracy;
  const MrmcResult accuracy = obuchowski_rockette(van_dyke_right(), options);
  EXPECT_NEAR(accuracy.merit[1][3], 0.964912280702, 1e-11);
  EXPECT_NEAR(accuracy.covariances.variance, 0.001057302859695427, 1e-12);
  EXPECT_NEAR(accuracy.covariances.cov3, 0.00018222080585721408, 1e-12);
  EXPECT_NEAR(*accuracy.random_both.test.statistic, 1.2935002178476462, 1e-9);
  EXPECT_NEAR(*accuracy.random_both.test.denominator, 7.655571396551984, 1e-8);
  EXPECT_NEAR(*accuracy.random_both.test.p, 0.2897453450097954, 1e-9);
  EXPECT_NEAR(*accuracy.fixed_readers.test.p, 0.16195674107641986, 1e-9);
  EXPECT_NEAR(*accuracy.fixed_cases.test.p, 0.25198183206272773, 1e-9);
  // The jackknife of a mean is its sample variance, so both ways give the same.
  options.covariance = CovarianceMethod::delong;
  EXPECT_NEAR(obuchowski_rockette(van_dyke_right(), options).covariances.cov2, accuracy.covariances.cov2, 1e-15);
}

TEST(ObuchowskiRockette, DeLongAndBootstrapCovariances) {
  MrmcOptions options;
  options.covariance = CovarianceMethod::delong;
  const MrmcResult delong = obuchowski_rockette(van_dyke(), options);  // pROC: var(roc), cov(roc1, roc2)
  EXPECT_NEAR(delong.covariances.variance, 0.000792132453076562, 1e-14);
  EXPECT_NEAR(delong.covariances.cov1, 0.000342008957736828, 1e-14);
  EXPECT_NEAR(delong.covariances.cov2, 0.000339526530985629, 1e-14);
  EXPECT_NEAR(delong.covariances.cov3, 0.000235849653234471, 1e-14);
  EXPECT_NEAR(*delong.random_both.test.statistic, 4.4848543218207846, 1e-9);
  EXPECT_NEAR(*delong.random_both.test.denominator, 15.0661079388730776, 1e-8);
  EXPECT_NEAR(*delong.random_both.test.p, 0.0512330308248101, 1e-9);
  options.covariance = CovarianceMethod::bootstrap;
  options.bootstrap.seed = 5;
  const MrmcResult bootstrap = obuchowski_rockette(van_dyke(), options);
  // 2,000 resamples give a covariance to about 5%; the bootstrap divides by m, not m - 1.
  EXPECT_NEAR(bootstrap.covariances.variance / delong.covariances.variance, 1, .1);
  EXPECT_NEAR(bootstrap.covariances.cov2 / delong.covariances.cov2, 1, .15);
  EXPECT_EQ(obuchowski_rockette(van_dyke(), options).covariances.cov1, bootstrap.covariances.cov1);
}

TEST(Dbm, PseudovaluesGiveTheSameFAsObuchowskiRockette) {
  const DbmResult auc = dorfman_berbaum_metz(van_dyke(), Merit::auc);
  EXPECT_NEAR(auc.ms_t, 0.5467634406092778, 1e-9);
  EXPECT_NEAR(auc.ms_r, 0.4373267987583498, 1e-9);
  EXPECT_NEAR(auc.ms_c, 0.3968698842388477, 1e-9);
  EXPECT_NEAR(auc.ms_tr, 0.06281749087882937, 1e-9);
  EXPECT_NEAR(auc.ms_tc, 0.09984808423271535, 1e-9);
  EXPECT_NEAR(auc.ms_rc, 0.06450106037961238, 1e-9);
  EXPECT_NEAR(auc.ms_trc, 0.03997160319053632, 1e-9);
  EXPECT_NEAR(*auc.random_both.statistic, 4.4563186931570655, 1e-9);
  EXPECT_NEAR(*auc.random_both.denominator, 15.25967458914012, 1e-8);
  EXPECT_NEAR(*auc.random_both.p, 0.05166568581930048, 1e-9);
  EXPECT_NEAR(*auc.fixed_readers.p, 0.02103496860452094, 1e-9);
  const DbmResult accuracy = dorfman_berbaum_metz(van_dyke_right(), Merit::accuracy);
  EXPECT_NEAR(*accuracy.random_both.p, 0.2897453450097903, 1e-9);
  EXPECT_NEAR(*accuracy.fixed_readers.p, 0.16469524730314106, 1e-9);
}

TEST(Standalone, ReadersOfOneModalityAgainstOneMethod) {
  // The first reader with the second modality stands for the method.
  const auto part = [](const ReaderStudy& all, std::vector<double>& method) {
    ReaderStudy readers{1, 5, all.cases, all.is_positive, {}};
    readers.score.assign(all.score.begin(), all.score.begin() + long(5 * all.cases));
    method.assign(all.score.begin() + long(5 * all.cases), all.score.begin() + long(6 * all.cases));
    return readers;
  };
  std::vector<double> method;
  const ReaderStudy readers = part(van_dyke(), method);
  const StandaloneResult auc = readers_against_standalone(readers, method, {});
  EXPECT_NEAR(*auc.random_both.difference.value, -0.0507890499194847, 1e-9);
  EXPECT_NEAR(*auc.random_both.test.statistic, -1.558855630753058, 1e-9);
  EXPECT_NEAR(*auc.random_both.test.degrees, 11.858079203331284, 1e-8);
  EXPECT_NEAR(*auc.random_both.test.p, 0.1453070136357013, 1e-9);
  EXPECT_NEAR(*auc.fixed_readers.test.p, 0.03049189777995634, 1e-9);
  MrmcOptions options;
  options.merit = Merit::accuracy;
  const ReaderStudy right = part(van_dyke_right(), method);
  const StandaloneResult accuracy = readers_against_standalone(right, method, options);
  EXPECT_NEAR(*accuracy.random_both.test.p, 0.34164713129602675, 1e-9);
  EXPECT_NEAR(*accuracy.fixed_readers.test.p, 0.26446788175499736, 1e-9);
}

TEST(Mrmc, DegenerateDesignsSayWhy) {
  ReaderStudy study{1, 1, 4, {0, 0, 1, 1}, {1, 3, 2, 4}};
  const MrmcResult alone = obuchowski_rockette(study, {});
  EXPECT_FALSE(alone.random_both.test.p);
  EXPECT_NE(alone.random_both.test.reason.find("one modality"), std::string::npos);
  EXPECT_NE(alone.random_both.means[0].mean.reason.find("one reader"), std::string::npos);
  EXPECT_TRUE(alone.fixed_readers.means[0].mean.lower);
  EXPECT_FALSE(dorfman_berbaum_metz(study, Merit::auc).random_both.p);
  const ReaderStudy equal{2, 2, 4, {0, 0, 1, 1}, {1, 3, 2, 4, 1, 3, 2, 4, 1, 3, 2, 4, 1, 3, 2, 4}};
  const MrmcResult same = obuchowski_rockette(equal, {});
  EXPECT_FALSE(same.random_both.test.p);
  EXPECT_EQ(*same.random_both.pairs[0].difference.value, 0);
  EXPECT_NE(same.random_both.test.reason.find("do not vary"), std::string::npos);
  study.is_positive = {0, 0, 0, 0};
  EXPECT_THROW(obuchowski_rockette(study, {}), Error);
  study.score.pop_back();
  EXPECT_THROW(obuchowski_rockette(study, {}), Error);
}

}  // namespace
}  // namespace hepatica::stats
