#include "stages/classify/ensemble.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace hepatica {
namespace {

/// Says the same of every detection.
class Constant final : public Classifier {
 public:
  Constant(std::vector<double> logits, int64_t rows) : logits_(std::move(logits)), rows_(rows) {}
  const std::string& task() const override { return task_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::vector<ImagePrediction> classify(const PreprocessedStudy&, const std::vector<Detection>& all) const override {
    std::vector<ImagePrediction> predictions(all.size());
    for (ImagePrediction& prediction : predictions) prediction.logits = logits_;
    return predictions;
  }
  std::vector<FeatureMap> features(const PreprocessedStudy&, const std::vector<Detection>& all) const override {
    return std::vector<FeatureMap>(all.size(), {1, rows_, 1, std::vector<float>(size_t(rows_), float(logits_[0]))});
  }
  std::vector<std::vector<float>> class_weights() const override { return {{float(logits_[0])}, {float(logits_[1])}}; }

  std::vector<std::string> classes_{"a", "b"};

 private:
  std::string task_ = "t";
  std::vector<double> logits_;
  int64_t rows_;
};

std::vector<std::unique_ptr<Classifier>> two(int64_t second_rows = 2) {
  std::vector<std::unique_ptr<Classifier>> members;
  members.push_back(std::make_unique<Constant>(std::vector<double>{0, std::log(3)}, 2));
  members.push_back(std::make_unique<Constant>(std::vector<double>{4, 4}, second_rows));
  return members;
}

std::vector<double> logits_of(const Classifier& classifier) { return classifier.classify({}, {{}}).front().logits; }

TEST(Ensemble, MeansByHand) {
  const auto logits = logits_of(*make_ensemble(two(), {0, 0}, "logits"));
  EXPECT_NEAR(logits[0], 2, 1e-12);
  EXPECT_NEAR(logits[1], (std::log(3) + 4) / 2, 1e-12);
  // Probabilities 1/4 and 1/2, 3/4 and 1/2.
  const auto probabilities = logits_of(*make_ensemble(two(), {0, 0}, "probabilities"));
  EXPECT_NEAR(std::exp(probabilities[0]), 0.375, 1e-12);
  EXPECT_NEAR(std::exp(probabilities[1]), 0.625, 1e-12);
}

TEST(Ensemble, TheBestIsThatOfTheHighestScore) {
  EXPECT_EQ(logits_of(*make_ensemble(two(), {0.4, 0.7}, "best")), (std::vector<double>{4, 4}));
  EXPECT_EQ(logits_of(*make_ensemble(two(), {0.8, 0.7}, "best"))[0], 0);
}

TEST(Ensemble, FeaturesStandSideBySide) {
  const auto ensemble = make_ensemble(two(), {0, 0}, "logits");
  const FeatureMap map = ensemble->features({}, {{}}).front();
  EXPECT_EQ(map.channels, 2);
  EXPECT_EQ(map.values, (std::vector<float>{0, 0, 4, 4}));
  EXPECT_EQ(ensemble->class_weights()[0], (std::vector<float>{0, 2}));
  EXPECT_EQ(make_ensemble(two(3), {0, 0}, "logits")->features({}, {{}}).front().values,
            (std::vector<float>{0, 0, 0, 0}));
}

TEST(Ensemble, MembersMustTellTheSameClassesApart) {
  auto members = two();
  dynamic_cast<Constant&>(*members[1]).classes_ = {"b", "a"};
  EXPECT_THROW(make_ensemble(std::move(members), {0, 0}, "logits"), Error);
}

}  // namespace
}  // namespace hepatica
