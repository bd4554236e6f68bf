// Reader studies on twelve cases, counted by hand.
#include "evaluate/reader_study.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "evaluate/reader_figures.h"

namespace hepatica {
namespace {

const std::string kTruth = "111111000000";  // 1: malignant
const std::map<std::string, std::string> kSaid{
    {"AI", "111110000001"}, {"R1", "111100000000"}, {"R2", "110110010100"}, {"R3", "101111110000"}};

std::string label(char c) { return c == '1' ? "malignant" : "benign"; }

ReadingTable study() {
  std::string csv = "case_id,truth,reader,reading,level\n";
  for (const auto& [reader, said] : kSaid)
    for (size_t i = 0; i < said.size(); ++i)
      csv += csv_line({fmt::format("c{}", i + 1),
                       label(kTruth[i]),
                       reader,
                       label(said[i]),
                       reader == "AI"   ? ""
                       : reader == "R1" ? "senior"
                                        : "junior"});
  return readings_from_table(parse_csv(csv, "r.csv"), {});
}

ReaderStudyOptions with_ai() {
  ReaderStudyOptions options;
  options.bootstrap.resamples = 200;
  options.ai = "AI";
  return options;
}

double value_of(const std::vector<stats::NamedEstimate>& estimates, const std::string& name) {
  for (const auto& named : estimates)
    if (named.name == name) return named.estimate.value.value_or(-1);
  return -2;
}

std::string error_of(const std::string& text, const std::vector<std::string>& order = {}) {
  try {
    readings_from_table(parse_csv(text, "r.csv"), order);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
    return error.what();
  }
  return "no error";
}

TEST(ReadingTable, NamesRowAndMend) {
  const std::string head = "case_id,truth,reader,reading,confidence,level\n";
  const std::string text = error_of(head +
                                    "1,a,R,a,.5,x\n1,b,S,a,.5,x\n2,b,R,b,high,x\n3,a,R,a,.5,y\n1,a,R,a,.5,x\n,a,R,a,,\n"
                                    "4,a,R,,.2,x\n");
  EXPECT_NE(text.find("line 3: case '1' has the truth 'b' here and 'a' in line 2"), std::string::npos) << text;
  EXPECT_NE(text.find("line 4: confidence is 'high'"), std::string::npos);
  EXPECT_NE(text.find("line 5: reader 'R' has the level 'y' here and 'x' before"), std::string::npos);
  EXPECT_NE(text.find("line 6: reader 'R' has read case '1' already in line 2"), std::string::npos);
  EXPECT_NE(text.find("line 7: case_id is empty"), std::string::npos);
  EXPECT_NE(text.find("line 8: reading is empty"), std::string::npos);
  EXPECT_NE(error_of("case_id,truth,reader\n").find("no column 'reading'"), std::string::npos);
  EXPECT_NE(error_of(head).find("no rows"), std::string::npos);
  EXPECT_NE(error_of(head + "1,a,R,a,,\n").find("fewer than two classes"), std::string::npos);
  EXPECT_NE(error_of(head + "1,a,R,c,,\n", {"a", "b"}).find("'c' is none of the classes a, b"), std::string::npos);
}

TEST(ReadingTable, WarnsOfClassesOfOneSideOnly) {
  const ReadingTable t =
      readings_from_table(parse_csv("case_id,truth,reader,reading\n1,a,R,a\n2,b,R,a\n3,a,R,typo\n", "r.csv"), {});
  ASSERT_EQ(t.warnings.size(), 2u);
  EXPECT_EQ(t.warnings[0], "no reader ever said 'b', which cases have");
  EXPECT_EQ(t.warnings[1], "no case has the class 'typo'");
}

TEST(ReaderStudy, ScoresPerReaderAndLevel) {
  const ReaderStudyResult r = analyse_readers(study(), with_ai());
  EXPECT_EQ(r.positive, "malignant");
  ASSERT_EQ(r.scores.size(), 7u);  // AI, three readers, two levels, all
  EXPECT_EQ(r.scores[0].reader, "AI");
  EXPECT_NEAR(value_of(r.scores[0].estimates, "accuracy"), 10.0 / 12, 1e-12);
  EXPECT_NEAR(value_of(r.scores[1].estimates, "sensitivity"), 4.0 / 6, 1e-12);
  EXPECT_NEAR(value_of(r.scores[1].estimates, "ppv"), 1, 1e-12);
  EXPECT_EQ(r.scores[4].level, "junior");
  EXPECT_EQ(r.scores[4].n, 24);
  EXPECT_NEAR(value_of(r.scores[4].estimates, "accuracy"), 17.0 / 24, 1e-12);
  EXPECT_NEAR(value_of(r.scores[6].estimates, "accuracy"), 27.0 / 36, 1e-12);
  for (const ReaderScore& score : r.scores)
    for (const auto& named : score.estimates)
      EXPECT_TRUE(named.estimate.lower || !named.estimate.reason.empty()) << score.reader << named.name;
}

TEST(ReaderStudy, AgreementByHand) {
  const ReaderStudyResult r = analyse_readers(study(), with_ai());
  ASSERT_EQ(r.agreement.size(), 3u);
  const int64_t expected[3][4] = {{9, 1, 1, 1}, {7, 3, 1, 1}, {7, 3, 2, 0}};
  for (size_t i = 0; i < 3; ++i) {
    const stats::PairedCounts& c = r.agreement[i].counts;
    EXPECT_EQ(c.both, expected[i][0]) << i;
    EXPECT_EQ(c.only_first, expected[i][1]) << i;
    EXPECT_EQ(c.only_second, expected[i][2]) << i;
    EXPECT_EQ(c.neither, expected[i][3]) << i;
  }
  EXPECT_DOUBLE_EQ(*r.agreement[1].exact.p, .625);  // 2 (1 + 4) / 16
  EXPECT_EQ(*r.agreement[1].holm, 1);
  ASSERT_EQ(r.cohen.size(), 6u);
  EXPECT_EQ(r.cohen[3].first + r.cohen[3].second, "R1R2");
  EXPECT_NEAR(*r.cohen[3].kappa.estimate.value, 1.0 / 3, 1e-12);  // 8/12 observed, 1/2 expected
  ASSERT_EQ(r.fleiss.size(), 2u);                                 // all, juniors
  EXPECT_NEAR(*r.fleiss[0].kappa.estimate.value, 142.0 / 646, 1e-12);
  EXPECT_EQ(r.fleiss[1].readers, 2);
}

TEST(ReaderStudy, ReadersAtLargeAgainstTheMethod) {
  const ReaderStudyResult r = analyse_readers(study(), with_ai());
  ASSERT_EQ(r.method_analyses.size(), 1u);
  EXPECT_EQ(r.method_analyses[0].merit, "accuracy");
  EXPECT_NEAR(*r.method_analyses[0].result.random_both.difference.value, 27.0 / 36 - 10.0 / 12, 1e-12);
  ASSERT_EQ(r.modality_analyses.size(), 1u);
  EXPECT_NEAR(*r.modality_analyses[0].obuchowski_rockette.random_both.means[0].mean.value, .75, 1e-12);
  EXPECT_NE(r.modality_analyses[0].obuchowski_rockette.random_both.test.reason.find("one modality"), std::string::npos);
}

TEST(ReaderStudy, CombinedByHand) {
  const ReaderStudyResult r = analyse_readers(study(), with_ai());
  std::map<std::string, double> accuracy;
  for (const CombinedReading& one : r.combined)
    accuracy[one.reader + "|" + one.rule] = value_of(one.estimates, "accuracy");
  EXPECT_NEAR(accuracy.at("R1|positive where either says so"), 10.0 / 12, 1e-12);
  EXPECT_NEAR(accuracy.at("R1|positive where both say so"), 10.0 / 12, 1e-12);
  EXPECT_NEAR(accuracy.at("R1|right where either is (upper bound)"), 11.0 / 12, 1e-12);
  EXPECT_NEAR(accuracy.at("|majority of readers"), 10.0 / 12, 1e-12);
  EXPECT_NEAR(
      accuracy.at("|majority of readers and method"), 11.0 / 12, 1e-12);  // the tie of case 8 goes to the method
}

TEST(ReaderStudy, ConfidencesModalitiesAndPredictions) {
  std::string csv = "case_id,truth,reader,reading,confidence,modality\n";
  for (const char* modality : {"unaided", "aided"})
    for (const char* reader : {"R1", "R2", "R3"})
      for (size_t i = 0; i < 12; ++i) {
        const char said = modality[0] == 'a' && i < 3 ? '1' : kSaid.at(reader)[i];
        csv += csv_line(
            {fmt::format("c{}", i + 1), label(kTruth[i]), reader, label(said), i % 3 == 0 ? "50" : "90", modality});
      }
  const ReadingTable readings = readings_from_table(parse_csv(csv, "r.csv"), {});
  EXPECT_TRUE(readings.has_confidence);
  std::string predictions = "case_id,truth,prob_benign,prob_malignant\n";
  for (size_t i = 12; i-- > 0;)
    predictions += csv_line({fmt::format("c{}", i + 1),
                             label(kTruth[i]),
                             kSaid.at("AI")[i] == '1' ? "0.25" : "0.75",
                             kSaid.at("AI")[i] == '1' ? "0.75" : "0.25"});
  const ReadingTable table = with_method(readings, predictions_from_table(parse_csv(predictions, "p.csv")), "AI");
  ReaderStudyOptions options = with_ai();
  options.unsure = 60;
  const ReaderStudyResult r = analyse_readers(table, options);
  ASSERT_EQ(r.modality_analyses.size(), 2u);  // accuracy and AUC
  EXPECT_EQ(r.modality_analyses[1].merit, "auc");
  EXPECT_TRUE(r.modality_analyses[0].obuchowski_rockette.random_both.pairs[0].test.p);
  EXPECT_NEAR(*r.modality_analyses[1].dorfman_berbaum_metz.random_both.p,
              *r.modality_analyses[1].obuchowski_rockette.random_both.test.p,
              1e-9);
  EXPECT_EQ(r.method_analyses.size(), 4u);
  EXPECT_EQ(r.agreement.size(), 6u);
  EXPECT_EQ(r.agreement[0].counts.both, 9);
  // The AI's ratings are -.75 and .75: sensitivity 5/6, specificity 5/6, so that the AUC is 5/6 by the trapezoid.
  EXPECT_NEAR(value_of(r.scores[0].estimates, "auc"), 5.0 / 6, 1e-12);
  // R1 unaided rates malignant 50, 90, 90, 50, -90, -90 and benign -50, -90, -90, -50, -90, -90: 4 of 6 above all, and
  // the two at -90 tie with four and lose to two.
  EXPECT_EQ(r.scores[1].reader, "R1");
  EXPECT_NEAR(value_of(r.scores[1].estimates, "auc"), (4 * 6 + 2 * 4 * .5) / 36, 1e-12);
  // Below 60 are cases 1, 4, 7 and 10, on which the AI is right: nothing is lost.
  for (const CombinedReading& one : r.combined) {
    if (!one.rule.starts_with("the method's below")) continue;
    EXPECT_EQ(one.counts.only_second, 0) << one.reader;
  }
  const nlohmann::json json = json_from_readers(r, table, options);
  EXPECT_EQ(json["mrmc"].size(), 2u);
  EXPECT_EQ(json["ai"], "AI");
  EXPECT_EQ(json["agreement"][0]["only_ai"], 1);
  EXPECT_GT(parse_csv(readers_csv(r), "readers.csv").rows.size(), 100u);
  EXPECT_EQ(parse_csv(agreement_csv(r, "AI"), "agreement.csv").rows.size(), 6u + 12 + 2);
  EXPECT_TRUE(agreement_figure(r, "AI"));
  EXPECT_FALSE(readers_roc_figure(r, table, options).csv.empty());
}

TEST(ReaderStudy, RefusesWhatDoesNotFit) {
  const ReadingTable table = study();
  ReaderStudyOptions options = with_ai();
  options.ai = "none";
  EXPECT_THROW(analyse_readers(table, options), Error);
  options = with_ai();
  options.unsure = 1;
  EXPECT_THROW(analyse_readers(table, options), Error);
  const PredictionTable other = predictions_from_table(
      parse_csv("case_id,truth,prediction\nc1,benign,malignant\nc2,malignant,malignant\n", "p.csv"));
  try {
    with_method(table, other, "B");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("p.csv: case 'c1' has the truth 'benign', and 'malignant' in r.csv"),
              std::string::npos);
    EXPECT_NE(std::string(error.what()).find("p.csv: case 'c3' of r.csv is missing"), std::string::npos);
  }
  EXPECT_THROW(with_method(table, other, "R1"), Error);
}

TEST(ReaderStudy, ProbabilitiesForConfidencesAreSuspected) {
  const ReadingTable t = readings_from_table(
      parse_csv("case_id,truth,reader,reading,confidence\n1,benign,R,benign,.1\n2,benign,R,malignant,.6\n"
                "3,malignant,R,malignant,.9\n4,malignant,R,benign,.4\n",
                "r.csv"),
      {});
  ReaderStudyOptions options;
  options.bootstrap.resamples = 100;
  const ReaderStudyResult asked = analyse_readers(t, options);
  ASSERT_EQ(asked.warnings.size(), 1u);
  EXPECT_NE(asked.warnings[0].find("--confidence-means positive"), std::string::npos);
  options.confidence_of_positive = true;
  const ReaderStudyResult told = analyse_readers(t, options);
  EXPECT_TRUE(told.warnings.empty());
  EXPECT_DOUBLE_EQ(value_of(told.scores[0].estimates, "auc"), .75);  // of four pairs only .6 against .4 is wrong
  EXPECT_DOUBLE_EQ(value_of(asked.scores[0].estimates, "auc"), .5);  // -.1, .6 against .9, -.4
}

TEST(ReaderStudy, IncompleteReadingsAreCountedAndSaid) {
  const ReadingTable t = readings_from_table(parse_csv("case_id,truth,reader,reading\n1,a,R,a\n2,b,R,b\n3,b,R,b\n"
                                                       "1,a,S,b\n2,b,S,b\n4,a,S,a\n",
                                                       "r.csv"),
                                             {});
  ReaderStudyOptions options;
  options.bootstrap.resamples = 100;
  const ReaderStudyResult r = analyse_readers(t, options);
  EXPECT_TRUE(r.agreement.empty());
  EXPECT_FALSE(agreement_figure(r, ""));
  EXPECT_EQ(r.cohen[0].kappa.estimate.n, 2);
  EXPECT_EQ(r.modality_analyses[0].n, 2);
  ASSERT_FALSE(r.warnings.empty());
  EXPECT_NE(r.warnings.back().find("2 of 4 cases"), std::string::npos);
}

}  // namespace
}  // namespace hepatica
