// Comparison of methods. Constants from R 4.2.2 (pROC 1.18.0 for the AUCs) unless said otherwise.
#include "evaluate/comparison.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "evaluate/method_match.h"
#include "evaluate/value_comparison.h"

namespace hepatica {
namespace {

constexpr const char* kFirst =
    "case_id,truth,prob_fnh,prob_hemangioma,prob_cyst\n"
    "c1,cyst,0.03,0.43,0.54\n"
    "c2,cyst,0.07,0.35,0.58\n"
    "c3,fnh,0.71,0.16,0.13\n"
    "c4,cyst,0.32,0.17,0.51\n"
    "c5,hemangioma,0.12,0.87,0.01\n"
    "c6,hemangioma,0.22,0.53,0.25\n"
    "c7,hemangioma,0.04,0.80,0.16\n"
    "c8,fnh,0.78,0.07,0.15\n"
    "c9,cyst,0.05,0.04,0.91\n"
    "c10,fnh,0.24,0.47,0.29\n"
    "c11,fnh,0.29,0.57,0.14\n"
    "c12,hemangioma,0.16,0.82,0.02\n"
    "c13,hemangioma,0.11,0.53,0.36\n"
    "c14,hemangioma,0.03,0.94,0.03\n"
    "c15,fnh,0.43,0.05,0.52\n"
    "c16,fnh,0.40,0.52,0.08\n"
    "c17,fnh,0.80,0.16,0.04\n"
    "c18,fnh,0.50,0.42,0.08\n"
    "c19,fnh,0.68,0.11,0.21\n"
    "c20,cyst,0.09,0.11,0.80\n"
    "c21,fnh,0.66,0.05,0.29\n"
    "c22,hemangioma,0.13,0.73,0.14\n"
    "c23,cyst,0.51,0.13,0.36\n"
    "c24,fnh,0.46,0.44,0.10\n";
constexpr const char* kSecond =
    "case_id,truth,prob_fnh,prob_hemangioma,prob_cyst\n"
    "c24,fnh,0.20,0.73,0.07\n"
    "c23,cyst,0.39,0.06,0.55\n"
    "c22,hemangioma,0.39,0.10,0.51\n"
    "c21,fnh,0.24,0.02,0.74\n"
    "c20,cyst,0.15,0.13,0.72\n"
    "c19,fnh,0.80,0.07,0.13\n"
    "c18,fnh,0.82,0.11,0.07\n"
    "c17,fnh,0.62,0.19,0.19\n"
    "c16,fnh,0.41,0.36,0.23\n"
    "c15,fnh,0.51,0.36,0.13\n"
    "c14,hemangioma,0.39,0.41,0.20\n"
    "c13,hemangioma,0.77,0.08,0.15\n"
    "c12,hemangioma,0.48,0.27,0.25\n"
    "c11,fnh,0.45,0.14,0.41\n"
    "c10,fnh,0.78,0.14,0.08\n"
    "c9,cyst,0.71,0.18,0.11\n"
    "c8,fnh,0.89,0.10,0.01\n"
    "c7,hemangioma,0.31,0.40,0.29\n"
    "c6,hemangioma,0.27,0.47,0.26\n"
    "c5,hemangioma,0.17,0.69,0.14\n"
    "c4,cyst,0.13,0.07,0.80\n"
    "c3,fnh,0.32,0.59,0.09\n"
    "c2,cyst,0.23,0.32,0.45\n"
    "c1,cyst,0.10,0.66,0.24\n";

PredictionTable table_of(const std::string& text, const std::string& file) {
  return predictions_from_table(parse_csv(text, file));
}

ComparisonOptions quick() {
  ComparisonOptions options;
  options.bootstrap.resamples = 200;
  return options;
}

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
    return error.what();
  }
  return "no error";
}

const ComparedTest& test_of(const PairComparison& pair, const std::string& metric, const std::string& method) {
  for (const ComparedTest& one : pair.tests)
    if (one.metric == metric && one.test.method.starts_with(method)) return one;
  throw std::runtime_error("no test " + metric + " " + method);
}

