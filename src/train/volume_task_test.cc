// The liver segmenter on patches of volumes: what it learns from, that it learns, and that it goes on where it stopped.
#include "train/volume_task.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/error.h"
#include "nn/checkpoint.h"
#include "stages/segment/dynunet.h"
#include "train/balls_test.h"
#include "train/fit.h"
#include "train/watched_test.h"

namespace hepatica::train {
namespace {

VolumeTaskOptions small_options(int64_t patch) {
  VolumeTaskOptions options;
  options.network = nn::build_graph("dynunet", {{"dims", 3}, {"filters", {4, 8, 8}}, {"deep_supervision", 1}});
  options.input = {2, 0, 200, 4, {patch, patch, patch}};
  options.patch.size = {patch, patch, patch};
  return options;
}

FitOptions quick() {
  FitOptions options;
  options.epochs = 3;
  options.steps = 10;
  options.batch = 3;
  options.learning_rate = 1e-2;
  options.warmup_steps = 0;
  options.ema = 0.5;
  options.precision = "f32";
  return options;
}

TEST(VolumeTask, LearnsAndResumesToTheSameBytes) {
  TemporaryFolder folder;
  VolumeTaskOptions options = small_options(16);
  options.cache = folder.path() / "volumes";
  options.patch.augment.warp = 0.3;
  options.patch.augment.noise = 0.3;
  const auto task = make_volume_task(balls(24, 6), options);
  const FitResult whole = fit(*task, quick(), folder.path() / "whole", false, {});
  ASSERT_EQ(whole.epochs.size(), 3u);
  EXPECT_LT(whole.epochs[2].loss, whole.epochs[0].loss);
  EXPECT_EQ(whole.epochs[0].validation[1].first, "dice_balls");
  EXPECT_EQ(whole.epochs[0].validation[2].first, "dice_lowest");
  EXPECT_GT(whole.best_score, 0.8);
  int steps = 0;
  const Watched interrupted(*task, [&](const Batch&) {
    if (++steps > 15) throw Error(ErrorCode::interrupted, "cut off");
  });
  const fs::path cut = folder.path() / "cut";
  EXPECT_THROW(fit(interrupted, quick(), cut, false, {}), Error);
  // Another task, which finds the volumes on disk and none in memory.
  options.memory_mb = 0;
  const FitResult resumed = fit(*make_volume_task(balls(24, 6), options), quick(), cut, true, {});
  EXPECT_EQ(sha256_of_file(resumed.last), sha256_of_file(whole.last));
  EXPECT_EQ(read_file(cut / "metrics.csv"), read_file(folder.path() / "whole" / "metrics.csv"));
}

TEST(VolumeTask, TheLastThirdOfABatchHoldsLiver) {
  VolumeTaskOptions options = small_options(16);
  const auto task = make_volume_task(balls(64, 3), options);
  const std::vector<MixtureItem> items(6, {0, 2});
  int others = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Batch batch = task->training_batch(items, Rng(seed));
    ASSERT_EQ(batch.input.sizes(), (std::vector<int64_t>{6, 1, 16, 16, 16}));
    const torch::Tensor liver = batch.targets.at("liver").sum({1, 2, 3, 4});
    EXPECT_GT(liver[4].item<double>(), 0);
    EXPECT_GT(liver[5].item<double>(), 0);
    others += liver.narrow(0, 0, 4).gt(0).sum().item<int>();
  }
  EXPECT_LT(others, 30);  // of 80; by chance about 10 in the middle of the volume
  // A worker's share holds the same patches.
  const Batch whole = task->training_batch(items, Rng(1)), share = task->training_share(items, {3, 3}, Rng(1));
  EXPECT_TRUE(torch::equal(whole.input.narrow(0, 3, 3), share.input));
}

// Calls what is brighter than half liver; says how it was asked.
class ThresholdPredictor final : public Predictor {
 public:
  explicit ThresholdPredictor(const nlohmann::json& metadata) : metadata_(metadata) {}
  std::map<std::string, Array> run(const Array& input, const std::vector<std::string>&) override {
    seen.push_back(input);
    Array logits = input;
    for (float& value : logits.values) value = 40 * (value - 0.4f);
    return {{"logits", logits}};
  }
  const nlohmann::json& metadata() const override { return metadata_; }
  Array parameter(const std::string&) const override { return {}; }
  const std::string& checkpoint_sha256() const override { return sha_; }

  std::vector<Array> seen;

