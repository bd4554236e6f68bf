#include "evaluate/phase_shapley.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica {
namespace {

// Malignant minus benign logit. Arterial: benign -1, 2; malignant 0, 3: 3 of 4 pairs. Portal: benign 1, -3; malignant
// -1, 2: 3 of 4. Both (means): benign 0, -.5; malignant -.5, 2.5: (-.5 ties with -.5: .5, loses to 0: 0), 2.5 wins
// both: 2.5 of 4.
constexpr char kRows[] =
    "case_id,truth,phase,logit_benign,logit_malignant\n"
    "1,benign,portal_venous,0,1\n"
    "1,benign,arterial,1,0\n"
    "2,benign,arterial,0,2\n"
    "2,benign,portal_venous,3,0\n"
    "3,malignant,arterial,0,0\n"
    "3,malignant,portal_venous,1,0\n"
    "4,malignant,arterial,0,3\n"
    "4,malignant,portal_venous,0,2\n";

EvaluationOptions options() {
  EvaluationOptions o;
  o.bootstrap = {200, 1, .95};
  return o;
}

TEST(PhaseShapley, TwoPhasesByHand) {
  const PhaseShapleyAnalysis analysis = analyse_phases(parse_csv(kRows, "t.csv"), options());
  EXPECT_EQ(analysis.phases, (std::vector<std::string>{"arterial", "portal_venous"}));
  EXPECT_EQ(analysis.without, (std::vector<int64_t>{0, 0}));
  EXPECT_EQ(analysis.auc, "AUC of malignant");
  EXPECT_DOUBLE_EQ(*analysis.shapley.aucs[1].value, .75);
  EXPECT_DOUBLE_EQ(*analysis.shapley.aucs[2].value, .75);
  EXPECT_DOUBLE_EQ(*analysis.shapley.aucs[3].value, .625);
  // 1/2 (.75 - .5) + 1/2 (.625 - .75) for each.
  EXPECT_DOUBLE_EQ(*analysis.shapley.values[0].value, .0625);
  EXPECT_DOUBLE_EQ(*analysis.shapley.values[1].value, .0625);
  EXPECT_EQ(json_from_phases(analysis)["subsets"][3]["phases"], nlohmann::json({"arterial", "portal_venous"}));
  EXPECT_NE(csv_from_phases(analysis).find("shapley,arterial,0.0625,"), std::string::npos);
  EXPECT_NE(phase_figure(analysis).csv.find("AP + PVP,AUC,0.625,"), std::string::npos);
}

TEST(PhaseShapley, ACaseWithoutAPhaseIsUndecidedThere) {
  // Case 4 loses its arterial row: arterial scores -1, 2 against 0 and undecided (0): 2 of 4 pairs.
  std::string rows = kRows;
  const std::string row = "4,malignant,arterial,0,3\n";
  rows.erase(rows.find(row), row.size());
  const PhaseShapleyAnalysis analysis = analyse_phases(parse_csv(rows, "t.csv"), options());
  EXPECT_EQ(analysis.without, (std::vector<int64_t>{1, 0}));
  EXPECT_DOUBLE_EQ(*analysis.shapley.aucs[1].value, .5);
}

TEST(PhaseShapley, WhatCannotBeShared) {
  const auto refused = [](const std::string& text) {
    try {
      analyse_phases(parse_csv(text, "t.csv"), options());
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  EXPECT_NE(refused("case_id,truth,logit_a,logit_b\n1,a,0,1\n").find("phase"), std::string::npos);
  EXPECT_NE(refused("case_id,truth,prediction,phase\n1,a,b,arterial\n").find("scores"), std::string::npos);
  EXPECT_NE(refused("case_id,truth,phase,logit_a,logit_b\n1,a,,0,1\n").find("line 2"), std::string::npos);
}

}  // namespace
}  // namespace hepatica
