// Each stage is fitted for a few steps on tiny made-up slices.
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "base/error.h"
#include "nn/checkpoint.h"
#include "train/classify_task.h"
#include "train/detect_task.h"
#include "train/discs_test.h"
#include "train/fit.h"
#include "train/segment_task.h"
#include "train/supervised_loss.h"
#include "train/watched_test.h"

namespace hepatica::train {
namespace {

FitOptions quick() {
  FitOptions options;
  options.epochs = 2;
  options.steps = 6;
  options.batch = 4;
  options.learning_rate = 3e-3;
  options.warmup_steps = 0;
  options.ema = 0.5;
  options.precision = "f32";
  return options;
}

std::unique_ptr<Task> small_segmenter() {
  SegmentTaskOptions options;
  options.network = nn::build_graph("dynunet", {{"dims", 2}, {"filters", {4, 8, 8}}, {"norm", "batch"}});
  options.size = 32;
  options.augment.noise = 0.5;
  return make_segment_task(discs(32), options);
}

TEST(Fit, SegmenterLearnsAndResumesToTheSameBytes) {
  TemporaryFolder folder;
  FitOptions options = quick();
  const auto task = small_segmenter();
  const FitResult whole = fit(*task, options, folder.path() / "whole", false, {{"seed", 0}});
  ASSERT_EQ(whole.epochs.size(), 2u);
  EXPECT_LT(whole.epochs[1].loss, whole.epochs[0].loss);
  // A run that is cut off in its second epoch leaves the state of the first one; it must not differ from a whole one.
  int steps = 0;
  const Watched interrupted(*task, [&](const Batch&) {
    if (++steps > 8) throw Error(ErrorCode::interrupted, "cut off");
  });
  const fs::path cut = folder.path() / "cut";
  EXPECT_THROW(fit(interrupted, options, cut, false, {{"seed", 0}}), Error);
  const FitResult resumed = fit(*task, options, cut, true, {{"seed", 0}});
  EXPECT_EQ(sha256_of_file(resumed.last), sha256_of_file(whole.last));
  EXPECT_EQ(read_file(cut / "metrics.csv"), read_file(folder.path() / "whole" / "metrics.csv"));
  options.seed = 5;
  EXPECT_THROW(fit(*task, options, cut, true, {{"seed", 0}}), Error);
}

TEST(Fit, CheckpointsSayWhatTheyAre) {
  TemporaryFolder folder;
  FitOptions options = quick();
  options.epochs = 1;
  options.steps = 1;
  const FitResult result = fit(*small_segmenter(), options, folder.path(), false, {{"recipe", "tiny.yaml"}});
  const nn::Checkpoint model = nn::read_checkpoint(result.best);
  EXPECT_EQ(model.metadata.at("task"), "segment");
  EXPECT_EQ(model.metadata.at("network").at("family"), "dynunet");
  EXPECT_EQ(model.metadata.at("input").at("spacing_mm"), 1.6);
  EXPECT_EQ(model.metadata.at("provenance").at("recipe"), "tiny.yaml");
  EXPECT_NO_THROW(nn::network_from_checkpoint(model, "test"));
}

TEST(Fit, ALossThatIsNotFiniteIsAnError) {
  TemporaryFolder folder;
  FitOptions options = quick();
  options.learning_rate = 1e30;
  options.clip = 0;
  options.optimizer = "sgd";
  try {
    fit(*small_segmenter(), options, folder.path(), false, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_values);
  }
}

TEST(Fit, DetectorLossFalls) {
  TemporaryFolder folder;
  DetectTaskOptions options;
  options.network = nn::build_graph("yolov8", {{"scale", "n"}, {"classes", 1}});
  options.examples.input.size = 64;
  options.examples.input.mode = "liver";
  FitOptions quickly = quick();
  quickly.learning_rate = 1e-3;
  const FitResult result = fit(*make_detect_task(discs(64), options), quickly, folder.path(), false, {});
  EXPECT_LT(result.epochs[1].loss, result.epochs[0].loss);
}

// Lesions of 10 HU in a liver of 110: where a part of the image shows one in its box, the window is dark there.
TEST(DetectExamples, PartsOfTheImageKeepBoxesOnTheirLesions) {
  DetectExampleOptions options;
  options.input.size = 96;
  options.input.level = 60;
  options.input.width = 200;
  options.crop = 64;
  options.crop_on_lesion = 1;
  const LearningSlice slice = Discs(96).get(2);
  ASSERT_EQ(slice.label, "cyst");
  int seen = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    const DetectExample example = varied_example(slice, options, rng);
    EXPECT_EQ(example.image.width, 64);
    EXPECT_EQ(example.image.height, 64);
    for (const LesionBox& lesion : example.lesions) {
      if (lesion.ignore) continue;
      ++seen;
      EXPECT_GE(lesion.box.x0, 0);
      EXPECT_LE(lesion.box.x1, 64);
      const size_t middle = size_t(lesion.box.center_y()) * 64 + size_t(lesion.box.center_x());
      EXPECT_NEAR(example.image.values[middle], (10 - (60 - 100)) / 200.0, 0.15);
    }
  }
  EXPECT_GE(seen, 15);
}

TEST(Fit, ClassifierLossFalls) {
  TemporaryFolder folder;
  ClassifyTaskOptions options;
  options.role = "benign";
  options.classes = {"fnh", "cyst"};
  options.network = nn::build_graph("lilnet", {{"depth", 18}, {"classes", 2}, {"width", 0.125}});
  options.examples.input.size = 64;
  options.examples.box_jitter_px = 2;
  const FitResult result = fit(*make_classify_task(discs(64), options), quick(), folder.path(), false, {});
  EXPECT_LT(result.epochs[1].loss, result.epochs[0].loss);
}

// The trunk of a ResNet starts LiLNet's: heads of another shape or name stay as they were drawn.
TEST(Fit, StartsFromWhatMatches) {
  TemporaryFolder folder;
  nn::Network trunk(nn::resnet(18, 1000, 0.125), 7);
  nn::write_checkpoint(folder.path() / "resnet18.safetensors", {trunk.state(), {}, "", "", {}}, false);
  ClassifyTaskOptions options;
  options.role = "benign";
  options.classes = {"fnh", "cyst"};
  options.network = nn::build_graph("lilnet", {{"depth", 18}, {"classes", 2}, {"width", 0.125}});
  options.examples.input.size = 64;
  const auto task = make_classify_task(discs(64), options);
  FitOptions start = quick();
  start.epochs = 1;
  start.steps = 1;
  start.learning_rate = 0;
  start.weight_decay = 0;
  start.ema = 0;
  start.start_from = folder.path() / "resnet18.safetensors";
  EXPECT_THROW(fit(*task, start, folder.path() / "all", false, {}), Error);
  start.start_with = "matching";
  const FitResult result = fit(*task, start, folder.path() / "matching", false, {});
  const nn::TensorMap values = nn::read_checkpoint(result.last).tensors;
  const auto half = [](const torch::Tensor& value) { return value.to(torch::kHalf).to(torch::kFloat); };
  EXPECT_TRUE(torch::equal(values.at("layer4.1.conv2.weight").to(torch::kFloat),
                           half(trunk.state().at("layer4.1.conv2.weight"))));
  const nn::Network drawn(options.network, 0);
  EXPECT_TRUE(torch::equal(values.at("fc.weight").to(torch::kFloat), half(drawn.state().at("fc.weight"))));
}

TEST(Fit, AnEpochEndsWithASmallerBatch) {
  TemporaryFolder folder;
  FitOptions options = quick();
  options.epochs = 1;
  options.steps = 0;
  options.batch = 5;
  const auto task = small_segmenter();
  const int64_t items = int64_t(task->data().training_size()), rest = items % 5;
  ASSERT_GT(rest, 0);
  const auto sizes_of_batches = [&](const char* name) {
    std::vector<int64_t> sizes;
    const Watched watched(*task, [&](const Batch& batch) { sizes.push_back(batch.input.size(0)); });
    fit(watched, options, folder.path() / name, false, {});
    return sizes;
  };
  const std::vector<int64_t> whole = sizes_of_batches("whole");
  std::vector<int64_t> expected(size_t(items / 5), 5);
  options.drop_last = true;
  EXPECT_EQ(sizes_of_batches("dropped"), expected);
  expected.push_back(rest);
  EXPECT_EQ(whole, expected);
}

TEST(Fit, ARunWithoutValidationIsRefused) {
  TemporaryFolder folder;
  Mixture all;
  const auto source = std::make_shared<Discs>(32);
  Split split;
  for (size_t i = 0; i < source->size(); ++i) split.training.push_back(i);
  all.add("discs", source, 1, split);
  SegmentTaskOptions options;
  options.network = nn::build_graph("dynunet", {{"dims", 2}, {"filters", {4, 8, 8}}, {"norm", "batch"}});
  options.size = 32;
  try {
    fit(*make_segment_task(std::move(all), options), quick(), folder.path(), false, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
  }
}

TEST(Fit, WritesWhatTheRunWasMadeOfAndItsTimes) {
  TemporaryFolder folder;
  int epochs = 0;
  const auto count = [&](const std::string& role, const fs::path& where) {
    EXPECT_EQ(role, "segment");
    EXPECT_TRUE(fs::exists(where / "metrics.csv"));
    ++epochs;
  };
  fit(*small_segmenter(),
      quick(),
      folder.path(),
      false,
      {{"effective", "x"}},
      {nullptr, "cpu", {{"hepatica", "0"}}, count});
  EXPECT_EQ(epochs, 2);
  const auto run = nlohmann::json::parse(read_file(folder.path() / "run.json"));
  ASSERT_EQ(run.at("pace").size(), 2u);
  const auto& pace = run.at("pace")[1];
  const double computing = pace.at("computing_s"), waiting = pace.at("waiting_s");
  const double total = computing + waiting, rounding = 0.0005 + 0.001 / total;  // each time in whole milliseconds
  EXPECT_NEAR(pace.at("busy").get<double>(), computing / total, rounding);
  EXPECT_EQ(run.at("versions").at("hepatica"), "0");
  EXPECT_EQ(run.at("provenance").at("effective"), "x");
}

// With logits of 0 and targets of 1 Dice is 2 (n/2) / (n/2 + n) = 2/3 and the cross entropy ln 2 at every size; with
// targets of 0 the loss is 1 + ln 2.
TEST(SupervisedLoss, WeighsTheLevelsByHalves) {
  const auto zeros = [](int64_t side) { return torch::zeros({1, 1, side, side}); };
  const torch::Tensor target = torch::ones({1, 1, 8, 8});
  const double each = 1 - 2.0 / 3 + std::log(2.0);
  nn::TensorMap outputs{{"logits", zeros(8)}, {"deep1", zeros(4)}, {"deep2", zeros(2)}};
  EXPECT_NEAR(supervised_loss(outputs, target, {}).item<double>(), each, 1e-5);
  // The second level alone is right: 1 and 1/4 of 7/4 remain.
  outputs["deep1"] = torch::full({1, 1, 4, 4}, 50.f);
  EXPECT_NEAR(supervised_loss(outputs, target, {}).item<double>(), each * 1.25 / 1.75, 1e-5);
}

// The same in space: each level halves three sides.
TEST(SupervisedLoss, WeighsTheLevelsOfVolumesAlike) {
  const auto zeros = [](int64_t side) { return torch::zeros({1, 1, side, side, side}); };
  torch::Tensor target = torch::zeros({1, 1, 8, 8, 8});
  target.slice(2, 0, 4).fill_(1);  // half of the volume; of its halves and quarters, too
  // With logits of 0 Dice is 2 (n/4) / (n/2 + n/2) = 1/2.
  const double each = 1 - 0.5 + std::log(2.0);
  nn::TensorMap outputs{{"logits", zeros(8)}, {"deep1", zeros(4)}, {"deep2", zeros(2)}};
  EXPECT_NEAR(supervised_loss(outputs, target, {}).item<double>(), each, 1e-5);
  outputs["deep2"] = at::adaptive_avg_pool3d(target, {2, 2, 2}) * 100 - 50;  // right: 1 and 1/2 of 7/4 remain
  EXPECT_NEAR(supervised_loss(outputs, target, {}).item<double>(), each * 1.5 / 1.75, 1e-5);
}

TEST(Fit, DeepSupervisionIsLearned) {
  TemporaryFolder folder;
  SegmentTaskOptions options;
  options.network =
      nn::build_graph("dynunet", {{"dims", 2}, {"filters", {4, 8, 8}}, {"norm", "batch"}, {"deep_supervision", 1}});
  options.size = 32;
  const FitResult result = fit(*make_segment_task(discs(32), options), quick(), folder.path(), false, {});
  EXPECT_LT(result.epochs[1].loss, result.epochs[0].loss);
  const nn::TensorMap values = nn::read_checkpoint(result.last).tensors;
  const nn::Network drawn(options.network, 0);
  const std::string head = "deep_supervision_heads.0.conv.conv.weight";
  EXPECT_FALSE(torch::allclose(values.at(head).to(torch::kFloat), drawn.state().at(head), 1e-3, 1e-3));
}

/// Every mixing, every loss, every backbone, on two phases at once: a step is made, and the checkpoint says its input.
TEST(Fit, ClassifiersOfSeveralPhasesLearnFromMixedSamples) {
  FitOptions once = quick();
  once.epochs = 1;
  once.steps = 2;
  const std::vector<std::tuple<std::string, std::string, std::string>> cases{
      {"resnet", "pkcp", "cross_entropy"},
      {"densenet", "mixup", "focal"},
      {"efficientnet", "cutmix", "class_balanced"},
      {"convnext", "pkcp", "balanced_softmax"}};
  for (const auto& [family, method, loss] : cases) {
    TemporaryFolder folder;
    ClassifyTaskOptions options;
    options.role = "benign";
    options.classes = {"fnh", "cyst"};
    options.network = nn::build_graph(family, {{"classes", 2}, {"width", 0.125}, {"in_channels", 4}});
    ClassifyExampleOptions& examples = options.examples;
    examples.input.size = 64;
    examples.input.scale = "fit";
    examples.input.mask = "ellipse";
    examples.input.phases = "channels";
    examples.input.phase_order = {Phase::arterial, Phase::unknown};
    examples.phase_dropout = 0.3;
    examples.mix.method = method;
    examples.mix.probability = 1;
    options.class_loss.name = loss;
    const FitResult result = fit(*make_classify_task(discs(64), options), once, folder.path(), false, {});
    EXPECT_TRUE(std::isfinite(result.epochs[0].loss)) << family;
    const nlohmann::json metadata = nn::read_checkpoint(result.best).metadata;
    EXPECT_EQ(metadata["input"]["mask"], "ellipse");
    EXPECT_EQ(metadata["network"]["arguments"]["in_channels"], 4);
  }
}

TEST(AveragePrecision, ByHand) {
  // Precision at recall up to 1/2 is 1, up to 1 it is 2/3: (51 * 1 + 50 * 2/3) / 101.
  EXPECT_NEAR(average_precision({{0.9, true}, {0.5, false}, {0.4, true}}, 2), (51 + 50 * 2.0 / 3) / 101, 1e-9);
  EXPECT_EQ(average_precision({}, 3), 0);
}

}  // namespace
}  // namespace hepatica::train