 private:
  nlohmann::json metadata_;
  std::string sha_;
};

// The validation of training and the segmenter of diagnosis look at the same patches, in the same order.
TEST(VolumeTask, ValidationSeesWhatDiagnosisSees) {
  const VolumeTaskOptions options = small_options(16);
  const auto task = make_volume_task(balls(21, 6), options);
  nlohmann::json metadata = task->metadata();
  metadata["network"] = {{"family", "dynunet"}, {"arguments", options.network.arguments}};
  const auto predictor = std::make_shared<ThresholdPredictor>(metadata);
  SegmentOptions segment;
  segment.cleanup.smallest_ml = 0;
  make_dynunet_segmenter(predictor, segment)->segment(Balls(21, 6).get(3).hu);
  ASSERT_EQ(predictor->seen.size(), 8u);  // 24 with the padding, or 21: two patches of 16 on each axis
  size_t n = 0;
  const Batch batch = task->validation_batch({{0, 3}});
  const nn::TensorMap outputs = task->validation_outputs(batch.input, [&](const torch::Tensor& patch) {
    const std::vector<float> values(patch.data_ptr<float>(), patch.data_ptr<float>() + patch.numel());
    EXPECT_EQ(values, predictor->seen.at(n++).values);
    return nn::TensorMap{{"logits", 40 * (patch - 0.4)}};
  });
  EXPECT_EQ(n, predictor->seen.size());
  EXPECT_EQ(outputs.at("logits").sizes(), batch.input.sizes());
  const auto validation = task->validation();
  validation->add(outputs, batch);
  EXPECT_GT(validation->metrics()[0].second, 0.97);
}

// Found 4 voxels, true 2, common 2: 2 * 2 / 6. Nothing found where nothing is: 1.
TEST(VolumeTask, DiceIsOfEachVolume) {
  const auto task = make_volume_task(balls(24, 6), small_options(16));
  const auto validation = task->validation();
  Batch batch;
  batch.targets["liver"] = torch::zeros({2, 1, 2, 2, 2});
  batch.targets["items"] = torch::zeros({2, 2}, torch::kLong);
  torch::Tensor logits = torch::full({2, 1, 2, 2, 2}, -1.f);
  batch.targets["liver"][0][0][0][0] = 1;
  logits[0][0][0] = 1;
  validation->add({{"logits", logits}}, batch);
  EXPECT_NEAR(validation->metrics()[1].second, (2.0 / 3 + 1) / 2, 1e-6);
  EXPECT_NEAR(validation->metrics()[2].second, 2.0 / 3, 1e-6);
}

TEST(VolumeTask, PatchesMustSuitTheNetwork) {
  EXPECT_EQ(largest_shrinkage(nn::residual_unet({})), (std::vector<int64_t>{8, 8, 8}));
  const nlohmann::json arguments{{"dims", 3}, {"filters", {4, 8, 8}}, {"strides", {{1, 1, 1}, {1, 2, 2}, {2, 2, 2}}}};
  const nn::Graph network = nn::build_graph("dynunet", arguments);
  EXPECT_EQ(largest_shrinkage(network), (std::vector<int64_t>{2, 4, 4}));
  const auto message = [&](std::vector<int64_t> patch) -> std::string {
    OptionReader reader(Block{YAML::Load("{}"), "r.yaml", "train.segment"});
    SegmentInput input;
    input.patch = std::move(patch);
    try {
      volume_task_options(reader, network, input);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_recipe);
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({18, 32, 32}), "");
  EXPECT_NE(message({18, 30, 32}).find("side 30 (2 of three) is no multiple of 4"), std::string::npos);
  EXPECT_NE(message({18, 30, 32}).find("use 28 or 32"), std::string::npos);
  EXPECT_NE(message({32, 32}).find("three sides"), std::string::npos);
}

TEST(VolumeTask, TheResidualUNetLearns) {
  TemporaryFolder folder;
  VolumeTaskOptions options = small_options(16);
  options.network =
      nn::build_graph("residual_unet", {{"base_width", 8}, {"encoder_blocks", {1, 1}}, {"decoder_blocks", {1, 1}}});
  FitOptions short_fit = quick();
  short_fit.epochs = 2;
  const FitResult result = fit(*make_volume_task(balls(24, 6), options), short_fit, folder.path(), false, {});
  EXPECT_LT(result.epochs[1].loss, result.epochs[0].loss);
  const nn::Checkpoint model = nn::read_checkpoint(result.best);
  EXPECT_EQ(model.metadata.at("input").at("patch"), (std::vector<int64_t>{16, 16, 16}));
  EXPECT_EQ(model.metadata.at("network").at("family"), "residual_unet");
}

}  // namespace
}  // namespace hepatica::train
