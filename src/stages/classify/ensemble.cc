#include "stages/classify/ensemble.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace hepatica {
namespace {

/// log(sum exp(x)), without overflow.
double log_sum(const std::vector<double>& values) {
  const double most = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (const double value : values) sum += std::exp(value - most);
  return most + std::log(sum);
}

class Ensemble final : public Classifier {
 public:
  Ensemble(std::vector<std::unique_ptr<Classifier>> members, bool probabilities)
      : members_(std::move(members)), probabilities_(probabilities) {}

  const std::string& task() const override { return members_.front()->task(); }
  const std::vector<std::string>& classes() const override { return members_.front()->classes(); }

  std::vector<ImagePrediction> classify(const PreprocessedStudy& study,
                                        const std::vector<Detection>& detections) const override {
    std::vector<std::vector<ImagePrediction>> all;
    for (const auto& member : members_) all.push_back(member->classify(study, detections));
    std::vector<ImagePrediction> mean = all.front();
    for (size_t n = 0; n < mean.size(); ++n)
      for (size_t c = 0; c < classes().size(); ++c) mean[n].logits[c] = joined(all, n, c);
    return mean;
  }

  const CropModel& crop_model() const override { return members_.front()->crop_model(); }

 private:
  double joined(const std::vector<std::vector<ImagePrediction>>& all, size_t n, size_t c) const {
    const double count = double(all.size());
    double sum = 0;
    std::vector<double> log_probabilities;
    for (const auto& member : all) {
      sum += member[n].logits[c] / count;
      log_probabilities.push_back(member[n].logits[c] - log_sum(member[n].logits));
    }
    return probabilities_ ? log_sum(log_probabilities) - std::log(count) : sum;
  }

  std::vector<std::unique_ptr<Classifier>> members_;
  bool probabilities_;
};

}  // namespace

std::unique_ptr<Classifier> make_ensemble(std::vector<std::unique_ptr<Classifier>> members,
                                          const std::vector<double>& scores,
                                          const std::string& combine) {
  for (const auto& member : members)
    if (member->classes() != members.front()->classes())
      throw Error(ErrorCode::wrong_checkpoint,
                  "the networks for '" + members.front()->task() + "' tell different classes apart");
  if (combine == "best")
    return std::move(members[size_t(std::max_element(scores.begin(), scores.end()) - scores.begin())]);
  return std::make_unique<Ensemble>(std::move(members), combine == "probabilities");
}

}  // namespace hepatica
