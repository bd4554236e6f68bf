// The stage interfaces. A recipe names one component for each; the pipeline calls them in turn.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "image/plane.h"
#include "study/findings.h"
#include "study/study.h"

namespace hepatica {

/// The liver of one image.
struct LiverSegmentation {
  Mask liver;  ///< 1 = liver, on the grid of the image; all 0 where none was found
  double volume_ml = 0;
  double confidence = 0;  ///< mean probability over the liver, 0..1
  std::string refusal;    ///< why there is no liver to work on; empty where there is one
};

/// Finds the liver in one image.
class Segmenter {
 public:
  virtual ~Segmenter() = default;
  /// `hu` has axes to the left, to the back and to the head.
  virtual LiverSegmentation segment(const Volume<int16_t>& hu) const = 0;
};

/// Finds lesions on the slices of all images, and links them.
class Detector {
 public:
  virtual ~Detector() = default;
  /// Boxes on slices, filtered by the liver of each image.
  virtual std::vector<Detection> detect(const PreprocessedStudy& study) const = 0;
};

/// Values of a network on a grid over a crop.
struct FeatureMap {
  int64_t channels = 0, rows = 0, columns = 0;
  std::vector<float> values;  ///< [channels, rows, columns]
};

/// What a map explains: the sum of the classes' logits times these weights, [classes].
using LogitWeights = std::vector<float>;

/// A sum of logits of one crop, and its gradient.
struct CropGradient {
  double logit = 0;
  FeatureMap at;        ///< the features, or the crop itself
  FeatureMap gradient;  ///< of the sum with respect to them, of the same sizes
};

/// A classifier as a function of its crops, for explanations and their checks.
class CropModel {
 public:
  enum class Layer { features, input };

  virtual ~CropModel() = default;
  virtual const std::vector<std::string>& classes() const = 0;
  /// What the network takes for a detection, [channels, rows, columns].
  virtual PlaneImage crop(const PreprocessedStudy& study, const Detection& detection) const = 0;
  /// The square of the slice that the crop covers.
  virtual Box2 crop_box(const PreprocessedStudy& study, const Detection& detection) const = 0;
  /// Black (what lies below the grey window) as a value of a crop; 0 is the mean that the network was trained with.
  virtual float black() const = 0;
  virtual std::vector<std::vector<double>> logits(const std::vector<PlaneImage>& crops) const = 0;
  /// The feature maps before the pooling.
  virtual std::vector<FeatureMap> features(const std::vector<PlaneImage>& crops) const = 0;
  /// Weight of each class on each channel of the features, [classes][channels].
  virtual std::vector<std::vector<float>> class_weights() const = 0;
  /// Of each crop n the logits times `of[n]`, summed, and its gradient.
  virtual std::vector<CropGradient> gradients(const std::vector<PlaneImage>& crops,
                                              const std::vector<LogitWeights>& of,
                                              Layer at) const = 0;
  /// Groups of layers from the outputs to the input, and the model with the first `layers` of them untrained.
  virtual std::vector<std::string> layers() const = 0;
  virtual std::unique_ptr<CropModel> with_random_layers(size_t layers, uint64_t seed) const = 0;
};

/// Scores crops of detections for one task.
class Classifier {
 public:
  virtual ~Classifier() = default;
  virtual const std::string& task() const = 0;
  virtual const std::vector<std::string>& classes() const = 0;
  /// One prediction per detection, in their order: logits and crop.
  virtual std::vector<ImagePrediction> classify(const PreprocessedStudy& study,
                                                const std::vector<Detection>& detections) const = 0;
  virtual const CropModel& crop_model() const = 0;
};

}  // namespace hepatica
