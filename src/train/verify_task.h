// Training of the verifier on what a trained detector finds.
#pragma once

#include <memory>

#include "stages/detect/verify.h"
#include "stages/detect/yolov8.h"
#include "train/detect_examples.h"
#include "train/task.h"

namespace hepatica::train {

struct VerifyTaskOptions {
  nn::Graph network;  ///< resnet of two classes
  VerifyInput input;
  DetectExampleOptions examples;     ///< of the detector; their `input` is the detector's own
  std::shared_ptr<YoloV8> detector;  ///< trained; with a low confidence
  size_t most_crops = 4;             ///< of one slice and class; false candidates of the highest scores first
  double missed = 0.3;               ///< probability that a lesion that the detector did not find is shown too
};

/// Candidates are the detector's boxes on varied slices: lesions where the IoU with one is at least 0.25, false where
/// less than a third of the smaller box overlaps any; what lies between, or half in an ignored region, is left out.
/// Cross entropy. The figures are the area under the ROC curve and the specificity at a sensitivity of .95.
std::unique_ptr<Task> make_verify_task(Mixture data, VerifyTaskOptions options);

}  // namespace hepatica::train
