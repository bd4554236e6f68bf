#include "evaluate/survival_analysis.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/rng.h"

namespace hepatica {
namespace {

std::string error_of(const std::string& text, const SurvivalColumns& columns = {}) {
  try {
    survival_from_table(parse_csv(text, "s.csv"), columns);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
    return error.what();
  }
  return "no error";
}

/// 120 cases of 6 centres whose hazard doubles with each unit of `score`; `noise` means nothing.
std::string followup() {
  Rng rng(3);
  std::string csv = "id,months,dead,centre,arm,stage,score,noise\n";
  for (int i = 0; i < 120; ++i) {
    const double score = rng.normal(), time = -std::log(1 - rng.uniform()) * 20 / std::exp(0.7 * score);
    const double censored = 40 * rng.uniform();
    csv += fmt::format("{},{:.3f},{},C{},{},{},{:.4f},{:.4f}\n",
                       i,
                       std::min(time, censored),
                       time <= censored ? 1 : 0,
                       i % 6 + 1,
                       i % 2 ? "B" : "A",
                       i % 3 ? "II" : "I",
                       score,
                       rng.normal());
  }
  return csv;
}

SurvivalColumns columns_of_followup() {
  SurvivalColumns columns;
  columns.time = "months";
  columns.event = "dead";
  columns.group = "arm";
  columns.institution = "centre";
  columns.risk = "score";
  columns.covariates = {"score", "noise", "stage"};
  return columns;
}

TEST(SurvivalTable, NamesLinesAndMend) {
  EXPECT_NE(error_of("time,event\n1,1\n-2,0\n").find("line 3: time is -2"), std::string::npos);
  EXPECT_NE(error_of("time,event\n1,2\n").find("line 2: event is '2'; write 1 where"), std::string::npos);
  EXPECT_NE(error_of("time,event\n,1\n").find("line 2: time is missing; fill it in"), std::string::npos);
  EXPECT_NE(error_of("time,event\nsoon,1\n").find("'soon', not a finite number"), std::string::npos);
  EXPECT_NE(error_of("time,event\n").find("no row"), std::string::npos);
  EXPECT_NE(error_of("time,happened\n1,1\n").find("no column 'event'"), std::string::npos);
  SurvivalColumns columns;
  columns.covariates = {"time"};
  EXPECT_NE(error_of("time,event\n1,1\n", columns).find("is the outcome"), std::string::npos);
  columns.covariates = {"age"};
  EXPECT_NE(error_of("time,event,age\n1,1,NA\n2,0,5\n", columns).find("line 2: age is missing"), std::string::npos);
  std::string many = "time,event\n";
  for (int i = 0; i < 12; ++i) many += "-1,1\n";
  EXPECT_NE(error_of(many).find("and 2 more"), std::string::npos);
}

TEST(SurvivalTable, TextBecomesOneCovariateALevel) {
  SurvivalColumns columns;
  columns.covariates = {"stage", "age"};
  columns.complete_cases = true;
  const SurvivalTable table = survival_from_table(
      parse_csv("time,status,stage,age\n1,1,I,50\n2,0,II,60\n3,1,III,70\n4,1,,1\n", "s.csv"), columns);
  EXPECT_EQ(table.covariate_names, (std::vector<std::string>{"stage=II", "stage=III", "age"}));
  EXPECT_EQ(table.covariates.values, (std::vector<double>{0, 0, 50, 1, 0, 60, 0, 1, 70}));
  EXPECT_EQ(table.left_out, 1);
  EXPECT_EQ(table.event_column, "status");
}

TEST(SurvivalAnalysis, PlainModelEndToEnd) {
  const SurvivalTable table = survival_from_table(parse_csv(followup(), "s.csv"), columns_of_followup());
  const SurvivalAnalysis analysis = analyse_survival(table, {});
  ASSERT_EQ(analysis.groups.size(), 2u);
  ASSERT_TRUE(analysis.cox);
  EXPECT_GT(*analysis.cox->coefficients[0].hazard_ratio.lower, 1);
  EXPECT_LT(*analysis.cox->coefficients[0].hazard_ratio.lower, 2.01375);  // exp(0.7), the truth, within the interval
  EXPECT_GT(*analysis.cox->coefficients[0].hazard_ratio.upper, 2.01375);
  EXPECT_GT(*analysis.risk_concordance->harrell.estimate.value, 0.6);
  const nlohmann::json json = json_from_survival(analysis, table, {});
  EXPECT_EQ(json["n"], 120);
  EXPECT_EQ(json["groups"][0]["name"], "A");
  EXPECT_EQ(json["log_rank"]["groups"].size(), 2u);
  EXPECT_EQ(json["cox"]["coefficients"][2]["name"], "stage=II");
  EXPECT_EQ(json.dump().find("nan"), std::string::npos);
  const auto csvs = csvs_from_survival(analysis, table);
  EXPECT_EQ(csvs.front().name, "curve.csv");
  EXPECT_EQ(parse_csv(csvs.front().text, "curve").rows.size(),
            analysis.groups[0].curve.steps.size() + analysis.groups[1].curve.steps.size());
  const auto figures = figures_from_survival(analysis, table, "months");
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].name, "kaplan_meier");
  EXPECT_NE(figures[0].drawing.csv.find("A,0,60"), std::string::npos);  // at risk at time 0
}

