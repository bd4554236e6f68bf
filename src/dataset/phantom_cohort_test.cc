#include "dataset/phantom_cohort.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "base/error.h"
#include "phantom/growth.h"

namespace hepatica {
namespace {

/// Cohorts of pictures as small as they get.
CohortOptions tiny(const std::string& cohort, size_t patients) {
  CohortOptions options;
  options.cohort = cohort;
  options.patients = patients;
  options.phases = {Phase::portal_venous};
  options.scan.matrix = 16;
  options.scan.slice_spacing_mm = 50;
  return options;
}

std::map<std::string, int> diagnoses(const nlohmann::json& summary) {
  std::map<std::string, int> counts;
  for (const auto& patient : summary.at("patients")) ++counts[patient.at("diagnosis").get<std::string>()];
  return counts;
}

TEST(WriteCohort, ChildrenHaveTypesAgesAndSexOfTheirOwn) {
  const TemporaryFolder folder;
  const nlohmann::json summary = write_cohort(folder.path() / "c", tiny("pediatric_test", 9));
  EXPECT_EQ(diagnoses(summary).size(), 9u);  // one of each type
  for (const auto& patient : summary.at("patients")) {
    const auto type = phantom::lesion_type_from_name(patient.at("diagnosis").get<std::string>());
    const phantom::ChildhoodLesion& lesion = *phantom::childhood_lesion(*type);
    EXPECT_GE(patient.at("age_years").get<double>(), lesion.age_years.low - 0.01);
    EXPECT_LE(patient.at("age_years").get<double>(), lesion.age_years.high);
    EXPECT_TRUE(patient.at("sex") == "F" || patient.at("sex") == "M");
  }
  std::istringstream table(read_file(folder.path() / "c" / "manifest.csv"));
  std::string header;
  std::getline(table, header);
  EXPECT_TRUE(header.ends_with(",seed,age_years,sex")) << header;
}

TEST(WriteCohort, RareTypesComeByTheirShare) {
  const TemporaryFolder folder;
  CohortOptions options = tiny("pediatric_test", 40);
  options.shares = {{"uesl", 0.05}, {"hepatoblastoma", 0.55}};
  options.scan.slice_spacing_mm = 300;
  const auto counts = diagnoses(write_cohort(folder.path() / "c", options));
  EXPECT_NEAR(counts.at("uesl"), 2, 1);  // turns are never further from the shares than one
  EXPECT_NEAR(counts.at("hepatoblastoma"), 22, 1);
}

TEST(WriteCohort, TypesOfAnotherCohortAndImpossibleSharesAreRefused) {
  const TemporaryFolder folder;
  CohortOptions options = tiny("pediatric_test", 2);
  options.type = "icc";
  EXPECT_THROW(write_cohort(folder.path() / "a", options), Error);
  options.type = "";
  options.shares = {{"uesl", 0.7}, {"fnh", 0.7}};
  EXPECT_THROW(write_cohort(folder.path() / "b", options), Error);
  options = tiny("test", 2);
  options.type = "hepatoblastoma";
  EXPECT_THROW(write_cohort(folder.path() / "c", options), Error);
}

TEST(WriteCohort, AdultsTakeTurnsAsTheyDid) {
  const TemporaryFolder folder;
  const nlohmann::json summary = write_cohort(folder.path() / "c", tiny("test", 7));
  const std::vector<std::string> expected{"hcc", "icc", "metastasis", "fnh", "hemangioma", "cyst", "hcc"};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(summary.at("patients")[i].at("diagnosis"), expected[i]);
}

}  // namespace
}  // namespace hepatica
