// What users give by mistake: each ends with its own code, one line that says what is wrong, and nothing half-written.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "io/dicom_ct_writer.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

struct RunResult {
  int status = -1;
  std::string out, err;
};

/// Code of a name of the error table; -1 where there is none.
int exit_of(ErrorCode code) { return describe(code).exit_status; }

class BadInput : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_.path() / name; }

  /// Runs the program; `prefix` is put before it in the shell.
  RunResult run(const std::string& arguments, const std::string& prefix = "") const {
    const fs::path out = at("stdout.txt"), err = at("stderr.txt");
    const std::string command =
        prefix + "'" + HEPATICA_PROGRAM + "' " + arguments + " --quiet > " + out.string() + " 2> " + err.string();
    const int status = std::system(("sh -c \"" + command + "\"").c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(out), read_file(err)};
  }

  /// The run ends with `code`, says so in one line, and prints nothing as a result.
  void expect_error(const RunResult& result, ErrorCode code, const std::string& words = "") const {
    EXPECT_EQ(result.out, "");
    expect_refusal(result, code, words);
  }

  /// The run ends with `code` and says so; `ingest` has then shown the table with its reasons.
  void expect_refusal(const RunResult& result, ErrorCode code, const std::string& words) const {
    EXPECT_EQ(result.status, exit_of(code)) << result.err;
    EXPECT_NE(result.err.find(fmt::format("[{}]", describe(code).name)), std::string::npos) << result.err;
    EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
    EXPECT_EQ(result.err.find("a defect of this program"), std::string::npos) << result.err;
  }

  /// 12 slices of soft tissue with some noise for one patient.
  void write_series(const fs::path& folder, const std::string& patient) const {
    Geometry grid;
    grid.size = {64, 64, 12};
    grid.spacing = {5, 5, 5};
    CtSeriesOptions options;
    options.patient.id = options.patient.name = patient;
    options.study_seed = patient;
    Volume<int16_t> tissue(grid);
    for (size_t i = 0; i < tissue.values().size(); ++i) tissue.values()[i] = int16_t(int(i * 7919 % 81) - 20);
    write_ct_series(folder, tissue, options);
  }

  TemporaryFolder folder_;
};

TEST_F(BadInput, NoSuchPath) { expect_error(run("ingest " + at("nowhere").string()), ErrorCode::not_found, "nowhere"); }

TEST_F(BadInput, EmptyFolder) {
  fs::create_directories(at("empty"));
  expect_error(run("ingest " + at("empty").string()), ErrorCode::no_images);
}

TEST_F(BadInput, FolderOfText) {
  for (const char* name : {"notes.txt", "README", "table.csv"}) write_file(at("text") / name, "nothing to see\n");
  expect_error(run("ingest " + at("text").string()), ErrorCode::no_images);
}

TEST_F(BadInput, TruncatedDicomAlone) {
  write_series(at("series"), "a");
  const std::string whole = read_file(at("series/CT0001.dcm"));
  write_file(at("cut/CT0001.dcm"), whole.substr(0, whole.size() / 2));
  const RunResult result = run("ingest " + at("cut").string());
  EXPECT_NE(result.status, 0);
  EXPECT_NE(result.status, exit_of(ErrorCode::internal)) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST_F(BadInput, TruncatedDicomAmongOthersStopsNone) {
  write_series(at("series"), "a");
  const std::string whole = read_file(at("series/CT0012.dcm"));
  write_file(at("series/CT0012.dcm"), whole.substr(0, whole.size() / 2));
  const RunResult result = run("ingest --json " + at("series").string());
  ASSERT_EQ(result.status, 0) << result.err;
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["series"][0]["slices"], 11);
  EXPECT_NE(result.out.find("CT0012.dcm"), std::string::npos) << "the broken file is named";
}

TEST_F(BadInput, FlatXray) {
  write_series(at("series"), "a");
  std::string bytes = read_file(at("series/CT0001.dcm"));
  const size_t modality = bytes.find(
      "CS\x02\x00"
      "CT");
  ASSERT_NE(modality, std::string::npos);
  bytes.replace(modality + 4, 2, "DX");
  write_file(at("xray/image.dcm"), bytes);
  expect_refusal(run("ingest " + at("xray").string()), ErrorCode::unsupported, "X-ray");
}

TEST_F(BadInput, TwoPatients) {
  write_series(at("study/one"), "Adams");
  write_series(at("study/two"), "Brown");
  expect_error(run("ingest " + at("study").string()), ErrorCode::mixed_patients);
}

TEST_F(BadInput, BrokenVolume) {
  write_file(at("volume.nii.gz"), "this is no gzip");
  expect_refusal(run("ingest " + at("volume.nii.gz").string()), ErrorCode::no_images, "volume.nii.gz");
}

TEST_F(BadInput, UnknownOptionAndCommand) {
  EXPECT_EQ(run("ingest --no-such-option").status, exit_of(ErrorCode::usage));
  EXPECT_EQ(run("diagnoze").status, exit_of(ErrorCode::usage));
}

