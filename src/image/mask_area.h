// How much of a slice a mask holds.
#pragma once

#include <algorithm>
#include <cstdint>

#include "image/volume.h"

namespace hepatica {

/// Pixels of slice k with a label.
inline int64_t labelled_pixels(const Mask& mask, int64_t k) {
  const auto slice = mask.slice(k);
  return std::count_if(slice.begin(), slice.end(), [](uint8_t label) { return label != 0; });
}

}  // namespace hepatica
