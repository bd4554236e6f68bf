// Networks against the same ones written in PyTorch's Python interface (tests/parity/torch_parity.py).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/source_folder.h"
#include "nn/checkpoint.h"
#include "nn/fold.h"
#include "nn/yolo_loss.h"

namespace hepatica::nn {
namespace {

void expect_close(const TensorMap& outputs, const TensorMap& expected, const std::string& what) {
  EXPECT_EQ(outputs.size() + 1, expected.size()) << what;
  for (const auto& [name, value] : outputs) {
    const torch::Tensor& reference = expected.at(name);
    ASSERT_EQ(value.sizes(), reference.sizes()) << what << " " << name;
    const double scale = std::max(1.0, reference.abs().max().item<double>());
    EXPECT_LT((value - reference).abs().max().item<double>(), 1e-4 * scale) << what << " " << name;
  }
}

/// What the oracle's file holds beside its input.
std::set<std::string> names_of_outputs(const TensorMap& expected) {
  std::set<std::string> names;
  for (const auto& [name, value] : expected)
    if (name != "input") names.insert(name);
  return names;
}

/// The oracle's files, `what` of them; made once. Empty where python3-torch is missing.
const std::filesystem::path& oracle(const std::string& what = "") {
  static std::map<std::string, std::unique_ptr<TemporaryFolder>> folders;
  static const std::filesystem::path none;
  static const bool there = std::system("/usr/bin/python3 -c 'import torch' > /dev/null 2>&1") == 0;
  if (!there) return none;
  std::unique_ptr<TemporaryFolder>& folder = folders[what];
  if (!folder) {
    folder = std::make_unique<TemporaryFolder>();
    const std::string script = std::string(kSourceFolder) + "/tests/parity/torch_parity.py";
    const std::string command = fmt::format("/usr/bin/python3 -B '{}' '{}' {}", script, folder->path().string(), what);
    EXPECT_EQ(std::system(command.c_str()), 0);
  }
  return folder->path();
}

/// The networks that the oracle made.
std::vector<std::string> cases(const std::filesystem::path& folder) {
  const auto names = nlohmann::json::parse(read_file(folder / "cases.json")).get<std::vector<std::string>>();
  EXPECT_GE(names.size(), 12u);
  return names;
}

/// Outputs, decoded boxes of detectors, and both of the folded network against PyTorch's.
void expect_parity(const std::filesystem::path& folder, const std::string& name) {
  const torch::NoGradGuard no_grad;
  const auto expected = read_checkpoint(folder / (name + ".expected.safetensors")).tensors;
  Network network = network_from_checkpoint(read_checkpoint(folder / (name + ".safetensors")), name);
  const std::set<std::string> wanted = names_of_outputs(expected);
  const TensorMap outputs = network.forward(expected.at("input"), false, wanted);
  expect_close(outputs, expected, name);
  Network folded = fold_batch_norms(network);
  folded.use_channels_last();
  expect_close(folded.forward(expected.at("input"), false, wanted), expected, name + " folded");
  const std::filesystem::path decoded = folder / (name + ".decoded.safetensors");
  if (!std::filesystem::exists(decoded)) return;
  TensorMap boxes = read_checkpoint(decoded).tensors;
  boxes["input"] = expected.at("input");
  expect_close({{"decoded", yolo_decode(outputs.at("p3"), outputs.at("p4"), outputs.at("p5"))}}, boxes, name);
}

TEST(Parity, OutputsEqualPyTorch) {
  if (oracle().empty()) GTEST_SKIP() << "python3-torch is missing";
  for (const std::string& name : cases(oracle())) expect_parity(oracle(), name);
}

/// ResNet and LiLNet on every depth, for two and three diseases, and every scale of YOLOv8; images that are not square,
/// and for the classifiers sides that no stride divides.
TEST(Parity, EveryPublishedDepthAndScaleEqualsPyTorch) {
  if (oracle().empty()) GTEST_SKIP() << "python3-torch is missing";
  const std::filesystem::path& wide = oracle("wide");
  for (const std::string& name : cases(wide)) expect_parity(wide, name);
}

/// `pytorch` must hold the tensors of `<name>.safetensors`, exactly or, where stored as f16, closely, and be known as
/// its network.
Checkpoint expect_same_tensors(const std::string& pytorch, const std::string& name, const std::string& format) {
  const auto expected = read_checkpoint(oracle() / (name + ".safetensors"));
  auto mine = read_checkpoint(oracle() / pytorch);
  EXPECT_EQ(mine.format, format) << pytorch;
  EXPECT_FALSE(says_its_network(mine));
  mine.metadata["network"] = named_network(mine);
  EXPECT_EQ(mine.metadata["network"]["family"], expected.metadata["network"]["family"]);
  const Network network = network_from_checkpoint(mine, pytorch);
  EXPECT_EQ(network.state().size(), expected.tensors.size());
  for (const auto& [key, value] : network.state()) {
    EXPECT_TRUE(torch::allclose(value, expected.tensors.at(key), 1e-3, 1e-3)) << pytorch << " " << key;
  }
  return mine;
}

TEST(Parity, ReadsWhatTorchSaveWrites) {
  if (oracle().empty()) GTEST_SKIP() << "python3-torch is missing";
  const auto training = expect_same_tensors("lilnet18.pth.tar", "lilnet18", "pytorch-zip");
  EXPECT_EQ(training.kind, "training checkpoint");
  EXPECT_EQ(training.found["epoch"], 3);
  EXPECT_EQ(training.found["auc"], .975);  // a numpy scalar in the file
  EXPECT_EQ(training.found["acc"], .8);
  EXPECT_FALSE(training.found.contains("optimizer"));
  const auto model = expect_same_tensors("yolov8n.pt", "yolov8n", "pytorch-zip");
  EXPECT_EQ(model.kind, "model object");
  EXPECT_EQ(model.tensors.at("model.0.conv.weight").scalar_type(), torch::kHalf);
  EXPECT_EQ(model.metadata["classes"], (std::vector<std::string>{"lesion", "cyst", "other"}));
  EXPECT_EQ(model.found["class"], "ultralytics.nn.tasks.DetectionModel");
  EXPECT_EQ(model.found["train_args"]["save_dir"], "runs/detect");
  EXPECT_EQ(model.found["version"], "8.0.147");
  EXPECT_EQ(expect_same_tensors("dynunet2d.pt", "dynunet2d", "pytorch-zip").kind, "state dictionary");
  for (const std::string name : {"resnet18", "densenet121", "efficientnet_b0", "convnext_tiny"})
    expect_same_tensors(name + ".pth", name, "pytorch-zip");
}

TEST(Parity, ReadsWhatTorchSaveWroteBefore16) {
  if (oracle().empty()) GTEST_SKIP() << "python3-torch is missing";
  EXPECT_EQ(expect_same_tensors("lilnet18.legacy.pth.tar", "lilnet18", "pytorch-legacy").found["epoch"], 4);
  expect_same_tensors("yolov8n.legacy.pt", "yolov8n", "pytorch-legacy");
}

TEST(Parity, EveryTruncationOfAPyTorchFileIsAnError) {
  if (oracle().empty()) GTEST_SKIP() << "python3-torch is missing";
  for (const char* name : {"dynunet2d.pt", "yolov8n.legacy.pt"}) {
    const std::string bytes = read_file(oracle() / name);
    const size_t step = bytes.size() / 200;
    for (size_t length = 0; length < bytes.size(); length += step)
      EXPECT_THROW(parse_checkpoint(std::string_view(bytes).substr(0, length), "x.pt"), Error) << name << " " << length;
  }
}

/// Flips bytes of the directory and of the pickle: an error or other tensors, never a crash.
TEST(Parity, DamagedPyTorchFilesNeverCrash) {
  if (oracle().empty()) GTEST_SKIP() << "python3-torch is missing";
  Rng rng(1);
  for (const char* name : {"dynunet2d.pt", "yolov8n.legacy.pt"}) {
    const std::string bytes = read_file(oracle() / name);
    const auto flip = [&](int64_t first, int64_t last) {
      std::string damaged = bytes;
      for (int i = 0; i < 3; ++i) damaged[size_t(rng.integer(first, last))] = char(rng.integer(0, 255));
      try {
        parse_checkpoint(damaged, "x.pt");
      } catch (const Error&) {
      }
    };
    const int64_t size = int64_t(bytes.size());
    for (int i = 0; i < 200; ++i) flip(0, 6000);
    for (int i = 0; i < 200; ++i) flip(size - 6000, size - 1);
  }
}

}  // namespace
}  // namespace hepatica::nn
