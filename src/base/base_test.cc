#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/input_file.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/threads.h"

namespace hepatica {
namespace {

template <class Body>
Error error_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return Error(ErrorCode::internal, "");
}

TEST(Error, ContextComesFirstAndTheCodeStays) {
  const Error error = Error(ErrorCode::bad_format, "truncated").with_context("a.dcm");
  EXPECT_EQ(error.code(), ErrorCode::bad_format);
  EXPECT_STREQ(error.what(), "a.dcm: truncated");
}

TEST(Error, ExitStatusesAreDistinct) {
  std::set<int> statuses;
  for (const auto& row : kErrorCodes) statuses.insert(row.exit_status);
  EXPECT_EQ(statuses.size(), kErrorCodes.size());
  EXPECT_EQ(statuses.count(0), 0u);
}

TEST(Rng, EqualSeedsGiveEqualStreamsAndForksDoNotAdvance) {
  Rng a(5), b(5);
  EXPECT_EQ(a.fork(3).next(), b.fork(3).next());
  EXPECT_NE(a.fork(3).next(), a.fork(4).next());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
}

TEST(Rng, MomentsOfTheDistributions) {
  Rng rng(1);
  const int n = 200000;
  double normal = 0, squares = 0, beta = 0;
  for (int i = 0; i < n; ++i) {
    const double x = rng.normal();
    normal += x / n;
    squares += x * x / n;
    beta += rng.beta(2, 6) / n;
  }
  EXPECT_NEAR(normal, 0, 0.01);
  EXPECT_NEAR(squares, 1, 0.02);
  EXPECT_NEAR(beta, 0.25, 0.005);  // a / (a + b)
}

TEST(Rng, IntegersCoverBothEnds) {
  Rng rng(9);
  std::set<int64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(rng.integer(-1, 2));
  EXPECT_EQ(seen, (std::set<int64_t>{-1, 0, 1, 2}));
}

TEST(Files, NaturalOrder) {
  EXPECT_TRUE(natural_less("2.jpg", "10.jpg"));
  EXPECT_TRUE(natural_less("IMG-0002-00001_0", "IMG-0002-00001_1"));
  EXPECT_FALSE(natural_less("a10", "a9"));
  EXPECT_TRUE(natural_less("a01", "a1") != natural_less("a1", "a01"));
}

TEST(Files, Sha256OfAbc) {  // FIPS 180-2, appendix B.1
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Files, AFailedWriteLeavesNothing) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "out.txt";
  EXPECT_THROW(write_file_with(path,
                               [](const fs::path& temporary) {
                                 std::ofstream(temporary) << "half";
                                 throw Error(ErrorCode::write_failed, "disk full");
                               }),
               Error);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Files, OutputFolderAppearsOnlyOnCommit) {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "out";
  {
    OutputFolder output(out);
    write_file(output.staging() / "a.txt", "a");
  }
  EXPECT_FALSE(fs::exists(out));
  {
    OutputFolder output(out);
    write_file(output.staging() / "a.txt", "a");
    output.commit();
  }
  EXPECT_EQ(read_file(out / "a.txt"), "a");
  EXPECT_EQ(std::distance(fs::directory_iterator(out), fs::directory_iterator()), 1);
}

TEST(InputFile, ReadsAnywhereAndTellsWhereTheFileEnds) {
  const TemporaryFolder folder;
  write_file(folder.path() / "digits", "0123456789");
  const InputFile file(folder.path() / "digits");
  EXPECT_EQ(file.size(), 10u);
  std::string bytes(4, ' ');
  EXPECT_EQ(file.read(3, bytes.data(), 4), 4u);
  EXPECT_EQ(bytes, "3456");
  EXPECT_EQ(file.read(8, bytes.data(), 4), 2u);
  EXPECT_EQ(file.read(20, bytes.data(), 4), 0u);
  EXPECT_EQ(error_of([&] { InputFile(folder.path() / "missing"); }).code(), ErrorCode::not_found);
  EXPECT_EQ(error_of([&] { InputFile(folder.path()); }).code(), ErrorCode::not_found);
}

TEST(Threads, EveryItemOnceAndErrorsPassOn) {
  set_thread_count(3);
  std::vector<std::atomic<int>> hits(1000);
  parallel_for(hits.size(), [&](size_t i) { ++hits[i]; });
  for (const auto& hit : hits) EXPECT_EQ(hit, 1);
  EXPECT_THROW(parallel_for(10,
                            [](size_t i) {
                              if (i == 4) throw Error(ErrorCode::bad_values, "four");
                            }),
               Error);
  set_thread_count(0);
}

