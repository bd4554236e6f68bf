// Resizing of 8-bit pictures exactly as Pillow does it: what published networks were trained and tested behind.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "image/plane.h"

namespace hepatica {

/// Bilinear resize of interleaved 8-bit pixels [height, width, channels] to [out_height, out_width, channels], equal to
/// Pillow's Image.resize(..., BILINEAR) to the bit: rows first, then columns; where an axis shrinks the triangle is
/// widened by the scale; weights are fixed-point numbers of 22 bits, and each pass rounds to 8 bits (Pillow's
/// documentation, "Filters"; PyTorch's torchvision.transforms.Resize on pictures is this). An axis that keeps its size
/// is left alone.
std::vector<uint8_t> resize_bilinear(std::span<const uint8_t> pixels,
                                     int64_t width,
                                     int64_t height,
                                     int64_t channels,
                                     int64_t out_width,
                                     int64_t out_height);

/// Interleaved 8-bit pixels as channels [channels, height, width] of 0..1 (PyTorch's ToTensor).
PlaneImage planes_from_pixels(std::span<const uint8_t> pixels, int64_t width, int64_t height, int64_t channels);

}  // namespace hepatica
