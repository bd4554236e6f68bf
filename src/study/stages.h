// The stage interfaces. A recipe names one component for each; the pipeline calls them in turn.
#pragma once

#include <memory>

#include "study/findings.h"
#include "study/study.h"

namespace hepatica {

/// Finds the liver in one image.
class Segmenter {
 public:
  virtual ~Segmenter() = default;
  /// Mask (1 = liver) on the grid of `hu`; all 0 where no liver was found.
  virtual Mask segment(const Volume<int16_t>& hu) const = 0;
};

/// Finds lesions on the slices of all images, and links them.
class Detector {
 public:
  virtual ~Detector() = default;
  /// Boxes on slices, filtered by the liver of each image.
  virtual std::vector<Detection> detect(const PreprocessedStudy& study) const = 0;
};

/// Scores crops of detections for one task.
class Classifier {
 public:
  virtual ~Classifier() = default;
  virtual const std::string& task() const = 0;
  virtual const std::vector<std::string>& classes() const = 0;
  /// One prediction per detection, in their order; with activation maps where `explain`.
  virtual std::vector<ImagePrediction> classify(const PreprocessedStudy& study,
                                                const std::vector<Detection>& detections,
                                                bool explain) const = 0;
};

}  // namespace hepatica
