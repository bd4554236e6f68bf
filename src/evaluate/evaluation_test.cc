#include "evaluate/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/rng.h"

namespace hepatica {
namespace {

PredictionTable table_of(const std::string& text) { return predictions_from_table(parse_csv(text, "p.csv")); }

std::string error_of(const std::string& text) {
  try {
    table_of(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
    return error.what();
  }
  return "no error";
}

TEST(PredictionTable, AveragesLogitsOverTheRowsOfACase) {
  const PredictionTable t = table_of(
      "case_id,truth,logit_benign,logit_malignant,center\na,malignant,0,4,X\nb,benign,1,1,Y\na,malignant,2,0,Z\n");
  ASSERT_EQ(t.case_ids, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(t.rows, 3);
  EXPECT_EQ(t.scores, "logits");
  // Means 1 and 2: softmax 1 / (1 + e).
  EXPECT_NEAR(t.predictions.probability[0], 1 / (1 + std::exp(1.0)), 1e-12);
  EXPECT_NEAR(t.predictions.probability[2], .5, 1e-12);
  EXPECT_EQ(t.predictions.predicted, (std::vector<int>{1, 0}));  // the first of equals
  EXPECT_EQ(t.column("center").values, (std::vector<std::string>{"X", "Y"}));
}

TEST(PredictionTable, NamesRowAndMend) {
  const std::string head = "case_id,truth,prob_a,prob_b\n";
  EXPECT_NE(error_of(head + "1,a,.5,.6\n").find("line 2: the probabilities sum to 1.1"), std::string::npos);
  EXPECT_NE(error_of(head + "1,a,1.2,-.2\n").find("within 0 and 1"), std::string::npos);
  EXPECT_NE(error_of(head + "1,c,.5,.5\n").find("truth 'c' is none of the classes a, b"), std::string::npos);
  EXPECT_NE(error_of(head + "1,a,.5,.5\n1,b,.5,.5\n").find("line 3: case '1' has the truth 'b' here and 'a' in line 2"),
            std::string::npos);
  EXPECT_NE(error_of(head + "1,a,nan,.5\n").find("not a finite number"), std::string::npos);
  EXPECT_NE(error_of(head + ",a,.5,.5\n").find("case_id is empty"), std::string::npos);
  EXPECT_NE(error_of(head).find("no rows"), std::string::npos);
  EXPECT_NE(error_of("case_id,truth,prob_a,logit_b\n").find("mixes"), std::string::npos);
  EXPECT_NE(error_of("case_id,truth,prob_a\n").find("only column"), std::string::npos);
  EXPECT_NE(error_of("case_id,truth\n").find("there are no scores"), std::string::npos);
  EXPECT_NE(error_of("id,truth\n").find("no column 'case_id'"), std::string::npos);
}

TEST(PredictionTable, TakesLabelsAlone) {
  const PredictionTable t = table_of("case_id,truth,prediction\n1,x,x\n2,y,x\n3,y,y\n");
  EXPECT_EQ(t.scores, "labels");
  const Evaluation e = evaluate(t, {});
  EXPECT_EQ(e.confusion, (std::vector<std::vector<int64_t>>{{1, 0}, {1, 1}}));
  EXPECT_NE(error_of("case_id,truth,prediction\n1,x,x\n1,x,x\n2,y,y\n").find("occurs twice"), std::string::npos);
}

TEST(Strata, BandsLevelsAndUnknown) {
  const auto sizes = strata_of({"size_mm", {"9.9", "10", "70", "", "29", "12"}});
  ASSERT_EQ(sizes.size(), 4u);
  EXPECT_EQ(sizes[0].level, "< 10");
  EXPECT_EQ(sizes[1].cases, (std::vector<size_t>{1, 4, 5}));
  EXPECT_EQ(sizes[2].level, ">= 50");
  EXPECT_EQ(sizes[3].level, "unknown");
  EXPECT_EQ(strata_of({"sex", {"F", "M", "F"}}).size(), 2u);
}

/// 1,308 patients of 3 classes, as in the paper's external cohort.
PredictionTable large_table() {
  Rng rng(7);
  PredictionTable t;
  t.scores = "probabilities";
  t.predictions.classes = {"fnh", "hemangioma", "cyst"};
  for (int i = 0; i < 1308; ++i) {
    const int truth = int(rng.integer(0, 2));
    double p[3], sum = 0;
    for (int c = 0; c < 3; ++c) sum += p[c] = rng.gamma(c == truth ? 2 : 1);
    int best = 0;
    for (int c = 0; c < 3; ++c) {
      t.predictions.probability.push_back(p[c] / sum);
      if (p[c] > p[best]) best = c;
    }
    t.case_ids.push_back(std::to_string(i));
    t.predictions.truth.push_back(truth);
    t.predictions.predicted.push_back(best);
  }
  t.rows = 1308;
  return t;
}

TEST(Evaluation, EveryStatisticOfALargeTableHasAnInterval) {
  EvaluationOptions options;
  options.bootstrap.resamples = 1000;
  const Evaluation e = evaluate(large_table(), options);
  EXPECT_GT(e.estimates.size(), 30u);
  for (const auto& named : e.estimates) EXPECT_TRUE(named.estimate.lower && named.estimate.upper) << named.name;
}

TEST(Evaluation, JsonHoldsTheContractAndNoNan) {
  const PredictionTable t = table_of(
      "case_id,truth,prob_benign,prob_malignant,center\n1,benign,.9,.1,A\n2,benign,.6,.4,A\n3,malignant,.3,.7,A\n4,"
      "malignant,.55,.45,B\n");
  EvaluationOptions options;
  options.bootstrap.resamples = 200;
  const nlohmann::json json = json_from_evaluation(evaluate(t, options), t, options);
  EXPECT_EQ(json["n"], 4);
  EXPECT_EQ(json["positive"], "malignant");
  EXPECT_EQ(json["metrics"]["sensitivity"]["value"], .5);
  EXPECT_EQ(json["metrics"]["sensitivity"]["n"], 2);
  EXPECT_EQ(json["metrics"]["auc"]["value"], 1.0);
  EXPECT_EQ(json["confusion"]["counts"], (nlohmann::json{{2, 0}, {1, 1}}));
  ASSERT_EQ(json["strata"].size(), 2u);
  EXPECT_EQ(json["strata"][1]["level"], "B");
  EXPECT_TRUE(json["strata"][1]["metrics"]["auc"]["value"].is_null());
  EXPECT_EQ(json["strata"][1]["note"], "small n: fewer than 20 cases");
  for (const auto& [name, metric] : json["metrics"].items())
    for (const char* key : {"value", "lower", "upper", "n", "method"}) EXPECT_TRUE(metric.contains(key)) << name;
  EXPECT_THROW(evaluate(t, {{}, 10, "x", "", false, {}}), Error);
  EXPECT_THROW(evaluate(t, {{}, 10, "", "", false, std::vector<std::string>{"none"}}), Error);
}

}  // namespace
}  // namespace hepatica
