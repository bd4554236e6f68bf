// Variations of detector images as YOLOv8 makes them (facts of Ultralytics 8.0.147), on the network's image.
#pragma once

#include <array>

#include "base/options.h"
#include "base/rng.h"
#include "train/detect_examples.h"

namespace hepatica::train {

/// YOLOv8's defaults but for `mosaic`. Its hue and saturation gains (.015, .7) change nothing on grey pictures; mixup
/// and copy-paste are 0 in its defaults; these are left out, as are the four filters of the albumentations package (.01
/// each), which YOLOv8 has only where that is installed.
struct YoloAugmentOptions {
  double mosaic = 0.1;      ///< probability (LiLNet .1; YOLOv8 1)
  double rotation_deg = 0;  ///< uniform in +/-
  double translate = 0.1;   ///< of the image's side, uniform in +/- on each axis
  double scale = 0.5;       ///< magnification uniform in 1 +/- scale
  double shear_deg = 0;     ///< angle of the shear along x, and of that along y, uniform in +/-
  double perspective = 0;   ///< factor on each pixel's distance from the middle in w, uniform in +/-; at most .001
  double value_gain = 0.4;  ///< grey values times a factor uniform in 1 +/- gain
  double flip_x = 0.5, flip_y = 0;
};

/// Error{bad_recipe} on unknown keys and values out of range.
YoloAugmentOptions yolo_augment_options(const Block& block);

/// Four images [channels, s, s] around a common corner, drawn in the middle half, on a canvas of side 2 s filled with
/// grey 114. What leaves the canvas is cut.
DetectExample mosaic_of(const std::array<DetectExample, 4>& tiles, Rng& rng);

/// `example` in perspective, turned and scaled, sheared and moved onto `side` pixels, its middle to the middle but for
/// the move; then grey values and flips. Linear, grey 114 outside. A box becomes the box around its corners, clipped;
/// it is kept where both sides are above 2 pixels, more than a tenth of its area is left, and its aspect is below 100.
DetectExample yolo_varied(const DetectExample& example, int64_t side, const YoloAugmentOptions& options, Rng& rng);

}  // namespace hepatica::train
