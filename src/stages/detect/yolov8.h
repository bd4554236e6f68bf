// Component `yolov8`: lesions as boxes on slices (LiLNet, Nat Commun 2024: YOLOv8 at 512, confidence .25).
#pragma once

#include <memory>

#include "engine/predictor.h"
#include "stages/detect/decode.h"
#include "stages/detect/input.h"
#include "stages/detect/liver_filter.h"
#include "study/stages.h"

namespace hepatica {

/// Block `stages.detect.options`.
struct DetectOptions {
  DetectInput input;         ///< block `input`; used where the checkpoint does not say its own
  double confidence = 0.25;  ///< boxes with a lower score are dropped (LiLNet)
  double iou = 0.5;          ///< of suppressed boxes (LiLNet's test script)
  int64_t batch = 8;         ///< slices a call
  double magnify = 1;  ///< how much finer than in training the pixels are in region "liver"; small lesions score higher
  double slice_step_mm = 2;  ///< of thin slices only every n-th is looked at, at most this far apart
  LiverFilterOptions liver;  ///< block `liver`
};

DetectOptions read_detect_options(const Block& block);

/// Boxes on network images.
class YoloV8 {
 public:
  /// Error{wrong_checkpoint} where the network is no YOLOv8 or takes other channels than the input gives.
  YoloV8(std::shared_ptr<Predictor> predictor, const DetectOptions& options);
  const DetectInput& input() const { return options_.input; }  ///< magnified
  const DetectInput& trained_input() const { return trained_input_; }
  /// The decoded outputs of a batch of images [channels, size, size].
  std::vector<DecodedHead> decode(const std::vector<PlaneImage>& images) const;
  /// Boxes after confidence and suppression, pixels of the network's image.
  std::vector<ScoredBox> boxes(const DecodedHead& head) const;

 private:
  std::shared_ptr<Predictor> predictor_;
  DetectOptions options_;
  DetectInput trained_input_;
};

/// Slices without liver are not looked at.
std::unique_ptr<Detector> make_yolov8_detector(std::shared_ptr<Predictor> predictor, const DetectOptions& options);

}  // namespace hepatica