TEST_F(BadInput, PredictionsThatDoNotSumToOne) {
  write_file(at("p.csv"), "case_id,truth,prob_a,prob_b\n1,a,.5,.6\n");
  expect_error(
      run("evaluate " + at("p.csv").string() + " --out " + at("out").string()), ErrorCode::bad_manifest, "line 2");
  EXPECT_FALSE(fs::exists(at("out")));
}

TEST_F(BadInput, UnwritableOut) {
  write_file(at("p.csv"), "case_id,truth,prob_a,prob_b\n1,a,.5,.5\n2,b,.4,.6\n");
  write_file(at("file"), "in the way");
  expect_error(run("evaluate " + at("p.csv").string() + " --out " + (at("file") / "out").string()),
               ErrorCode::write_failed);
  EXPECT_EQ(read_file(at("file")), "in the way");
}

TEST_F(BadInput, FullDiskLeavesNothing) {
  std::string table = "case_id,truth,prob_a,prob_b\n";
  for (int i = 0; i < 200; ++i) table += fmt::format("{},{},.{},.{}\n", i, i % 2 ? "a" : "b", 10 + i % 80, 90 - i % 80);
  write_file(at("p.csv"), table);
  // A file size limit of 4 KiB fails writes as a full disk does.
  const RunResult result =
      run("evaluate " + at("p.csv").string() + " --out " + at("out").string(), "trap '' XFSZ; ulimit -f 8; ");
  expect_error(result, ErrorCode::write_failed);
  EXPECT_TRUE(!fs::exists(at("out")) || fs::is_empty(at("out"))) << "something half-written stayed";
}

/// With the shipped models, where this installation has them.
class BadInputOfDiagnose : public BadInput {
 protected:
  void SetUp() override {
    for (const fs::path& folder : installed_folders("models"))
      if (fs::exists(folder / "segment.safetensors")) models_ = folder;
    if (models_.empty()) GTEST_SKIP() << "no shipped models in this installation";
  }
  std::string out() const { return " --out " + at("out").string(); }

  fs::path models_;
};

TEST_F(BadInputOfDiagnose, EmptyFolder) {
  fs::create_directories(at("empty"));
  expect_error(run("diagnose " + at("empty").string() + out()), ErrorCode::no_images);
  EXPECT_FALSE(fs::exists(at("out")));
}

TEST_F(BadInputOfDiagnose, CheckpointOfTheWrongNetwork) {
  fs::create_directories(at("models"));
  for (const auto& entry : fs::directory_iterator(models_))
    fs::copy(entry.path(), at("models") / entry.path().filename(), fs::copy_options::recursive);
  fs::copy_file(models_ / "benign.safetensors", at("models/segment.safetensors"), fs::copy_options::overwrite_existing);
  write_series(at("series"), "a");
  expect_error(run("diagnose " + at("series").string() + out() + " --models " + at("models").string()),
               ErrorCode::wrong_checkpoint,
               "segment");
  EXPECT_FALSE(fs::exists(at("out")));
}

TEST_F(BadInputOfDiagnose, TruncatedCheckpoint) {
  fs::create_directories(at("models"));
  const std::string whole = read_file(models_ / "segment.safetensors");
  write_file(at("models/segment.safetensors"), whole.substr(0, whole.size() / 2));
  write_series(at("series"), "a");
  expect_error(run("diagnose " + at("series").string() + out() + " --models " + at("models").string()),
               ErrorCode::bad_format,
               "segment.safetensors");
}

/// A ball of water in air, as a phantom of a head would be: no liver in it.
TEST_F(BadInputOfDiagnose, NoLiverIsRefusedWithTheReason) {
  Geometry grid;
  grid.size = {96, 96, 40};
  grid.spacing = {2.5, 2.5, 4};
  Volume<int16_t> hu(grid, int16_t(-1000));
  for (int64_t k = 0; k < 40; ++k)
    for (int64_t j = 0; j < 96; ++j)
      for (int64_t i = 0; i < 96; ++i) {
        const double r = std::hypot(double(i - 48) * 2.5, double(j - 48) * 2.5, double(k - 20) * 4);
        if (r < 80) hu.at(i, j, k) = r > 72 ? 900 : 35;
      }
  write_volume(at("head.nii.gz"), hu);
  const RunResult result = run("diagnose --json " + at("head.nii.gz").string() + out());
  ASSERT_EQ(result.status, 0) << result.err;
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["status"], "refused");
  EXPECT_TRUE(document["lesions"].empty());
}

TEST_F(BadInputOfDiagnose, UnwritableOut) {
  write_series(at("series"), "a");
  write_file(at("file"), "in the way");
  const RunResult result = run("diagnose " + at("series").string() + " --out " + (at("file") / "out").string());
  expect_error(result, ErrorCode::write_failed);
}

}  // namespace
}  // namespace hepatica
