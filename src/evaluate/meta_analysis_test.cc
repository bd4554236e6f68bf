#include "evaluate/meta_analysis.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica {
namespace {

const std::string kFive = "study,TP,FN,FP,TN\nA,40,10,20,80\nB,30,5,12,60\nA,22,8,9,71\nC,55,20,6,90\nD,12,0,5,40\n";

std::string error_of(const std::string& text, const std::string& name_column = "") {
  try {
    studies_from_table(parse_csv(text, "m.csv"), name_column);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
    return error.what();
  }
  return "no error";
}

TEST(StudyTable, NamesLinesAndMend) {
  const std::string head = "study,TP,FN,FP,TN\n";
  const std::string good = "A,4,1,2,8\nB,4,1,2,8\n";
  EXPECT_NE(error_of(head + good).find("2 studies"), std::string::npos);
  EXPECT_NE(error_of(head + good + "C,-4,1,2,8\n").find("line 4: TP is -4; counts are whole"), std::string::npos);
  EXPECT_NE(error_of(head + good + "C,4,1.5,2,8\n").find("line 4: FN is 1.5"), std::string::npos);
  EXPECT_NE(error_of(head + good + "C,4,,2,8\n").find("line 4: FN is missing"), std::string::npos);
  EXPECT_NE(error_of(head + good + "C,0,0,2,8\n").find("line 4: TP + FN is 0"), std::string::npos);
  EXPECT_NE(error_of("study,TP,FN,FP\nA,1,1,1\n").find("no column 'TN'"), std::string::npos);
  EXPECT_NE(error_of(kFive, "paper").find("no column 'paper'"), std::string::npos);
}

TEST(StudyTable, NamesAreToldApart) {
  const StudyTable table = studies_from_table(parse_csv(kFive, "m.csv"));
  EXPECT_EQ(table.names, (std::vector<std::string>{"A (1)", "B", "A (2)", "C", "D"}));
  EXPECT_EQ(table.lines.back(), 6);
  const StudyTable numbered = studies_from_table(parse_csv("TP,FN,FP,TN\n1,2,3,4\n1,2,3,4\n1,2,3,4.0\n", "m.csv"));
  EXPECT_EQ(numbered.names[2], "study 3");
  EXPECT_EQ(numbered.studies[2].true_negative, 4);
}

TEST(MetaAnalysis, EndToEnd) {
  const StudyTable table = studies_from_table(parse_csv(kFive, "m.csv"));
  const MetaAnalysis analysis = analyse_studies(table, {});
  const nlohmann::json json = json_from_meta(analysis, table);
  EXPECT_EQ(json["n"], 5);
  EXPECT_EQ(json["likelihood"], "REML");
  EXPECT_EQ(json["studies"][4]["counts"]["FN"], 0);
  EXPECT_EQ(json["studies"][0]["corrected"], true);  // a count of 0 in one study corrects all
  EXPECT_GT(json["summary"]["sensitivity"]["value"], 0.7);
  EXPECT_FALSE(json["warnings"].empty());
  const auto csvs = csvs_from_meta(analysis, table);
  EXPECT_EQ(parse_csv(csvs[1].text, "studies").rows.size(), 5 * 6u);
  const auto figures = figures_from_meta(analysis, table);
  ASSERT_EQ(figures.size(), 3u);
  EXPECT_NE(figures[1].drawing.csv.find("A (2),22,8"), std::string::npos);
  EXPECT_EQ(draw::svg_of(figures[0].drawing.figure),
            draw::svg_of(figures_from_meta(analysis, table)[0].drawing.figure));
  EXPECT_EQ(rows_from_meta(analysis)[1][0], "sensitivity");
}

TEST(MetaAnalysis, UncorrectedZeroIsNamed) {
  const StudyTable table = studies_from_table(parse_csv(kFive, "m.csv"));
  try {
    analyse_studies(table, {stats::Likelihood::reml, stats::Correction::none, 0.95});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("m.csv: study 5"), std::string::npos) << error.what();
  }
}

TEST(MetaAnalysis, StudiesWithoutSpreadHaveNoCurve) {
  const StudyTable table =
      studies_from_table(parse_csv("TP,FN,FP,TN\n40,10,20,80\n40,10,20,80\n40,10,20,80\n", "m.csv"));
  const MetaAnalysis analysis = analyse_studies(table, {});
  const nlohmann::json json = json_from_meta(analysis, table);
  EXPECT_TRUE(json["hsroc"]["theta"].is_null());
  EXPECT_FALSE(json["sroc"]["area"]["reason"].get<std::string>().empty());
  EXPECT_FALSE(draw::png_of(figures_from_meta(analysis, table)[0].drawing.figure).empty());
}

}  // namespace
}  // namespace hepatica