TEST(Progress, TellsTheTimeLeft) {
  std::vector<ProgressState> states;
  set_progress_sink([&](const ProgressState& state) { states.push_back(state); });
  {
    Progress progress("work", 10);
    for (int i = 0; i < 10; ++i) progress.advance();
  }
  set_progress_sink({});
  ASSERT_EQ(states.size(), 10u);
  EXPECT_EQ(states.back().done, 10u);
  EXPECT_EQ(states.back().remaining_s, 0);
}

class Recipes : public ::testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) {
    write_file(folder_.path() / (name + ".yaml"), text);
    return folder_.path() / (name + ".yaml");
  }
  Block load(const std::string& name) { return load_recipe(name, {folder_.path()}); }
  TemporaryFolder folder_;
};

TEST_F(Recipes, InheritanceMergesMappingsDeeply) {
  write("base", "title: base\nstages:\n  detect: {component: yolov8, options: {confidence: 0.25, iou: 0.5}}\n");
  write("child", "inherits: base\nstages:\n  detect: {options: {iou: 0.7}}\n");
  const Block options = load("child").child("stages").child("detect").child("options");
  EXPECT_EQ(options.node["confidence"].as<double>(), 0.25);
  EXPECT_EQ(options.node["iou"].as<double>(), 0.7);
  EXPECT_EQ(load("child").node["title"].as<std::string>(), "base");
}

TEST_F(Recipes, ACircleIsAnError) {
  write("a", "inherits: b\n");
  write("b", "inherits: a\n");
  EXPECT_EQ(error_of([&] { load("a"); }).code(), ErrorCode::bad_recipe);
}

TEST_F(Recipes, MistakesAreNamedByFileLineAndKey) {
  write("r", "options:\n  level: 40\n  widht: 350\n");
  OptionReader reader(load("r").child("options"));
  EXPECT_EQ(reader.number("level", 0, -1000, 1000), 40);
  reader.number("width", 350, 1, 4000);
  const Error error = error_of([&] { reader.finish(); });
  EXPECT_EQ(error.code(), ErrorCode::bad_recipe);
  EXPECT_NE(std::string(error.what()).find("r.yaml:3: key 'options.widht' is unknown"), std::string::npos)
      << error.what();
}

TEST_F(Recipes, RangesAndTypesAreChecked) {
  write("r", "options:\n  level: 9000\n  mode: loud\n  flag: maybe\n");
  OptionReader reader(load("r").child("options"));
  EXPECT_NE(std::string(error_of([&] { reader.number("level", 0, -1000, 1000); }).what()).find("outside -1000 to 1000"),
            std::string::npos);
  EXPECT_THROW(reader.choice("mode", "a", {"a", "b"}), Error);
  EXPECT_THROW(reader.boolean("flag", true), Error);
  EXPECT_EQ(reader.text("absent", "fallback"), "fallback");
}

TEST_F(Recipes, WhatYamlAllowsAndARecipeDoesNotIsNamedByLine) {
  const std::pair<std::string, std::string> cases[] = {
      {"title: a\nname: \xE9t\xE9\n", "r.yaml:2: this line is not UTF-8"},
      {"name: \xC0\x80\n", "r.yaml:1: this line is not UTF-8"},      // overlong
      {"name: \xED\xA0\x80\n", "r.yaml:1: this line is not UTF-8"},  // a surrogate
      {"? [a, b]\n: 1\n", "r.yaml:1: a key here"},
      {"inherits: {a: 1}\n", "r.yaml:1: key 'inherits'"},
      {"list: &a [*a]\n", "nested too deeply"},
      {"a: [\n", "r.yaml:2: "},
  };
  for (const auto& [text, message] : cases) {
    write("r", text);
    const Error error = error_of([&] { load("r"); });
    EXPECT_EQ(error.code(), ErrorCode::bad_recipe);
    EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
  }
  write("r", "name: \xC3\xA9\xE7\x8E\x8B\xF0\x9F\xA9\xBA\n");
  EXPECT_EQ(load("r").node["name"].as<std::string>().size(), 9u);
}

TEST_F(Recipes, AMissingRecipeNamesTheFolders) {
  const Error error = error_of([&] { load("nowhere"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_NE(std::string(error.what()).find(folder_.path().string()), std::string::npos);
}

}  // namespace
}  // namespace hepatica
