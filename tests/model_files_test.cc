// The authors' kinds of files through the program: classify, detect, model and diagnose, against PyTorch, Pillow and
// ONNX Runtime (tests/parity). Each test is skipped with a line where its oracle is missing.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/source_folder.h"
#include "nn/checkpoint.h"

namespace hepatica {
namespace {

using nlohmann::json;

const std::string kParity = std::string(kSourceFolder) + "/tests/parity/";

int run(const std::string& command) { return WEXITSTATUS(std::system(command.c_str())); }

/// Exit status of the program; its standard output and error in `folder`/out, `folder`/err.
int hepatica(const std::string& arguments, const fs::path& folder) {
  return run(std::string(HEPATICA_PROGRAM) + " " + arguments + " --quiet > " + (folder / "out").string() + " 2> " +
             (folder / "err").string());
}

/// The folder that a script of tests/parity filled, made once; empty where `needs` cannot be imported.
const fs::path& oracle(const std::string& script, const std::string& needs) {
  static std::map<std::string, fs::path> made;
  static std::vector<std::unique_ptr<TemporaryFolder>> folders;
  const auto known = made.find(script);
  if (known != made.end()) return known->second;
  if (run("/usr/bin/python3 -c 'import " + needs + "' > /dev/null 2>&1") != 0) return made[script] = fs::path();
  folders.push_back(std::make_unique<TemporaryFolder>());
  EXPECT_EQ(
      run("/usr/bin/python3 -B '" + kParity + script + "' '" + folders.back()->path().string() + "' 2> /dev/null"), 0);
  return made[script] = folders.back()->path();
}

const fs::path& authors_files() { return oracle("command_parity.py", "torch, PIL"); }

class ModelFiles : public testing::Test {
 protected:
  void SetUp() override {
    if (authors_files().empty()) GTEST_SKIP() << "python3-torch or python3-pil is missing";
    expected_ = json::parse(read_file(authors_files() / "expected.json"));
  }
  std::string pictures() const {
    std::string all;
    for (const std::string name : expected_["files"]) all += fmt::format(" {}", (authors_files() / name).string());
    return all;
  }
  json output() const { return json::parse(read_file(scratch_.path() / "out")); }
  std::string errors() const { return read_file(scratch_.path() / "err"); }

