// Colours of charts.
#pragma once

#include <cstddef>

#include "draw/canvas.h"

namespace hepatica::draw {

/// Colours of series, told apart by people with any kind of colour vision (Okabe and Ito, Color Universal Design, 2008,
/// without its yellow, which is too light for lines; then two darker ones). Repeats after the last.
Colour series_colour(size_t index);

/// From white to dark blue for 0 to 1, evenly falling in lightness (ColorBrewer's Blues, Harrower and Brewer,
/// Cartographic Journal 2003).
Colour sequential_colour(double value);

/// Black or white, whichever is read better on a ground of that colour.
Colour ink_on(const Colour& ground);

/// `colour` mixed with white; 1 leaves it as it is.
Colour tint(const Colour& colour, double strength);

inline constexpr Colour kInk = rgb(0x1a1a1a), kSoft = rgb(0x5c5c5c), kRule = rgb(0xb8b8b8), kPaper = rgb(0xffffff);

}  // namespace hepatica::draw
