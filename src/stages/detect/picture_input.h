// Pictures as the detector's input.
#pragma once

#include <span>

#include "image/resize.h"
#include "stages/detect/input.h"

namespace hepatica {

/// A whole picture [height, width, 3] as [3, size, size], values 0..1: resized to the square by Pillow's rule without
/// letterbox, as LiLNet's published detector takes pictures in (dataset.py). For mode "window", in the picture's own
/// window.
inline PlaneImage detect_picture(std::span<const uint8_t> rgb,
                                 int64_t width,
                                 int64_t height,
                                 const DetectInput& input) {
  return planes_from_pixels(resize_bilinear(rgb, width, height, 3, input.size, input.size), input.size, input.size, 3);
}

}  // namespace hepatica
