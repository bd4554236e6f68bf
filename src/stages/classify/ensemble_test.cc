#include "stages/classify/ensemble.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace hepatica {
namespace {

/// Says the same of every detection.
class Constant final : public Classifier {
 public:
  explicit Constant(std::vector<double> logits) : logits_(std::move(logits)) {}
  const std::string& task() const override { return task_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::vector<ImagePrediction> classify(const PreprocessedStudy&, const std::vector<Detection>& all) const override {
    std::vector<ImagePrediction> predictions(all.size());
    for (ImagePrediction& prediction : predictions) prediction.logits = logits_;
    return predictions;
  }
  const CropModel& crop_model() const override { throw Error(ErrorCode::bad_values, task_ + " has no crops"); }

  std::vector<std::string> classes_{"a", "b"};

 private:
  std::string task_ = "t";
  std::vector<double> logits_;
};

std::vector<std::unique_ptr<Classifier>> two() {
  std::vector<std::unique_ptr<Classifier>> members;
  members.push_back(std::make_unique<Constant>(std::vector<double>{0, std::log(3)}));
  members.push_back(std::make_unique<Constant>(std::vector<double>{4, 4}));
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

TEST(Ensemble, MembersMustTellTheSameClassesApart) {
  auto members = two();
  dynamic_cast<Constant&>(*members[1]).classes_ = {"b", "a"};
  EXPECT_THROW(make_ensemble(std::move(members), {0, 0}, "logits"), Error);
}

}  // namespace
}  // namespace hepatica
