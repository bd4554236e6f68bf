#include "evaluate/learning_curve.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica {
namespace {

TEST(LearningCurve, DrawsLossRateAndFigures) {
  TemporaryFolder folder;
  write_file(folder.path() / "metrics.csv",
             "epoch,learning_rate,loss,score,recall\n1,0.01,2.5,,\n2,0.01,1.5,0.4,0.3\n3,0.001,1.25,0.6,0.5\n");
  write_learning_curve("detect", folder.path());
  const std::string svg = read_file(folder.path() / "learning_curve.svg");
  EXPECT_NE(svg.find("Training of detect: loss 2.5 at epoch 1, 1.25 at epoch 3"), std::string::npos);
  EXPECT_EQ(read_file(folder.path() / "learning_curve.png").substr(1, 3), "PNG");
  write_learning_curve("detect", folder.path());
  EXPECT_EQ(read_file(folder.path() / "learning_curve.svg"), svg);
}

TEST(LearningCurve, ATableOfSomethingElseIsAnError) {
  TemporaryFolder folder;
  write_file(folder.path() / "metrics.csv", "epoch,learning_rate,loss\n1,0.01,high\n");
  try {
    write_learning_curve("detect", folder.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
    EXPECT_NE(std::string(error.what()).find("'high'"), std::string::npos);
  }
}

}  // namespace
}  // namespace hepatica