  json expected_;
  TemporaryFolder scratch_;
};

TEST_F(ModelFiles, ClassifyEqualsPyTorchBehindPillow) {
  for (const auto& [name, logits] : expected_["classify"].items()) {
    ASSERT_EQ(hepatica("classify" + pictures() + " --checkpoint " + (authors_files() / name).string() +
                           " --precision f32 --json",
                       scratch_.path()),
              0)
        << errors();
    const json images = output()["images"];
    ASSERT_EQ(images.size(), logits.size());
    for (size_t n = 0; n < logits.size(); ++n) {
      ASSERT_EQ(images[n]["logits"].size(), logits[n].size());
      for (size_t c = 0; c < logits[n].size(); ++c)
        EXPECT_NEAR(images[n]["logits"][c].get<double>(), logits[n][c].get<double>(), 1e-4) << name << " " << n;
    }
  }
}

TEST_F(ModelFiles, DetectEqualsPyTorchBehindPillow) {
  for (const auto& [name, expected] : expected_["detect"].items()) {
    std::string files;
    for (size_t n = 0; n < expected.size(); ++n)
      files += fmt::format(" {}", (authors_files() / expected_["files"][n].get<std::string>()).string());
    ASSERT_EQ(hepatica("detect" + files + " --checkpoint " + (authors_files() / name).string() +
                           " --raw --confidence 0.001 --precision f32 --json",
                       scratch_.path()),
              0)
        << errors();
    const json document = output();
    ASSERT_EQ(document["images"].size(), expected.size());
    for (size_t n = 0; n < expected.size(); ++n) {
      const auto values = document["images"][n]["raw"]["values"].get<std::vector<double>>();
      ASSERT_EQ(document["images"][n]["raw"]["shape"], (std::vector<int>{1, 5, 5376}));
      size_t at = 0;
      double worst = 0;
      for (const auto& row : expected[n])
        for (const double value : row) worst = std::max(worst, std::abs(values[at++] - value) / std::max(1.0, value));
      EXPECT_LT(worst, 1e-4) << name << " " << expected_["files"][n];
      for (const auto& found : document["images"][n]["detections"]) EXPECT_EQ(found["class"], "lesion");
    }
  }
}

TEST_F(ModelFiles, TheCommandLineMayNotContradictTheTensors) {
  const std::string file = (authors_files() / "Time_B.pth.tar").string(),
                    picture = (authors_files() / "grey.png").string();
  const std::string command = "classify " + picture + " --json --checkpoint " + file;
  EXPECT_EQ(hepatica(command + " --network lilnet --classes 3 --depth 18", scratch_.path()), 0) << errors();
  EXPECT_EQ(hepatica(command + " --classes 2", scratch_.path()), 10);
  EXPECT_NE(errors().find("classes is 3, not 2"), std::string::npos) << errors();
  EXPECT_EQ(hepatica("detect " + picture + " --checkpoint " + file, scratch_.path()), 10);
  EXPECT_NE(errors().find("lilnet"), std::string::npos) << errors();
}

TEST_F(ModelFiles, InspectTellsWhatAFileHolds) {
  ASSERT_EQ(hepatica("model inspect " + (authors_files() / "Time_BM.pth.tar").string() + " --json", scratch_.path()), 0)
      << errors();
  json model = output();
  EXPECT_EQ(model["network"]["family"], "lilnet");
  EXPECT_EQ(model["network"]["arguments"]["depth"], 50);
  EXPECT_EQ(model["network"]["arguments"]["classes"], 2);
  EXPECT_EQ(model["network_source"], "tensors");
  EXPECT_EQ(model["parameters"], 25'630'806);
  EXPECT_EQ(model["fits"], true);
  EXPECT_EQ(model["found"]["epoch"], 7);
  EXPECT_EQ(model["found"]["auc"], .975);
  ASSERT_EQ(hepatica("model inspect " + (authors_files() / "best.pt").string() + " --json", scratch_.path()), 0);
  model = output();
  EXPECT_EQ(model["kind"], "model object");
  EXPECT_EQ(model["network"]["arguments"]["scale"], "n");
  EXPECT_EQ(model["found"]["names"]["0"], "lesion");
  // Mismatches are listed.
  nn::Checkpoint checkpoint = nn::read_checkpoint(authors_files() / "Time_B.pth.tar");
  checkpoint.tensors.erase("module.fc_ens.bias");
  checkpoint.tensors["module.extra"] = torch::zeros({1});
  const fs::path broken = scratch_.path() / "broken.safetensors";
  nn::write_checkpoint(broken, checkpoint, false);
  ASSERT_EQ(hepatica("model inspect " + broken.string() + " --json", scratch_.path()), 0) << errors();
  EXPECT_EQ(output()["fits"], false);
  EXPECT_EQ(output()["missing"], (std::vector<std::string>{"fc_ens.bias"}));
  EXPECT_EQ(output()["unexpected"], (std::vector<std::string>{"extra"}));
  EXPECT_EQ(hepatica("model convert " + broken.string() + " --out " + (scratch_.path() / "x.safetensors").string(),
                     scratch_.path()),
            10);
  EXPECT_FALSE(fs::exists(scratch_.path() / "x.safetensors"));
}

TEST_F(ModelFiles, ConvertedFilesGiveTheSameLogits) {
  const std::string file = (authors_files() / "Time_B.pth.tar").string(),
                    out = (scratch_.path() / "b.safetensors").string();
  ASSERT_EQ(hepatica("model convert " + file + " --out " + out + " --json", scratch_.path()), 0) << errors();
  EXPECT_EQ(output()["network_source"], "file");
  const std::string rest =
      fmt::format(" {} --precision f32 --json --checkpoint ", (authors_files() / "colour.jpg").string());
  ASSERT_EQ(hepatica("classify" + rest + file, scratch_.path()), 0);
  const json before = output()["images"][0]["logits"];
  ASSERT_EQ(hepatica("classify" + rest + out, scratch_.path()), 0);
  EXPECT_EQ(output()["images"][0]["logits"], before);
}

/// "node" can load onnxruntime-node.
bool has_onnx_runtime() {
  return run("cd '" + kParity + "' && node -e 'require(\"onnxruntime-node\")' > /dev/null 2>&1") == 0;
}

/// Values of a file of f32 as a tensor.
torch::Tensor read_reals(const fs::path& file, const std::vector<int64_t>& shape) {
  const std::string bytes = read_file(file);
  torch::Tensor values = torch::empty(shape, torch::kFloat);
  EXPECT_EQ(values.nbytes(), bytes.size());
  std::memcpy(values.data_ptr(), bytes.data(), std::min(values.nbytes(), bytes.size()));
  return values;
}

/// Samples `samples` of a tensor that holds `batch` of them, each as one or several rows.
torch::Tensor rows_of(const torch::Tensor& tensor, int64_t batch, const std::vector<int64_t>& samples) {
  const torch::Tensor index = torch::tensor(samples);
  return tensor.unflatten(0, {batch, tensor.size(0) / batch}).index_select(0, index).flatten(0, 1).contiguous();
}

/// Outputs of `model` in ONNX Runtime by name.
nn::TensorMap run_onnx(const fs::path& model, const torch::Tensor& input, const fs::path& scratch) {
  write_file(scratch / "input.f32", {static_cast<const char*>(input.data_ptr()), input.nbytes()});
  EXPECT_EQ(run(fmt::format("node '{}onnx_run.cjs' {} {} {} {} > {}",
                            kParity,
                            model.string(),
                            (scratch / "input.f32").string(),
                            fmt::join(input.sizes(), ","),
                            scratch.string(),
                            (scratch / "shapes").string())),
            0);
  nn::TensorMap outputs;
  const json shapes = json::parse(read_file(scratch / "shapes"));
  for (const auto& [name, shape] : shapes.items())
    outputs[name] = read_reals(scratch / (name + ".f32"), shape.get<std::vector<int64_t>>());
  return outputs;
}

TEST(OnnxExport, EqualsPyTorchInOnnxRuntime) {
  const fs::path& made = oracle("torch_parity.py", "torch");
  if (made.empty()) GTEST_SKIP() << "python3-torch is missing";
  if (!has_onnx_runtime()) GTEST_SKIP() << "node or its package onnxruntime-node is missing (see docs/models.md)";
  const TemporaryFolder scratch;
  const fs::path model = scratch.path() / "model.onnx";
  const auto names = json::parse(read_file(made / "cases.json")).get<std::vector<std::string>>();
  ASSERT_GE(names.size(), 12u);
  for (const std::string& name : names) {
    const nn::TensorMap expected = nn::read_checkpoint(made / (name + ".expected.safetensors")).tensors;
    const torch::Tensor input = expected.at("input");
    ASSERT_EQ(hepatica(fmt::format("model export {} --out {} --json --size {}",
                                   (made / (name + ".safetensors")).string(),
                                   model.string(),
                                   fmt::join(input.sizes().slice(2), " ")),
                       scratch.path()),
              0)
        << name << read_file(scratch.path() / "err");
    const int64_t batch = input.size(0), last = batch - 1;
    for (const std::vector<int64_t>& samples : {std::vector<int64_t>{last}, {0, last, 0}}) {  // the batch is free
      const nn::TensorMap outputs = run_onnx(model, rows_of(input, batch, samples), scratch.path());
      for (const auto& [output, value] : expected) {
        if (output == "input") continue;
        ASSERT_TRUE(outputs.count(output)) << name << " " << output;
        const torch::Tensor reference = rows_of(value, batch, samples), mine = outputs.at(output);
        ASSERT_EQ(mine.sizes(), reference.sizes()) << name << " " << output;
        const double scale = std::max(1.0, reference.abs().max().item<double>());
        EXPECT_LT((mine - reference).abs().max().item<double>(), 1e-4 * scale) << name << " " << output;
      }
    }
  }
}

}  // namespace
}  // namespace hepatica
