#include "stages/classify/lilnet.h"
#include "stages/classify/phases.h"

namespace hepatica {
namespace {

class NetworkCropModel final : public CropModel {
 public:
  explicit NetworkCropModel(const CropNetwork& network) : network_(network) {}

  const std::vector<std::string>& classes() const override { return network_.classes(); }

  PlaneImage crop(const PreprocessedStudy& study, const Detection& detection) const override {
    return network_crop(study, {detection}, 0, network_.input());
  }

  Box2 crop_box(const PreprocessedStudy& study, const Detection& detection) const override {
    const Volume<int16_t>& hu = study.images[detection.image].hu;
    return hepatica::crop_box(detection.box, hu.nx(), hu.ny(), network_.input());
  }

  float black() const override { return float(-network_.input().mean / network_.input().std); }

  std::vector<std::vector<double>> logits(const std::vector<PlaneImage>& crops) const override {
    return network_.logits(crops.size(), [&](size_t n) { return crops[n]; });
  }

  std::vector<FeatureMap> features(const std::vector<PlaneImage>& crops) const override {
    return network_.features(crops.size(), [&](size_t n) { return crops[n]; });
  }

  std::vector<std::vector<float>> class_weights() const override { return network_.class_weights(); }

  std::vector<CropGradient> gradients(const std::vector<PlaneImage>& crops,
                                      const std::vector<LogitWeights>& of,
                                      Layer at) const override {
    return network_.gradients(crops, of, at);
  }

  std::vector<std::string> layers() const override { return network_.layers(); }

  std::unique_ptr<CropModel> with_random_layers(size_t layers, uint64_t seed) const override {
    return make_crop_model(network_.with_random_layers(layers, seed));
  }

 private:
  CropNetwork network_;
};

}  // namespace

std::unique_ptr<CropModel> make_crop_model(const CropNetwork& network) {
  return std::make_unique<NetworkCropModel>(network);
}

}  // namespace hepatica
