// Runs the commands of docs/evaluate.md on the small tables of tests/data/evaluate, in the order of the page.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/csv.h"
#include "base/files.h"
#include "base/source_folder.h"

namespace hepatica {
namespace {

/// The lines of the page's shell blocks.
std::string commands_of(const fs::path& page) {
  std::istringstream text(read_file(page));
  std::string commands;
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("```"))
      inside = line == "```sh";
    else if (inside)
      commands += line + "\n";
  }
  return commands;
}

TEST(EvaluatePage, ItsCommandsRunAndWriteWhatItSays) {
  const fs::path source = kSourceFolder;
  const TemporaryFolder folder;
  fs::copy(source / "tests/data/evaluate", folder.path());
  const std::string commands = commands_of(source / "docs/evaluate.md");
  ASSERT_GE(std::count(commands.begin(), commands.end(), '\n'), 7);
  write_file(folder.path() / "page.sh",
             "set -e\nhepatica() { '" HEPATICA_PROGRAM "' \"$@\" --quiet > last.txt; }\n" + commands);
  ASSERT_EQ(std::system(("cd '" + folder.path().string() + "' && bash page.sh").c_str()), 0);
  for (const char* file : {"runs/benign_malignant/benign_malignant.safetensors",
                           "validation/froc.csv",
                           "first/evaluation.json",
                           "evaluation/evaluation.json",
                           "evaluation/metrics.csv",
                           "evaluation/figures/roc.svg",
                           "evaluation/figures/decision_curve.png",
                           "evaluation/figures/strata_auc.csv",
                           "phases/phase_shapley.csv",
                           "phases/figures/phase_shapley.png",
                           "paper/tables.md",
                           "paper/figures/fig2.pdf",
                           "paper/checklist_claim.md",
                           "detection/figures/froc.svg",
                           "segmentation/cases.csv",
                           "embedding/tsne.csv"})
    EXPECT_TRUE(fs::exists(folder.path() / file)) << file;
  const auto at = nlohmann::json::parse(read_file(folder.path() / "at_threshold/evaluation.json"));
  EXPECT_EQ(at["operating_point"]["chosen_on"]["n"], 20);
  const auto masks = nlohmann::json::parse(read_file(folder.path() / "segmentation/evaluation.json"));
  EXPECT_EQ(masks["metrics"]["dice"]["value"], 1.0);
}

TEST(EvaluateCommand, SameBytesForAnyNumberOfThreads) {
  const fs::path data = fs::path(kSourceFolder) / "tests/data/evaluate";
  const TemporaryFolder folder;
  for (const char* threads : {"1", "3"})
    ASSERT_EQ(std::system(("'" HEPATICA_PROGRAM "' evaluate '" + (data / "predictions_benign_malignant.csv").string() +
                           "' --resamples 300 --seed 5 --quiet --threads " + threads + " --out '" +
                           (folder.path() / threads).string() + "' > /dev/null")
                              .c_str()),
              0);
  for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "1")) {
    if (!entry.is_regular_file()) continue;
    const fs::path name = fs::relative(entry.path(), folder.path() / "1");
    EXPECT_EQ(read_file(entry.path()), read_file(folder.path() / "3" / name)) << name;
  }
}

TEST(EvaluateCommand, WrongInputLeavesNothingBehind) {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "out";
  write_file(folder.path() / "p.csv", "case_id,truth,prob_a,prob_b\n1,a,.5,.6\n");
  const auto run = [&](const std::string& arguments) {
    return WEXITSTATUS(std::system(
        ("'" HEPATICA_PROGRAM "' evaluate " + arguments + " --out '" + out.string() + "' 2> /dev/null").c_str()));
  };
  EXPECT_EQ(run(fmt::format("'{}'", (folder.path() / "p.csv").string())), 11);  // bad_manifest
  EXPECT_EQ(run(""), 2);                                                        // usage: no table
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace hepatica
