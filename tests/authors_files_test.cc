// A study through `hepatica diagnose` with models under the names and in the forms that LiLNet's authors released (here
// random values, made by python3-torch; skipped with a line where it is missing).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/source_folder.h"

namespace hepatica {
namespace {

using nlohmann::json;

int run(const std::string& command) { return WEXITSTATUS(std::system(command.c_str())); }

/// Of all that random networks find, something is kept, and few crops are classified.
constexpr char kCredulous[] = R"(
inherits: lilnet2024
title: Credulous
stages:
  segment: {options: {least_confidence: 0, smallest_ml: 0, largest_body_part: 1}}
  detect: {options: {confidence: 0.0175, liver: {fraction: 0}, slice_step_mm: 20}}
  link: {options: {least_score: 0, large_least_score: 0, least_size_mm: 0}}
  classify: {options: {images_per_phase: 1}}
  explain: {options: {lesions: 1}}
)";

TEST(AuthorsFiles, DiagnoseTakesThemEndToEnd) {
  if (run("/usr/bin/python3 -c 'import torch' > /dev/null 2>&1") != 0) GTEST_SKIP() << "python3-torch is missing";
  const TemporaryFolder folder;
  const auto at = [&](const std::string& name) { return (folder.path() / name).string(); };
  const auto hepatica = [&](const std::string& arguments) {
    return run(fmt::format("{} {} --quiet > {} 2> {}", HEPATICA_PROGRAM, arguments, at("out"), at("err")));
  };
  fs::create_directories(at("models"));
  ASSERT_EQ(
      run(fmt::format(
          "/usr/bin/python3 -B {}/tests/parity/authors_files.py {} 2> {}", kSourceFolder, at("models"), at("err"))),
      0)
      << read_file(at("err"));
  ASSERT_EQ(hepatica(fmt::format(
                "phantom --out {} --patients 1 --cohort demo --format dicom --seed 7 --slice-spacing 35 --matrix 128",
                at("phantom"))),
            0)
      << read_file(at("err"));
  write_file(at("credulous.yaml"), kCredulous);
  ASSERT_EQ(hepatica(fmt::format("diagnose {}/demo_0001 --models {} --recipe {} --out {} --json",
                                 at("phantom"),
                                 at("models"),
                                 at("credulous.yaml"),
                                 at("report"))),
            0)
      << read_file(at("err"));
  const json report = json::parse(read_file(folder.path() / "report" / "report.json"));
  EXPECT_EQ(report["status"], "lesions");
  std::map<std::string, std::string> models;
  for (const auto& model : report["provenance"]["models"]) models[model["role"]] = model["file"];
  EXPECT_EQ(models["detect"], "best.pt");
  EXPECT_EQ(models["benign_malignant"], "Time_BM.pth.tar");
  EXPECT_EQ(models["benign"], "Time_B.pth.tar");
  EXPECT_EQ(models["malignant"], "Time_M.pth.tar");
  EXPECT_EQ(models["segment"], "segment.safetensors");  // the authors released none: the shipped one
  EXPECT_FALSE(models.count("verify"));                 // which belongs to the shipped detector
  double sum = 0;
  for (const auto& [name, probability] : report["patient"]["probabilities"].items()) sum += probability.get<double>();
  EXPECT_EQ(report["patient"]["probabilities"].size(), 6u);
  EXPECT_NEAR(sum, 1, 1e-6);
}

}  // namespace
}  // namespace hepatica
