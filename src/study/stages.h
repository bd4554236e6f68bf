// The stage interfaces. A recipe names one component for each; the pipeline calls them in turn.
#pragma once

#include <memory>
#include <string>
#include <vector>

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

/// What a classifier sees before its pooling, for class activation maps.
struct FeatureMap {
  int64_t channels = 0, rows = 0, columns = 0;
  std::vector<float> values;  ///< [channels, rows, columns]
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
  /// The feature maps of the same crops, in their order.
  virtual std::vector<FeatureMap> features(const PreprocessedStudy& study,
                                           const std::vector<Detection>& detections) const = 0;
  /// Weight of each class on each channel of the features, [classes][channels].
  virtual std::vector<std::vector<float>> class_weights() const = 0;
};

}  // namespace hepatica