TEST(ComparePaired, AgreesWithR) {
  const Comparison c = compare_paired({table_of(kFirst, "x/a.csv"), table_of(kSecond, "x/b.csv")}, quick());
  EXPECT_EQ(c.methods[0].name, "a");
  EXPECT_EQ(c.methods[1].name, "b");
  ASSERT_EQ(c.pairs.size(), 1u);
  const PairComparison& pair = c.pairs[0];
  EXPECT_EQ(pair.counts->both, 11);  // table(a is right, b is right)
  EXPECT_EQ(pair.counts->only_first, 8);
  EXPECT_EQ(pair.counts->only_second, 5);
  EXPECT_EQ(pair.counts->neither, 0);
  const ComparedTest& fnh = test_of(pair, "fnh:auc", "DeLong");
  EXPECT_NEAR(*fnh.difference.value, 0.944055944055944 - 0.769230769230769, 1e-12);
  EXPECT_NEAR(*fnh.test.statistic, 1.553724390754565, 1e-9);
  EXPECT_NEAR(*fnh.test.p, 0.120250172494208, 1e-9);
  EXPECT_NEAR(*test_of(pair, "hemangioma:auc", "DeLong").test.p, 0.0111885201271902, 1e-9);
  EXPECT_NEAR(*test_of(pair, "cyst:auc", "DeLong").test.p, 0.151494033310002, 1e-9);
  EXPECT_NEAR(*test_of(pair, "accuracy", "McNemar, chi-square").test.p, 0.5790997419539189, 1e-9);
  EXPECT_NEAR(*test_of(pair, "accuracy", "paired t").test.p, 0.4169903788779993, 1e-9);
  const ComparedTest& brier = test_of(pair, "brier", "paired t");
  EXPECT_NEAR(*brier.difference.value, -0.2556416666666667, 1e-9);
  EXPECT_NEAR(*brier.difference.lower, -0.4913965647116085, 1e-9);
  EXPECT_NEAR(*brier.test.p, 0.0348153836114617, 1e-9);
  const ComparedTest& log_loss = test_of(pair, "log_loss", "paired t");
  EXPECT_NEAR(*log_loss.difference.value, -0.3986377883048045, 1e-9);
  EXPECT_NEAR(*log_loss.test.p, 0.0286026845146957, 1e-9);
  EXPECT_EQ(pair.claim->claimed, "a");
  EXPECT_NEAR(pair.claim->probability, 0.2119750976562501, 1e-12);  // pbeta(.5, 9, 6)
}

TEST(ComparePaired, ValuesOfCasesAreTheStatistics) {
  // The means that the paired t tests compare are the statistics whose bootstrap stands beside them.
  const Comparison c = compare_paired({table_of(kFirst, "a.csv"), table_of(kSecond, "b.csv")}, quick());
  for (const auto& metric : c.pairs[0].metrics)
    for (const char* name : {"accuracy", "brier", "log_loss"}) {
      if (metric.name != name) continue;
      EXPECT_NEAR(*metric.difference.value, *test_of(c.pairs[0], name, "paired t").difference.value, 1e-12) << name;
    }
}

TEST(ComparePaired, AdjustsOverAllTestsOfAllPairs) {
  const PredictionTable a = table_of(kFirst, "a.csv"), b = table_of(kSecond, "b.csv");
  const Comparison c = compare_paired({a, b, a}, quick());
  ASSERT_EQ(c.pairs.size(), 3u);
  EXPECT_EQ(c.methods[0].name, "a.csv");  // two files of one name are told apart by their paths
  double lowest = 1, holm = 1;
  int64_t count = 0;
  for (const PairComparison& pair : c.pairs)
    for (const ComparedTest& one : pair.tests) {
      if (!one.test.p) continue;
      ++count;
      if (*one.test.p < lowest) lowest = *one.test.p, holm = *one.holm;
      EXPECT_GE(*one.holm, *one.benjamini_hochberg);
      EXPECT_GE(*one.benjamini_hochberg, *one.test.p);
    }
  EXPECT_NEAR(holm, std::min(1.0, lowest * double(count)), 1e-12);
  EXPECT_EQ(json_from_comparison(c, quick())["adjusted_for"], count);
  // A method against itself: no difference, and no number that is none.
  EXPECT_EQ(*test_of(c.pairs[1], "accuracy", "McNemar, exact").test.p, 1);
  EXPECT_FALSE(test_of(c.pairs[1], "fnh:auc", "DeLong").test.p);
  EXPECT_FALSE(test_of(c.pairs[1], "fnh:auc", "DeLong").test.reason.empty());
  EXPECT_DOUBLE_EQ(c.pairs[1].claim->probability, .5);
}

TEST(ComparePaired, TableAndDocumentHoldEveryTest) {
  const PredictionTable a = table_of(kFirst, "a.csv"), b = table_of(kSecond, "b.csv");
  const Comparison c = compare_paired({a, b}, quick());
  const CsvTable csv = parse_csv(csv_from_comparison(c), "comparison.csv");
  EXPECT_EQ(csv.rows.size(), c.pairs[0].metrics.size() + c.pairs[0].tests.size());
  const nlohmann::json json = json_from_comparison(c, quick());
  EXPECT_EQ(json["n"], 24);
  EXPECT_EQ(json["pairs"][0]["counts"]["only_first"], 8);
  EXPECT_TRUE(json["positive"].is_null());
  EXPECT_TRUE(json["pairs"][0]["per_class"]["cyst"]["sensitivity"]["difference"]["lower"].is_number());
  for (const auto& test : json["pairs"][0]["tests"])
    for (const char* key : {"method", "metric", "p", "p_holm", "p_bh", "statistic", "n"})
      EXPECT_TRUE(test.contains(key)) << key;
}

