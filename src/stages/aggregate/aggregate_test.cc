#include "stages/aggregate/aggregate.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hepatica {
namespace {

ImagePrediction image_with(std::vector<double> logits) {
  ImagePrediction image;
  image.logits = std::move(logits);
  return image;
}

TEST(Average, LogitsFirstThenSoftmaxByHand) {
  // Mean logits (1, 2 - ln 3 / 1): p2 / p1 = e^(mean difference).
  const StagePrediction stage =
      average("benign_malignant", {"benign", "malignant"}, {image_with({0, 4}), image_with({2, 2 - 2 * std::log(3)})});
  EXPECT_DOUBLE_EQ(stage.logits[0], 1);
  EXPECT_DOUBLE_EQ(stage.logits[1], 3 - std::log(3));
  EXPECT_NEAR(stage.probabilities[1] / stage.probabilities[0], std::exp(2) / 3, 1e-12);
  EXPECT_NEAR(stage.probabilities[0] + stage.probabilities[1], 1, 1e-12);
}

TEST(Softmax, LargeLogitsDoNotOverflow) {
  const std::vector<double> p = softmax({1000, 1000});
  EXPECT_DOUBLE_EQ(p[0], 0.5);
}

TEST(Combine, ProductOfTheStagesAndTheChoiceInTurn) {
  StagePrediction one{"benign_malignant", {"benign", "malignant"}, {}, {}, {0.45, 0.55}};
  StagePrediction benign{"benign", {"fnh", "hemangioma", "cyst"}, {}, {}, {0.05, 0.05, 0.9}};
  StagePrediction malignant{"malignant", {"hcc", "icc", "metastasis"}, {}, {}, {0.4, 0.35, 0.25}};
  const HierarchyPrediction combined = combine(one, {benign, malignant});
  EXPECT_NEAR(combined.probabilities.at("cyst"), 0.405, 1e-12);
  EXPECT_NEAR(combined.probabilities.at("hcc"), 0.22, 1e-12);
  // The most likely of the six is cyst, but stage one says malignant first.
  EXPECT_EQ(combined.prediction, "hcc");
  double sum = 0;
  for (const auto& [name, p] : combined.probabilities) sum += p;
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_EQ(abstention(combined, {}), std::nullopt);
  EXPECT_TRUE(abstention(combined, {0.5}).has_value());
}

}  // namespace
}  // namespace hepatica
