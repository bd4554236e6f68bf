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

  std::vector<FeatureMap> features(const PreprocessedStudy& study,
                                   const std::vector<Detection>& detections) const override {
    std::vector<FeatureMap> maps = members_.front()->features(study, detections);
    for (size_t m = 1; m < members_.size(); ++m) {
      const std::vector<FeatureMap> more = members_[m]->features(study, detections);
      for (size_t n = 0; n < maps.size(); ++n) {
        // What has another grid takes part with zeros, so that the channels still fit the class weights.
        const bool alike = more[n].rows == maps[n].rows && more[n].columns == maps[n].columns;
        std::vector<float> values = alike ? more[n].values : std::vector<float>();
        values.resize(size_t(more[n].channels * maps[n].rows * maps[n].columns));
        maps[n].values.insert(maps[n].values.end(), values.begin(), values.end());
        maps[n].channels += more[n].channels;
      }
    }
    return maps;
  }

  std::vector<std::vector<float>> class_weights() const override {
    std::vector<std::vector<float>> weights(classes().size());
    for (const auto& member : members_) {
      const std::vector<std::vector<float>> own = member->class_weights();
      for (size_t c = 0; c < weights.size(); ++c)
        for (const float w : own[c]) weights[c].push_back(w / float(members_.size()));
    }
    return weights;
  }

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
