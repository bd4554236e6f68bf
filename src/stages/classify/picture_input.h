// Pictures as the lesion classifiers' input.
#pragma once

#include <span>

#include "image/resize.h"
#include "stages/classify/input.h"

namespace hepatica {

/// A picture of a crop [height, width, 3] as [3, size, size], resized by Pillow's rule where it has another size, as
/// LiLNet's published loaders take crops in: RGB, bilinear, 0..1, (value - mean) / std.
inline PlaneImage classify_picture(std::span<const uint8_t> rgb,
                                   int64_t width,
                                   int64_t height,
                                   const ClassifyInput& input) {
  PlaneImage image =
      planes_from_pixels(resize_bilinear(rgb, width, height, 3, input.size, input.size), input.size, input.size, 3);
  const float mean = float(input.mean), std = float(input.std);
  for (float& value : image.values) value = (value - mean) / std;
  return image;
}

}  // namespace hepatica