TEST(ComparePaired, ListsCasesThatDoNotMatch) {
  const std::string head = "case_id,truth,prob_x,prob_y\n";
  std::string many = head;
  for (int i = 0; i < 15; ++i) many += fmt::format("n{},x,.5,.5\n", i);
  const PredictionTable a = table_of(head + "1,x,.9,.1\n2,y,.4,.6\n", "a.csv");
  const auto compare = [&](const std::string& text) {
    return error_of([&] { compare_paired({a, table_of(text, "b.csv")}, quick()); });
  };
  const std::string missing = compare(head + "2,x,.9,.1\n3,y,.1,.9\n");
  EXPECT_NE(missing.find("b.csv: case '1' of a.csv is missing"), std::string::npos);
  EXPECT_NE(missing.find("b.csv: case '2' has the truth 'x', and 'y' in a.csv"), std::string::npos);
  EXPECT_NE(missing.find("a.csv: case '3' of b.csv is missing"), std::string::npos);
  const std::string long_list = compare(many);
  EXPECT_NE(long_list.find("and 7 more"), std::string::npos) << long_list;  // 17 faults, ten named
  EXPECT_NE(compare("case_id,truth,prob_x,prob_z\n1,x,.9,.1\n2,z,.1,.9\n").find("classes x, z"), std::string::npos);
  EXPECT_NE(error_of([&] { compare_paired({a}, quick()); }).find("two tables"), std::string::npos);
}

TEST(ComparePaired, OrderOfColumnsAndLabelsAlone) {
  const PredictionTable a = table_of("case_id,truth,prob_x,prob_y\n1,x,.9,.1\n2,y,.4,.6\n3,y,.7,.3\n", "a.csv"),
                        b = table_of("case_id,truth,prob_y,prob_x\n3,y,.3,.7\n2,y,.6,.4\n1,x,.1,.9\n", "b.csv"),
                        labels = table_of("case_id,truth,prediction\n2,y,y\n1,x,x\n3,y,y\n", "l.csv");
  const Comparison c = compare_paired({a, b, labels}, quick());
  EXPECT_EQ(*test_of(c.pairs[0], "brier", "paired t").difference.value, 0);
  EXPECT_EQ(c.pairs[1].counts->only_second, 1);
  EXPECT_EQ(c.warnings.size(), 2u);
  for (const ComparedTest& one : c.pairs[1].tests) EXPECT_NE(one.metric, "auc");
}

TEST(ComparePaired, PatientsOfSeveralCasesAreWarnedOf) {
  std::string first = "case_id,truth,patient,prob_x,prob_y\n", second = first;
  for (int i = 0; i < 12; ++i) {
    const std::string head = std::to_string(i) + (i % 4 < 2 ? ",x,p" : ",y,p") + std::to_string(i / 2);
    first += head + (i % 4 < 2 ? ",.8,.2\n" : ",.3,.7\n");
    second += head + (i % 3 == 0 ? ",.4,.6\n" : ",.6,.4\n");
  }
  ComparisonOptions options = quick();
  options.cluster = "patient";
  const Comparison c = compare_paired({table_of(first, "a.csv"), table_of(second, "b.csv")}, options);
  ASSERT_EQ(c.warnings.size(), 1u);
  EXPECT_NE(c.warnings[0].find("12 cases of 6 patients"), std::string::npos);
}

/// Rows `from` to `to` of a table, as a table of its own.
std::string part(const std::string& text, int from, int to) {
  CsvTable table = parse_csv(text, "part");
  std::string result = csv_line(table.header);
  for (const auto& row : table.rows) {
    const int id = std::stoi(row.cells[0].substr(1));
    if (id >= from && id <= to) result += csv_line(row.cells);
  }
  return result;
}

TEST(CompareUnpaired, AgreesWithR) {
  const PredictionTable random = table_of(part(kFirst, 1, 12), "random.csv"),
                        time = table_of(part(kSecond, 13, 24), "time.csv");
  const Comparison c = compare_unpaired({random, time}, quick());
  const PairComparison& pair = c.pairs[0];
  EXPECT_FALSE(pair.counts);
  EXPECT_NEAR(*test_of(pair, "accuracy", "Student").test.p, 0.3676194526431537, 1e-9);  // t.test(var.equal = TRUE)
  EXPECT_NEAR(*test_of(pair, "accuracy", "Welch").test.p, 0.3681445792709881, 1e-9);
  const ComparedTest& auc = test_of(pair, "cyst:auc", "DeLong, independent");
  EXPECT_NEAR(*auc.difference.value, .1, 1e-12);
  EXPECT_NEAR(*auc.test.statistic, 1, 1e-9);
  EXPECT_NEAR(*auc.test.degrees, 11, 1e-9);
  EXPECT_NEAR(*auc.test.p, 0.338800696196202, 1e-9);
  ASSERT_EQ(pair.metrics[0].name, "accuracy");
  EXPECT_NEAR(*pair.metrics[0].difference.value, 2.0 / 12, 1e-12);
  EXPECT_EQ(pair.metrics[0].difference.n, 24);
  EXPECT_EQ(pair.metrics[0].first.n, 12);
  EXPECT_NE(error_of([&] { compare_unpaired({random, random}, quick()); }).find("is also in"), std::string::npos);
}

