// The verifier behind stand-ins of the segmenter and the detector: what it learns from, that it learns, what it keeps.
#include "train/verify_task.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/predictor.h"
#include "nn/graph.h"
#include "train/fit.h"

namespace hepatica::train {
namespace {

constexpr Box2 kLesion{8, 8, 16, 16}, kOther{28, 28, 36, 36}, kBeside{8, 15.5, 16, 22};

/// Two phases of 48 x 48 x 5 voxels with noise; in the arterial one a lesion of 60 HU above the liver on the three
/// middle slices.
class Studies : public StudySource {
 public:
  size_t size() const override { return 8; }
  std::string group(size_t index) const override { return std::to_string(index); }
  std::string fingerprint() const override { return "studies"; }
  std::string key(size_t index) const override { return "study " + std::to_string(index); }
  std::vector<LearningPhase> get(size_t index) const override {
    Geometry grid;
    grid.size = {48, 48, 5};
    grid.spacing = {1, 1, 5};
    std::vector<LearningPhase> phases;
    Rng rng(index);
    for (const Phase phase : {Phase::arterial, Phase::portal_venous}) {
      LearningPhase one{phase, Volume<int16_t>(grid), Mask(grid)};
      for (int16_t& value : one.hu.values()) value = int16_t(100 + rng.normal(0, 15));
      for (int64_t k = 1; k < 4; ++k)
        for (int64_t j = 8; j < 16; ++j)
          for (int64_t i = 8; i < 16; ++i) {
            if (phase == Phase::arterial) one.hu.at(i, j, k) += 60;
            one.lesions.at(i, j, k) = 1;
          }
      phases.push_back(std::move(one));
    }
    return phases;
  }
};

class AllLiver : public Segmenter {
 public:
  LiverSegmentation segment(const Volume<int16_t>& hu) const override {
    return {Mask(hu.geometry(), uint8_t(1)), 1, 1, ""};
  }
};

/// Boxes the lesion, a place without one and one at the lesion's border.
class ThreeBoxes : public Detector {
 public:
  std::vector<Detection> detect(const PreprocessedStudy& study) const override {
    std::vector<Detection> found;
    for (size_t image = 0; image < study.images.size(); ++image)
      for (int64_t k = 1; k < 4; ++k)
        for (const Box2& box : {kLesion, kOther, kBeside}) found.push_back({image, k, box, 0.3});
    return found;
  }
};

std::unique_ptr<CandidateStore> store_in(const fs::path& folder) {
  StudyMixture data;
  data.add("studies", std::make_shared<Studies>(), 1, {0.25, 0}, 1);
  VerifyInput input;
  input.size = 32;
  input.spacing_mm = 1;
  input.planes_mm = {0};
  CandidateStages stages{std::make_shared<AllLiver>(), std::make_shared<ThreeBoxes>(), {}, "made up"};
  return std::make_unique<CandidateStore>(std::move(data), input, std::move(stages), folder);
}

TEST(CandidateStore, SortsOutByTheTruth) {
  TemporaryFolder folder;
  const auto store = store_in(folder.path());
  const Candidates first = store->get({0, 0});
  // One lesion in both phases, one candidate elsewhere; the one that touches the lesion's border is left out.
  ASSERT_EQ(first.labels.size(0), 2);
  EXPECT_EQ(first.labels.sum().item<int64_t>(), 1);
  EXPECT_EQ(first.views.sizes(), (std::vector<int64_t>{2, 6, 40, 40}));
  const Candidates again = store->get({0, 0});  // from the folder
  EXPECT_TRUE(again.views.equal(first.views) && again.labels.equal(first.labels));
  const int64_t lesion = first.labels[0].item<int64_t>() == 1 ? 0 : 1;
  const torch::Tensor middle = first.views[lesion][0].narrow(0, 17, 6).narrow(1, 17, 6).to(torch::kFloat);
  EXPECT_NEAR(middle.mean().item<double>() / kViewUnit, 1, 0.15);  // 60 HU of 60
}

TEST(CandidateStore, RefusesAForeignFile) {
  TemporaryFolder folder;
  const auto store = store_in(folder.path());
  store->get({0, 0});
  for (const auto& entry : fs::directory_iterator(folder.path())) write_file(entry.path(), "nothing");
  EXPECT_THROW(store->get({0, 0}), Error);
}

TEST(VerifyTask, LearnsAndKeepsTheLesion) {
  TemporaryFolder folder;
  VerifyTaskOptions options;
  options.network = nn::build_graph("resnet", {{"depth", 18}, {"classes", 2}, {"width", 0.125}, {"in_channels", 6}});
  options.augment = {20, 0.1, 2, 0.5, 0.5, 0.1, 0.05, 0.1, 0};
  FitOptions fitted;
  fitted.epochs = 3;
  fitted.steps = 12;
  fitted.batch = 6;
  fitted.learning_rate = 3e-3;
  fitted.warmup_steps = 0;
  fitted.ema = 0.5;
  fitted.precision = "f32";
  const auto task = make_verify_task(store_in(folder.path() / "candidates"), options);
  const FitResult result = fit(*task, fitted, folder.path() / "fit", false, {});
  EXPECT_LT(result.epochs[2].loss, result.epochs[0].loss);
  EXPECT_GT(result.best_score, 0.99);
  const Verifier verifier(make_predictor(result.best, {}), {});
  const std::vector<LearningPhase> phases = Studies().get(100);
  PreprocessedStudy study;
  for (size_t p = 0; p < phases.size(); ++p)
    study.images.push_back({p, phases[p].phase, phases[p].hu, AllLiver().segment(phases[p].hu).liver, 0});
  const auto candidates =
      link_detections(study, ThreeBoxes().detect(study), candidate_options(LinkOptions{}, verifier.input()));
  ASSERT_EQ(candidates.size(), 3u);
  const std::vector<LinkedLesion> kept = verifier.judge(study, candidates);
  ASSERT_GE(kept.size(), 1u);
  for (const LinkedLesion& one : kept) EXPECT_NE(one.tracks[0].detections[0].box, kOther);
  EXPECT_EQ(kept[0].tracks[0].detections[0].box, kLesion);
  EXPECT_GE(kept[0].score, 0.5);
}

TEST(Verifier, RefusesAnotherNetwork) {
  TemporaryFolder folder;
  VerifyTaskOptions options;
  options.network = nn::build_graph("resnet", {{"depth", 18}, {"classes", 3}, {"width", 0.125}, {"in_channels", 6}});
  FitOptions fitted;
  fitted.epochs = fitted.steps = 1;
  const auto task = make_verify_task(store_in(folder.path() / "candidates"), options);
  const FitResult result = fit(*task, fitted, folder.path() / "fit", false, {});
  try {
    Verifier(make_predictor(result.best, {}), {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::wrong_checkpoint);
  }
}

}  // namespace
}  // namespace hepatica::train
