// Component `yolov8`: lesions as boxes on slices (LiLNet, Nat Commun 2024: YOLOv8 at 512, confidence .25).
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "engine/predictor.h"
#include "stages/detect/decode.h"
#include "stages/detect/input.h"
#include "stages/detect/liver_filter.h"
#include "study/stages.h"

namespace hepatica {

/// Block `stages.detect.options.closer_look`: a second look at each slice with finer pixels than in training, for small
/// boxes alone; large ones come from the view as trained (by size as Singh and Davis, CVPR 2018). Of region "liver"
/// only.
struct CloserLook {
  double magnify = 1;    ///< how much finer the pixels are; 1: there is no second look
  double below_mm = 25;  ///< longest side of its boxes; from it on they come from the view as trained
};

/// Block `stages.detect.options`.
struct DetectOptions {
  DetectInput input;         ///< block `input`; used where the checkpoint does not say its own
  double confidence = 0.25;  ///< boxes with a lower score are dropped (LiLNet)
  double iou = 0.5;          ///< of suppressed boxes (LiLNet's test script)
  int64_t batch = 8;         ///< slices a call
  CloserLook closer_look;    ///< block `closer_look`
  double slice_step_mm = 2;  ///< of thin slices only every n-th is looked at, at most this far apart
  LiverFilterOptions liver;  ///< block `liver`
};

DetectOptions read_detect_options(const Block& block);

/// One look of the detector at a slice, and the boxes that are taken from it.
struct DetectView {
  DetectInput input;
  double least_mm = 0;  ///< longest side of its boxes
  double below_mm = std::numeric_limits<double>::infinity();
};

/// The view as trained, and before it the closer one where there is one.
std::vector<DetectView> detect_views(const DetectInput& trained, const CloserLook& closer);

/// Boxes on network images.
class YoloV8 {
 public:
  /// Error{wrong_checkpoint} where the network is no YOLOv8 or takes other channels than the input gives.
  YoloV8(std::shared_ptr<Predictor> predictor, const DetectOptions& options);
  const DetectInput& input() const { return options_.input; }  ///< as trained
  /// The decoded outputs of a batch of images [channels, size, size], all of one size.
  std::vector<DecodedHead> decode(const std::vector<PlaneImage>& images) const;
  /// Boxes after confidence and suppression, pixels of the network's image.
  std::vector<ScoredBox> boxes(const DecodedHead& head) const;

 private:
  std::shared_ptr<Predictor> predictor_;
  DetectOptions options_;
};

/// Slices without liver are not looked at.
std::unique_ptr<Detector> make_yolov8_detector(std::shared_ptr<Predictor> predictor, const DetectOptions& options);

}  // namespace hepatica