ValueTable dice_of(const std::string& rows, const std::string& file) {
  return values_from_table(parse_csv("case_id,patient,dice\n" + rows, file), "dice", "patient");
}

TEST(CompareValues, PairedTestsOfMeansByHand) {
  // Differences .3, .2, .1 (the rows of b stand in another order): mean .2, sd .1, t = 2 sqrt(3) with 2 degrees;
  // two-sided p = 1 - t / sqrt(t^2 + 2). Of the 2^3 exchanges two are as extreme.
  const ValueTable a = dice_of("x,1,0.9\ny,2,0.8\nz,3,0.7\n", "a.csv");
  const ValueTable b = dice_of("z,3,0.6\nx,1,0.6\ny,2,0.6\n", "b.csv");
  const Comparison c = compare_values({a, b}, quick());
  EXPECT_EQ(c.mode, "values");
  const PairComparison& pair = c.pairs.at(0);
  const double t = 2 * std::sqrt(3.0), p = 1 - t / std::sqrt(t * t + 2);
  const ComparedTest& paired = test_of(pair, "dice", "paired t");
  EXPECT_NEAR(*paired.difference.value, .2, 1e-12);
  EXPECT_NEAR(*paired.test.statistic, t, 1e-9);
  EXPECT_NEAR(*paired.test.p, p, 1e-9);
  EXPECT_NEAR(*test_of(pair, "dice", "permutation").test.p, .25, 1e-12);
  EXPECT_EQ(pair.claim->claimed, "a");
  EXPECT_NEAR(pair.claim->probability, p / 2, 1e-9);
  EXPECT_NEAR(*pair.metrics.at(0).first.value, .8, 1e-12);
  const nlohmann::json json = json_from_comparison(c, quick());
  EXPECT_EQ(json["n"], 3);
  EXPECT_TRUE(json["bootstrap"]["stratified_by"].is_null());
}

TEST(CompareValues, OfOnePatientAreExchangedTogether) {
  const ValueTable a = dice_of("x,1,0.9\ny,1,0.8\nz,2,0.7\n", "a.csv");
  const ValueTable b = dice_of("x,1,0.6\ny,1,0.6\nz,2,0.6\n", "b.csv");
  EXPECT_NEAR(*test_of(compare_values({a, b}, quick()).pairs[0], "dice", "permutation").test.p, .5, 1e-12);
}

TEST(CompareValues, NamesBadRows) {
  const auto holds = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  const std::string rows = error_of([] { dice_of("x,1,0.9\nx,1,none\n", "a.csv"); });
  for (const char* part : {"a.csv", "stands twice", "none"}) holds(rows, part);
  const ValueTable a = dice_of("x,1,0.9\n", "a.csv"), b = dice_of("y,1,0.9\n", "b.csv");
  holds(error_of([&] { compare_values({a, b}, quick()); }), "case 'x' of a.csv is missing");
  holds(error_of([&] { compare_values({a}, quick()); }), "two tables");
}

TEST(Reported, HigherAccuracyIsTheClaim) {
  const nlohmann::json json = json_from_reported(stats::ReportedAccuracies{.88, .9, 100});
  EXPECT_EQ(json["claimed"], .9);
  EXPECT_NEAR(json["false_claim"]["lowest"].get<double>(), .125, 1e-9);  // right on two cases more: 1 / 2^3
  EXPECT_NEAR(json["congruence"]["low"].get<double>(), .78, 1e-12);
  EXPECT_THROW(json_from_reported(stats::ReportedAccuracies{90, 88, 100}), Error);
  // scipy.stats.t.cdf at sqrt(50) (.85 - .86) / sqrt(.1^2 + .12^2 - 2 * .7 * .1 * .12), 49 degrees.
  const nlohmann::json means = json_from_reported(stats::ReportedMeans{.85, .12, .86, .1, .7, 50});
  EXPECT_NEAR(means["false_claim"]["probability"].get<double>(), 0.21061329902249576, 1e-9);
}

}  // namespace
}  // namespace hepatica
