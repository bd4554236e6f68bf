// What an evaluation is shown as: figures, operating point, paper tables, checklists, checks of the numbers, features.
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "evaluate/checklists.h"
#include "evaluate/features.h"
#include "evaluate/figures.h"
#include "evaluate/lilnet_style.h"
#include "evaluate/number_check.h"
#include "evaluate/operating_point.h"

namespace hepatica {
namespace {

PredictionTable table_of(const std::string& text, const std::string& file = "p.csv") {
  return predictions_from_table(parse_csv(text, file));
}

EvaluationOptions quick() {
  EvaluationOptions options;
  options.bootstrap.resamples = 200;
  return options;
}

constexpr char kHead[] = "case_id,truth,prob_benign,prob_malignant,size_mm,phase,reader_junior\n";
const std::string kTable = std::string(kHead) +
                           "1,benign,.9,.1,5,arterial,benign\n2,benign,.6,.4,12,arterial,malignant\n"
                           "3,malignant,.3,.7,12,portal_venous,malignant\n4,malignant,.55,.45,60,portal_venous,benign\n"
                           "5,malignant,.2,.8,31,arterial,malignant\n6,benign,.7,.3,9,portal_venous,benign\n";

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Evaluation, RanksByLogitsWhereAskedTo) {
  const PredictionTable t = table_of("case_id,truth,logit_a,logit_b\n1,b,0,1\n2,b,5,2\n3,a,1,0\n4,a,4,1.5\n");
  EvaluationOptions options = quick();
  // By hand: differences b - a of 1, -3 against -1, -2.5 win 2 of 4; column b alone 3 of 4, column a 2 of 4.
  EXPECT_EQ(*find_estimate(evaluate(t, options).estimates, "auc").value, .5);
  options.rank_by_logits = true;
  const Evaluation e = evaluate(t, options);
  EXPECT_EQ(*find_estimate(e.estimates, "auc").value, .75);
  EXPECT_EQ(*find_estimate(e.estimates, "auc_macro").value, .625);
  EXPECT_EQ(json_from_evaluation(e, t, options)["auc_scores"], "logits");
  EXPECT_THROW(evaluate(table_of(kTable), options), Error);
}

TEST(PredictionTable, NamesSeveralFaultsAtOnce) {
  const std::string text = error_of([] { table_of("case_id,truth,prob_a,prob_b\n1,a,.5,.6\n2,c,.5,.5\n3,a,inf,0\n"); });
  for (const char* part : {"line 2", "line 3", "line 4", "sum to 1.1", "none of the classes", "not a finite number"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
}

TEST(OperatingPoint, IsChosenElsewhere) {
  const PredictionTable validation = table_of(
      "case_id,truth,prob_benign,prob_malignant\nv1,malignant,.1,.9\nv2,malignant,.2,.8\nv3,malignant,.4,.6\n"
      "v4,malignant,.7,.3\nv5,benign,.5,.5\n");
  const PredictionTable t = table_of(kTable);
  const OperatingPoint point = operating_point(validation, t, .75, quick());
  EXPECT_EQ(point.threshold, .6);  // three of four positives
  EXPECT_EQ(*point.chosen_sensitivity.value, .75);
  EXPECT_NEAR(*find_estimate(point.estimates, "sensitivity").value, 2. / 3, 1e-12);
  EXPECT_EQ(*find_estimate(point.estimates, "specificity").value, 1);
  EXPECT_EQ(json_from_operating_point(point)["chosen_on"]["n"], 5);
  EXPECT_NE(error_of([&] { operating_point(t, t, .95, quick()); }).find("stands in"), std::string::npos);
  EXPECT_NE(error_of([&] { operating_point(validation, t, 0, quick()); }).find("not within"), std::string::npos);
}

TEST(NumberCheck, RefusesWhatCannotBe) {
  EXPECT_EQ(fault_of("a", {.5, .4, .6, 10, "x", ""}, true), "");
  EXPECT_NE(fault_of("a", {.5, .6, .7, 10, "x", ""}, true).find("outside its interval"), std::string::npos);
  EXPECT_NE(fault_of("a", {1.2, 1.1, 1.3, 10, "x", ""}, true).find("share"), std::string::npos);
  EXPECT_EQ(fault_of("slope", {1.2, 1.1, 1.3, 10, "x", ""}, false), "");
  EXPECT_NE(fault_of("a", {std::nan(""), {}, {}, 10, "x", ""}, true).find("not finite"), std::string::npos);
  EXPECT_NE(fault_of("a", {{}, {}, {}, 10, "x", ""}, true).find("reason"), std::string::npos);
  Evaluation e = evaluate(table_of(kTable), quick());
  check_numbers(e);
  e.confusion[0][0] += 1;
  EXPECT_NE(error_of([&] { check_numbers(e); }).find("counts 7 of 6"), std::string::npos);
  e.confusion[0][0] -= 1;
  e.strata[0].n += 1;
  EXPECT_NE(error_of([&] { check_numbers(e); }).find("the strata of"), std::string::npos);
}

TEST(Figures, AllAreDrawnAndHoldTheirNumbers) {
  const PredictionTable t = table_of(kTable);
  const Evaluation e = evaluate(t, quick());
  const auto figures = evaluation_figures(t, e, curves_of(t, quick()));
  std::vector<std::string> names;
  for (const NamedDrawing& figure : figures) {
    names.push_back(figure.name);
    EXPECT_FALSE(parse_csv(figure.drawing.csv, figure.name).rows.empty()) << figure.name;
    EXPECT_EQ(figure.drawing.csv.find(",nan"), std::string::npos) << figure.name;
    EXPECT_FALSE(svg_of(figure.drawing.figure).empty());
  }
  EXPECT_EQ(
      names,
      (std::vector<std::string>{
          "confusion", "roc", "precision_recall", "calibration", "decision_curve", "strata_accuracy", "strata_auc"}));
  const TemporaryFolder folder;
  write_drawings(figures, folder.path() / "figures");
  EXPECT_TRUE(fs::exists(folder.path() / "figures" / "roc.pdf"));
}

TEST(Figures, DegenerateTablesAreDrawn) {
  for (const char* rows : {"1,benign,.9,.1,5,x,benign\n",                                // one case
                           "1,benign,.5,.5,5,x,benign\n2,malignant,.5,.5,5,x,benign\n",  // ties everywhere
                           "1,benign,1,0,5,x,benign\n2,malignant,0,1,5,x,benign\n"}) {   // perfect separation
    const PredictionTable t = table_of(std::string(kHead) + rows);
    const Evaluation e = evaluate(t, quick());
    check_numbers(e);
    for (const NamedDrawing& figure : evaluation_figures(t, e, curves_of(t, quick())))
      EXPECT_FALSE(png_of(figure.drawing.figure).empty()) << figure.name;
    EXPECT_EQ(csv_from_evaluation(e).find(",nan"), std::string::npos);
  }
}

TEST(LilnetStyle, TableOfSizesAddsUp) {
  const auto cells = size_table(table_of(kTable));
  ASSERT_EQ(cells.size(), 12u);
  EXPECT_EQ(cells[0].n, 2);      // benign below 1 cm
  EXPECT_EQ(cells[1].n, 0);      // malignant below 1 cm
  EXPECT_EQ(cells[5].n, 2);      // all of 1 to 3 cm
  EXPECT_EQ(cells[5].right, 2);  // both
  EXPECT_EQ(cells[10].right, 0);
  const std::string text = lilnet_tables(table_of(kTable), quick(), {});
  EXPECT_NE(text.find("| <1 cm | 100.0%/2 | none/0 | 100.0%/2 |"), std::string::npos) << text;
  EXPECT_NE(text.find("| benign, malignant | junior | 6 | 66.7"), std::string::npos) << text;
}

TEST(LilnetStyle, PanelsByCentreAndPhase) {
  std::string text = kTable;
  text.replace(text.find("reader_junior"), 13, "center");
  const PredictionTable t = table_of(text);  // the readers' diagnoses as two centres
  const Evaluation e = evaluate(t, quick());
  const auto figures = lilnet_figures(t, e, curves_of(t, quick()), quick(), {true});
  ASSERT_EQ(figures.size(), 3u);
  EXPECT_EQ(figures[0].name, "fig2");
  EXPECT_EQ(figures[1].name, "fig3");
  EXPECT_EQ(figures[2].name, "fig4");
  EXPECT_NE(figures[2].drawing.csv.find("arterial (n = 3)"), std::string::npos);
  // Centre "benign": cases 1, 4 and 6, of which 4 is malignant and was called benign.
  EXPECT_NE(figures[1].drawing.csv.find("malignant (n = 1),benign,1,1"), std::string::npos) << figures[1].drawing.csv;
}

TEST(Figures, SayTheirConfidence) {
  EvaluationOptions options = quick();
  options.bootstrap.confidence = 0.9;
  const PredictionTable t = table_of(kTable);
  const Evaluation e = evaluate(t, options);
  EXPECT_NE(svg_of(evaluation_figures(t, e, curves_of(t, options))[1].drawing.figure).find("90% band"),
            std::string::npos);
  EXPECT_EQ(e.calibration[3].observed.method, "Wilson 90%");
}

TEST(Checklists, SayWhatIsKnownAndWhatIsNot) {
  const PredictionTable t = table_of(kTable);
  const nlohmann::json json = json_from_evaluation(evaluate(t, quick()), t, quick());
  for (const std::string& name : checklist_names()) {
    const std::string text = checklist(name, json, "Hepatica");
    EXPECT_NE(text.find("6 cases of 6 patients or clusters: benign 3, malignant 3"), std::string::npos) << name;
    EXPECT_NE(text.find("to be filled in by the authors"), std::string::npos) << name;
    EXPECT_EQ(text.find(" nan"), std::string::npos);
  }
}

TEST(Features, AreReadScaledAndPlaced) {
  std::string text = "case_id,truth,f0,f1\n";
  for (int i = 0; i < 12; ++i) text += std::to_string(i) + (i < 6 ? ",a," : ",b,") + std::to_string(i) + ",7\n";
  const FeatureTable table = features_from_table(parse_csv(text, "f.csv"));
  EXPECT_EQ(table.dimensions, 2u);
  stats::TsneOptions options;
  options.iterations = 50;
  const auto places = embed_features(table, options);
  EXPECT_EQ(parse_csv(embedding_csv(table, places), "e").rows.size(), 12u);
  EXPECT_NE(embedding_figure(table, places).csv.find("a (n = 6)"), std::string::npos);
  EXPECT_NE(error_of([] { features_from_table(parse_csv("case_id,truth,f0\n1,a,x\n", "f.csv")); }).find("line 2: f0"),
            std::string::npos);
  EXPECT_NE(error_of([] { features_from_table(parse_csv("case_id,truth,x\n1,a,1\n", "f.csv")); }).find("no column f0"),
            std::string::npos);
}

}  // namespace
}  // namespace hepatica
