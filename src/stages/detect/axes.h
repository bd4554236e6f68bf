// Long and short axis of a lesion on one axial slice, as RECIST 1.1 measures them (Eisenhauer et al., Eur J Cancer
// 2009).
#pragma once

#include <cstdint>
#include <span>

namespace hepatica {

struct Axes {
  double long_mm = 0;   ///< longest diameter
  double short_mm = 0;  ///< longest diameter perpendicular to it
};

/// Of the pixels that are not 0, [ny, nx]; measured between the outer sides of pixels. Zeros where there are none.
Axes axes_of(std::span<const uint8_t> slice, int64_t nx, int64_t ny, double spacing_x, double spacing_y);

}  // namespace hepatica
