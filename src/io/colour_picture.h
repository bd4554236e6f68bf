// Colour pictures (PNG, JPEG, BMP), as published networks take them in.
#pragma once

#include "io/picture.h"

namespace hepatica {

/// Red, green and blue 0..255, [height * width * 3], rows from the top.
struct ColourPicture {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> rgb;
};

/// As read_picture, but in colour as Pillow's convert("RGB") has it: grey three times, transparency left out.
ColourPicture read_colour_picture(const fs::path& path);

/// Its luma (ITU-R BT.601).
Picture grey_of(const ColourPicture& colour);

}  // namespace hepatica
