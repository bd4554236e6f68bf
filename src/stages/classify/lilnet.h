// Component `lilnet`: scores lesion crops with LiLNet's networks (Nat Commun 2024), or with a plain ResNet, DenseNet,
// EfficientNet or ConvNeXt.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "engine/predictor.h"
#include "stages/classify/input.h"
#include "study/stages.h"

namespace hepatica {

/// Block `stages.classify.options`.
struct ClassifyOptions {
  ClassifyInput input;           ///< block `input`; used where the checkpoint does not say its own
  int64_t batch = 16;            ///< crops a call
  int64_t images_per_phase = 0;  ///< of each lesion, evenly spread over its slices; 0: all of them, as LiLNet
  bool all_phases = false;       ///< a lesion is looked at in every phase, see in_all_phases; else where it was boxed
  /// Names of several networks a task, whose models are "<task>_<name>"; empty: one, whose model is "<task>".
  std::vector<std::string> networks;
  std::string combine = "logits";  ///< "best", "logits", "probabilities"; see make_ensemble
};

ClassifyOptions read_classify_options(const Block& block);

/// At most `limit` (0: no limit) of each image's detections, evenly spread over its slices; their order is kept.
std::vector<Detection> sampled(const std::vector<Detection>& detections, int64_t limit);

/// LiLNet's aggregate of its two heads for one crop: logit of class c is the mean over masks j of out4[j, 5c + j] and
/// out3[j, 5c + j], each [5, 5 * classes] (methods of the published code, process.py).
std::vector<double> aggregate_masks(std::span<const float> out4, std::span<const float> out3, size_t classes);

/// The same for a batch as weights of the outputs: the logits times `of[n]`, summed, are the sum of out4 and out3 times
/// these over the rows of sample n, [5 * samples, 5 * classes] (the same for both outputs). `of` must not be empty.
Array aggregate_weights(const std::vector<LogitWeights>& of);

/// Row 5c (no mask) of fc * fc_ens: the weight of class c on each channel of layer4. `fc` is [5 * classes, inner],
/// `fc_ens` [inner, channels].
std::vector<std::vector<float>> lilnet_class_weights(const Array& fc, const Array& fc_ens);

/// Scores crops of any image.
class CropNetwork {
 public:
  /// Error{wrong_checkpoint} where the network is no classifier or has another number of classes than `classes` names.
  CropNetwork(std::shared_ptr<Predictor> predictor,
              const std::string& task,
              std::vector<std::string> classes,
              const ClassifyOptions& options);
  const ClassifyInput& input() const { return options_.input; }
  const std::vector<std::string>& classes() const { return classes_; }
  /// Logits of each crop [3, size, size], in batches.
  std::vector<std::vector<double>> logits(size_t count, const std::function<PlaneImage(size_t)>& crop) const;
  std::vector<FeatureMap> features(size_t count, const std::function<PlaneImage(size_t)>& crop) const;
  /// [classes][channels of the features]; for ConvNeXt, whose logits come after a norm, up to a factor an image.
  std::vector<std::vector<float>> class_weights() const;
  /// Of each crop n the logits times `of[n]`, summed, and the gradient with respect to its features or the crop, in
  /// batches.
  std::vector<CropGradient> gradients(const std::vector<PlaneImage>& crops,
                                      const std::vector<LogitWeights>& of,
                                      CropModel::Layer at) const;
  std::vector<std::string> layers() const { return predictor_->layer_groups(); }
  CropNetwork with_random_layers(size_t layers, uint64_t seed) const;

 private:
  Array batch_of(size_t first, size_t count, const std::function<PlaneImage(size_t)>& crop) const;
  std::map<std::string, Array> run(size_t first,
                                   size_t count,
                                   const std::function<PlaneImage(size_t)>& crop,
                                   const std::vector<std::string>& wanted) const;
  /// A sum of logits a sample as weights of the network's outputs.
  std::map<std::string, Array> output_weights(const std::vector<LogitWeights>& of) const;

  std::shared_ptr<Predictor> predictor_;
  std::vector<std::string> classes_;
  ClassifyOptions options_;
  bool lilnet_ = true;
};

/// The network as a function of crops of studies.
std::unique_ptr<CropModel> make_crop_model(const CropNetwork& network);

/// `classes` are used where the checkpoint does not name its own.
std::unique_ptr<Classifier> make_lilnet_classifier(std::shared_ptr<Predictor> predictor,
                                                   const std::string& task,
                                                   const std::vector<std::string>& classes,
                                                   const ClassifyOptions& options);

}  // namespace hepatica
