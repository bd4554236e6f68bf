#include "stages/explain/phase_shapley.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hepatica {
namespace {

PreprocessedStudy three_phases() {
  PreprocessedStudy study;
  for (const Phase phase : {Phase::arterial, Phase::portal_venous, Phase::delayed}) {
    study.images.emplace_back();
    study.images.back().phase = phase;
  }
  return study;
}

ImagePrediction image(size_t index, std::vector<double> logits) {
  ImagePrediction prediction;
  prediction.detection.image = index;
  prediction.logits = std::move(logits);
  return prediction;
}

/// Malignant minus benign: arterial 4 and 2, portal venous 0, delayed -3.
StagePrediction stage() {
  return {"benign_malignant",
          {"benign", "malignant"},
          {image(0, {0, 4}), image(0, {1, 3}), image(1, {5, 5}), image(2, {3, 0})},
          {},
          {},
          {}};
}

TEST(PhaseShapley, LateFusionOfThreePhasesByHand) {
  const PreprocessedStudy study = three_phases();
  const StagePrediction scored = stage();
  const std::vector<Phase> phases = phases_of(scored, study);
  ASSERT_EQ(phases, (std::vector<Phase>{Phase::arterial, Phase::portal_venous, Phase::delayed}));
  const PhaseShapley shared = phase_shapley(phases, scored.classes, 1, late_fusion(scored, study), {});
  // v: none 0, A 3, P 0, AP 6/3 = 2, D -3, AD 3/3 = 1, PD -3/2, APD 3/4.
  EXPECT_NEAR(shared.none, 0, 1e-12);
  EXPECT_NEAR(shared.all, .75, 1e-12);
  // A: 1/3 3 + 1/6 (2 - 0) + 1/6 (1 + 3) + 1/3 (3/4 + 3/2) = 1 + 1/3 + 2/3 + 3/4.
  EXPECT_NEAR(shared.phases[0].second, 2.75, 1e-12);
  // P: 1/3 0 + 1/6 (2 - 3) + 1/6 (-3/2 + 3) + 1/3 (3/4 - 1) = -1/6 + 1/4 - 1/12.
  EXPECT_NEAR(shared.phases[1].second, 0, 1e-12);
  // D: 1/3 (-3) + 1/6 (1 - 3) + 1/6 (-3/2 - 0) + 1/3 (3/4 - 2) = -1 - 1/3 - 1/4 - 5/12.
  EXPECT_NEAR(shared.phases[2].second, -2, 1e-12);
  EXPECT_EQ(shared.chosen, "malignant");
  EXPECT_EQ(shared.value, "logit");
}

TEST(PhaseShapley, OnePhaseAndThreeClasses) {
  const std::vector<std::string> classes{"hcc", "icc", "metastasis"};
  const auto logits = [](size_t) { return std::vector<double>{std::log(6.0), std::log(2.0), std::log(2.0)}; };
  // p = .6: log odds ln 1.5; without a phase p = 1/3: ln .5.
  PhaseShapley shared = phase_shapley({Phase::arterial}, classes, 0, logits, {});
  EXPECT_NEAR(shared.none, std::log(.5), 1e-12);
  EXPECT_NEAR(shared.phases[0].second, std::log(1.5) - std::log(.5), 1e-12);
  shared = phase_shapley({Phase::arterial}, classes, 0, logits, {"logit", "zero"});
  EXPECT_NEAR(shared.phases[0].second, std::log(1.5), 1e-12);
  shared = phase_shapley({Phase::arterial}, classes, 0, logits, {"probability", "prior"});
  EXPECT_NEAR(shared.phases[0].second, .6 - 1.0 / 3, 1e-12);
  shared = phase_shapley({Phase::arterial}, classes, 0, logits, {"probability", "zero"});
  EXPECT_NEAR(shared.phases[0].second, .6, 1e-12);
}

TEST(PhaseShapley, PhasesWithoutImagesTakeNoPart) {
  const PreprocessedStudy study = three_phases();
  StagePrediction scored = stage();
  scored.images.erase(scored.images.begin() + 2);
  EXPECT_EQ(phases_of(scored, study), (std::vector<Phase>{Phase::arterial, Phase::delayed}));
  // v: none 0, A 3, D -3, AD 1: A = 1/2 3 + 1/2 (1 + 3).
  const PhaseShapley shared =
      phase_shapley(phases_of(scored, study), scored.classes, 1, late_fusion(scored, study), {});
  EXPECT_NEAR(shared.phases[0].second, 3.5, 1e-12);
  EXPECT_NEAR(shared.phases[1].second, -2.5, 1e-12);
}

}  // namespace
}  // namespace hepatica
