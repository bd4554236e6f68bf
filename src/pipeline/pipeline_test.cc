#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "pipeline/gate.h"
#include "stages/segment/study_of_two_test.h"

namespace hepatica {
namespace {

Recipe recipe_from(const std::string& text) {
  const TemporaryFolder folder;
  write_file(folder.path() / "r.yaml", text);
  return read_recipe(load_recipe((folder.path() / "r.yaml").string(), installed_folders("recipes")));
}

std::string mistake_in(const std::string& text) {
  try {
    recipe_from(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_recipe);
    return error.what();
  }
  return "none";
}

TEST(ReadRecipe, TheShippedOne) {
  const Recipe recipe = read_recipe(load_recipe("lilnet2024", installed_folders("recipes")));
  EXPECT_EQ(recipe.name, "lilnet2024");
  EXPECT_EQ(recipe.phases, (std::vector<Phase>{Phase::arterial, Phase::portal_venous}));
  ASSERT_EQ(recipe.classes.size(), 2u);
  EXPECT_EQ(recipe.classes[0].first, "benign");
  EXPECT_EQ(recipe.classes[1].second, (std::vector<std::string>{"hcc", "icc", "metastasis"}));
  EXPECT_EQ(recipe.models.at("benign_malignant").back(), "Time_BM.pth.tar");
  EXPECT_EQ(recipe.age.least_years, 18);
  const std::vector<ReportClass> classes = report_classes(recipe);
  ASSERT_EQ(classes.size(), 6u);
  EXPECT_FALSE(classes[2].malignant);
  EXPECT_TRUE(classes[3].malignant);
}

TEST(ReadRecipe, AgeLimitsAreCompletedYears) {
  const AgeLimits adults{18, 150}, children{0, 17};
  EXPECT_TRUE(adults.hold(18) && adults.hold(90));
  EXPECT_FALSE(adults.hold(17.99));
  EXPECT_TRUE(children.hold(0.02) && children.hold(17.99));
  EXPECT_FALSE(children.hold(18));
  EXPECT_EQ(adults.text(), "from 18 years");
  EXPECT_EQ(children.text(), "up to 17 years");
  EXPECT_FALSE(AgeLimits{}.limited());
  EXPECT_NE(mistake_in("inherits: lilnet2024\npatients: {most_age_years: 12}\n").find("most_age_years"),
            std::string::npos);
}

TEST(ReadRecipe, TheOneForChildrenTakesNoAdults) {
  const Recipe recipe = read_recipe(load_recipe("pediatric_liver2025", installed_folders("recipes")));
  EXPECT_EQ(recipe.phases.size(), 4u);
  EXPECT_EQ(report_classes(recipe).size(), 9u);
  EXPECT_TRUE(recipe.age.hold(0.1));
  EXPECT_FALSE(recipe.age.hold(30));
}

TEST(ReadRecipe, NamesTheMistake) {
  EXPECT_NE(mistake_in("inherits: lilnet2024\nstages:\n  link: {options: {gap: 3}}\n").find("gap"), std::string::npos);
  EXPECT_NE(mistake_in("inherits: lilnet2024\nstages:\n  detect: {component: rcnn}\n").find("yolov8"),
            std::string::npos);
  EXPECT_NE(mistake_in("inherits: lilnet2024\nphases: [early]\n").find("early"), std::string::npos);
  EXPECT_NE(mistake_in("inherits: lilnet2024\nstage: {}\n").find("stage"), std::string::npos);
  EXPECT_NE(mistake_in("inherits: lilnet2024\nstages:\n  segment: {options: {threshold: 2}}\n").find(":3"),
            std::string::npos);
}

TEST(Models, MissingOnesAreNamed) {
  const Recipe recipe = read_recipe(load_recipe("lilnet2024", installed_folders("recipes")));
  const TemporaryFolder folder;
  Models models(recipe, {folder.path()}, {});
  try {
    models.load("benign", nullptr);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_NE(std::string(error.what()).find("Time_B.pth.tar"), std::string::npos);
  }
}

TEST(Gate, TimesAndNamesTheStage) {
  Timings timings;
  EXPECT_EQ(run_stage(
                "one", timings, [] { return 7; }, [](int) {}),
            7);
  ASSERT_EQ(timings.size(), 1u);
  EXPECT_EQ(timings[0].first, "one");
  try {
    run_stage(
        "two", timings, []() -> int { throw Error(ErrorCode::bad_values, "nan"); }, [](int) {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("two"), std::string::npos);
    EXPECT_EQ(error.code(), ErrorCode::bad_values);
  }
}

TEST(Gate, ChecksResults) {
  PreprocessedStudy study = study_of_two();
  EXPECT_THROW(verify_livers(study), Error);  // no masks yet
  EXPECT_NO_THROW(verify_detections(study, {{0, 2, {0, 0, 8, 8}, 1}}));
  EXPECT_THROW(verify_detections(study, {{0, 3, {0, 0, 8, 8}, 1}}), Error);
  EXPECT_THROW(verify_detections(study, {{0, 0, {0, 0, 9, 8}, 1}}), Error);
  EXPECT_THROW(verify_detections(study, {{2, 0, {0, 0, 8, 8}, 1}}), Error);
  HierarchyPrediction prediction{{{"benign", 0.5}, {"malignant", 0.5}}, {{"hcc", 0.6}, {"cyst", 0.3}}, "hcc"};
  EXPECT_THROW(verify_probabilities(prediction), Error);
}

}  // namespace
}  // namespace hepatica