TEST(SurvivalAnalysis, PenalisedModelWithInstitutionsLeftOut) {
  const SurvivalTable table = survival_from_table(parse_csv(followup(), "s.csv"), columns_of_followup());
  SurvivalOptions options;
  options.penalise = true;
  options.search.folds = 3;
  options.search.options.count = 40;
  options.outer_folds = 0;
  const SurvivalAnalysis analysis = analyse_survival(table, options);
  ASSERT_TRUE(analysis.nested);
  EXPECT_EQ(analysis.fold_names, (std::vector<std::string>{"C1", "C2", "C3", "C4", "C5", "C6"}));
  EXPECT_GT(*analysis.nested->pooled.estimate.value, 0.6);
  EXPECT_GT(analysis.coxnet->beta[0], 0.2);
  EXPECT_EQ(json_from_survival(analysis, table, options)["nested"]["folds"].size(), 6u);
  const auto figures = figures_from_survival(analysis, table);
  ASSERT_EQ(figures.size(), 3u);
  EXPECT_EQ(figures[1].name, "coefficient_path");
  EXPECT_FALSE(analysis.cox);
}

TEST(SurvivalAnalysis, DegenerateTablesGiveReasons) {
  SurvivalColumns columns;
  columns.group = "arm";
  const SurvivalTable table = survival_from_table(parse_csv("time,event,arm\n0,0,a\n0,0,a\n0,0,b\n", "s.csv"), columns);
  const SurvivalAnalysis analysis = analyse_survival(table, {});
  EXPECT_FALSE(analysis.groups[0].restricted_mean.value);
  EXPECT_FALSE(analysis.groups[0].median.value);
  EXPECT_EQ(analysis.log_rank->test.reason, "there is no event");
  EXPECT_FALSE(draw::png_of(figures_from_survival(analysis, table)[0].drawing.figure).empty());
  EXPECT_EQ(rows_from_survival(analysis, table)[1][1], "undefined (there is no event)");
}

TEST(SurvivalAnalysis, OptionsThatLackTheirColumnAreRefused) {
  SurvivalOptions options;
  options.penalise = true;
  const SurvivalTable bare = survival_from_table(parse_csv("time,event\n1,1\n2,0\n", "s.csv"), {});
  EXPECT_THROW(analyse_survival(bare, options), Error);
  SurvivalColumns columns = columns_of_followup();
  columns.institution.clear();
  const SurvivalTable table = survival_from_table(parse_csv(followup(), "s.csv"), columns);
  options.outer_folds = 0;
  EXPECT_THROW(analyse_survival(table, options), Error);
  options.outer_folds.reset();
  options.unpenalised = {"weight"};
  EXPECT_THROW(analyse_survival(table, options), Error);
}

}  // namespace
}  // namespace hepatica
