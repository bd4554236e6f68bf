// Each stage is fitted for a few steps on tiny made-up slices.
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "base/error.h"
#include "nn/checkpoint.h"
#include "train/classify_task.h"
#include "train/detect_task.h"
#include "train/fit.h"
#include "train/segment_task.h"
#include "train/verify_task.h"

namespace hepatica::train {
namespace {

/// A bright disc as liver with a dark or a very bright disc as lesion in it; two slices a patient.
class Discs : public SliceSource {
 public:
  explicit Discs(int64_t side) : side_(side) {}
  size_t size() const override { return 24; }
  std::string group(size_t index) const override { return std::to_string(index / 2); }
  std::string label(size_t index) const override { return index / 2 % 2 ? "cyst" : "fnh"; }
  std::string fingerprint() const override { return "discs"; }
  LearningSlice get(size_t index) const override {
    LearningSlice slice;
    slice.width = slice.height = side_;
    slice.spacing_mm = 1.6;
    Rng rng(index);
    const double x0 = rng.uniform(0.35, 0.5) * double(side_), y0 = rng.uniform(0.4, 0.6) * double(side_);
    const double radius = 0.3 * double(side_), inner = 0.12 * double(side_);
    for (int64_t y = 0; y < side_; ++y) {
      for (int64_t x = 0; x < side_; ++x) {
        const double r = std::hypot(double(x) - x0, double(y) - y0);
        slice.liver.push_back(r < radius);
        slice.hu.push_back(float((r < inner    ? (label(index) == "cyst" ? 10 : 180)
                                  : r < radius ? 110
                                               : 0) +
                                 rng.normal(0, 3)));
      }
    }
    slice.lesions = {{{x0 - inner, y0 - inner, x0 + inner, y0 + inner}, label(index), false}};
    slice.target = slice.lesions[0].box;
    slice.label = label(index);
    slice.liver_hu = 110;
    return slice;
  }

 private:
  int64_t side_;
};

Mixture discs(int64_t side) {
  Mixture mixture;
  mixture.add("discs", std::make_shared<Discs>(side), 1, 0.3, 1);
  return mixture;
}

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
  class Cut : public Task {
   public:
    explicit Cut(const Task& task) : task_(task) {}
    std::string role() const override { return task_.role(); }
    nn::Graph graph() const override { return task_.graph(); }
    nlohmann::json metadata() const override { return task_.metadata(); }
    const Mixture& data() const override { return task_.data(); }
    Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const override {
      return task_.training_batch(items, rng);
    }
    Batch validation_batch(const std::vector<MixtureItem>& items) const override {
      return task_.validation_batch(items);
    }
    torch::Tensor loss(const nn::TensorMap& outputs, const Batch& batch) const override {
      if (++steps_ > 8) throw Error(ErrorCode::interrupted, "cut off");
      return task_.loss(outputs, batch);
    }
    std::unique_ptr<Validation> validation() const override { return task_.validation(); }

   private:
    const Task& task_;
    mutable int steps_ = 0;
  };
  const fs::path cut = folder.path() / "cut";
  EXPECT_THROW(fit(Cut(*task), options, cut, false, {{"seed", 0}}), Error);
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

TEST(Fit, VerifierLearnsBehindADetector) {
  TemporaryFolder folder;
  DetectTaskOptions detector;
  detector.network = nn::build_graph("yolov8", {{"scale", "n"}, {"classes", 1}});
  detector.examples.input.size = 64;
  detector.examples.input.mode = "liver";
  const FitResult first = fit(*make_detect_task(discs(64), detector), quick(), folder.path(), false, {});
  VerifyTaskOptions options;
  options.network = nn::build_graph("resnet", {{"depth", 18}, {"classes", 2}, {"width", 0.125}, {"in_channels", 3}});
  options.input.size = 32;
  DetectOptions found;
  found.confidence = 0.001;
  options.detector = std::make_shared<YoloV8>(make_predictor(first.best, {}), found);
  options.examples.input = options.input.detector = options.detector->input();
  options.missed = 1;
  const FitResult result = fit(*make_verify_task(discs(64), options), quick(), folder.path(), false, {});
  EXPECT_LT(result.epochs[1].loss, result.epochs[0].loss);
  const auto trained = std::shared_ptr<Predictor>(make_predictor(result.best, {}));
  EXPECT_EQ(Verifier(trained, options.input.detector).input().size, 32);
  DetectInput other = options.input.detector;
  other.level += 10;
  try {
    Verifier(trained, other);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::wrong_checkpoint);
  }
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
