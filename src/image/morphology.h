// Distances to masks, and masks grown and closed by millimetres.
#pragma once

#include <vector>

#include "image/volume.h"

namespace hepatica {

/// Squared distance in mm^2 of each pixel centre of a slice [ny, nx] to the nearest pixel that is not 0; infinity where
/// there is none (exact; Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", 2012).
std::vector<float> squared_distance(
    std::span<const uint8_t> slice, int64_t nx, int64_t ny, double spacing_x, double spacing_y);

/// The pixels within `radius_mm` of the slice's labels.
std::vector<uint8_t> dilated_slice(
    std::span<const uint8_t> slice, int64_t nx, int64_t ny, double spacing_x, double spacing_y, double radius_mm);

/// Closing on each slice with a disc: gaps narrower than twice the radius are filled, other outlines kept.
void close_on_slices(Mask& mask, double radius_mm);

}  // namespace hepatica
