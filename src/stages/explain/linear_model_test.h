// A model for tests whose every number can be worked out by hand.
#pragma once

#include <memory>

#include "study/stages.h"

namespace hepatica {

/// Logit of class c = bias[c] + sum of weights[c] * crop; its features are the crop itself.
class LinearModel final : public CropModel {
 public:
  LinearModel(std::vector<std::vector<float>> weights, std::vector<double> bias)
      : weights_(std::move(weights)), bias_(std::move(bias)), classes_(weights_.size(), "class") {}

  const std::vector<std::string>& classes() const override { return classes_; }
  PlaneImage crop(const PreprocessedStudy&, const Detection&) const override { return {1, 2, 2, {5, 6, 7, 8}}; }
  Box2 crop_box(const PreprocessedStudy&, const Detection&) const override { return {0, 0, 2, 2}; }
  float black() const override { return -1; }

  std::vector<std::vector<double>> logits(const std::vector<PlaneImage>& crops) const override {
    std::vector<std::vector<double>> all;
    for (const PlaneImage& crop : crops) {
      all.emplace_back();
      for (size_t c = 0; c < weights_.size(); ++c) all.back().push_back(logit(crop, c));
    }
    return all;
  }

  std::vector<FeatureMap> features(const std::vector<PlaneImage>& crops) const override {
    std::vector<FeatureMap> maps;
    for (const PlaneImage& crop : crops) maps.push_back({crop.channels, crop.height, crop.width, crop.values});
    return maps;
  }

  std::vector<std::vector<float>> class_weights() const override { return weights_; }

  std::vector<CropGradient> gradients(const std::vector<PlaneImage>& crops,
                                      const std::vector<LogitWeights>& of,
                                      Layer) const override {
    std::vector<CropGradient> all;
    const std::vector<FeatureMap> maps = features(crops);
    for (size_t n = 0; n < crops.size(); ++n) {
      all.push_back({0, maps[n], maps[n]});
      std::vector<float>& gradient = all.back().gradient.values;
      for (size_t v = 0; v < gradient.size(); ++v) gradient[v] = 0;
      for (size_t c = 0; c < weights_.size(); ++c) {
        all.back().logit += of[n][c] * logit(crops[n], c);
        for (size_t v = 0; v < gradient.size(); ++v) gradient[v] += of[n][c] * weights_[c][v];
      }
    }
    return all;
  }

  std::vector<std::string> layers() const override { return {"fc"}; }
  std::unique_ptr<CropModel> with_random_layers(size_t, uint64_t) const override {
    return std::make_unique<LinearModel>(*this);
  }

 private:
  double logit(const PlaneImage& crop, size_t c) const {
    double sum = bias_[c];
    for (size_t v = 0; v < crop.values.size(); ++v) sum += double(weights_[c][v]) * crop.values[v];
    return sum;
  }

  std::vector<std::vector<float>> weights_;
  std::vector<double> bias_;
  std::vector<std::string> classes_;
};

}  // namespace hepatica
