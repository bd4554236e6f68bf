// Slices as the detector learns them: varied, cut to the network's image, with boxes in its pixels.
#pragma once

#include <vector>

#include "dataset/augment.h"
#include "dataset/slice.h"
#include "image/plane.h"
#include "stages/detect/input.h"

namespace hepatica::train {

struct DetectExampleOptions {
  DetectInput input;
  AugmentOptions augment;
  double drop_liver = 0.3;    ///< probability that the liver mask is not given
  double miss_lesion = 0.15;  ///< probability, for each lesion, that the mask leaves it out, as segmenters do
  double drop_context = 0.1;  ///< probability that the planes beside a slice are not given
  /// Probability that the mask's bays are filled, as segmenters take in the vena cava, the portal vein and the
  /// gallbladder, which a detector that has only seen them outside the mask calls lesions.
  double fill_liver = 0;
  double jitter_liver = 0.5;   ///< probability that the mask's border is moved
  double liver_hu_jitter = 6;  ///< standard deviation, HU
  /// Training on parts of the network's image this many pixels a side, as it has no fixed size: most of the whole shows
  /// no lesion and costs as much; 0: the whole.
  int crop = 0;
  double crop_on_lesion = 0.7;  ///< probability that such a part is laid around a lesion, where there is one
};

/// One slice as the network sees it, with boxes in pixels of the network's image.
struct DetectExample {
  PlaneImage image;  ///< [channels, size, size]
  std::vector<LesionBox> lesions;
};

/// As in diagnosis.
DetectExample plain_example(const LearningSlice& slice, const DetectExampleOptions& options);
/// Varied by draws from `rng`.
DetectExample varied_example(const LearningSlice& slice, const DetectExampleOptions& options, Rng& rng);

/// The part of `box` that `by` covers.
double covered(const Box2& box, const Box2& by);

}  // namespace hepatica::train
