// Decoders of single picture formats; `name` is the file's, for error texts. See read_picture, read_colour_picture.
#pragma once

#include <string>
#include <string_view>

#include "io/colour_picture.h"

namespace hepatica {

Picture picture_from_png(std::string_view bytes, const std::string& name);
Picture picture_from_jpeg(std::string_view bytes, const std::string& name);
/// 8 bits with palette, 24 and 32 bits, uncompressed; rows from the bottom or from the top.
Picture picture_from_bmp(std::string_view bytes, const std::string& name);

ColourPicture colour_from_png(std::string_view bytes, const std::string& name);
ColourPicture colour_from_jpeg(std::string_view bytes, const std::string& name);
ColourPicture colour_from_bmp(std::string_view bytes, const std::string& name);

/// Luma of ITU-R BT.601; exact for grey.
inline uint8_t luma(int red, int green, int blue) {
  return uint8_t((299 * red + 587 * green + 114 * blue + 500) / 1000);
}

/// Error{unsupported} above 16384 pixels a side, Error{bad_format} below 1.
void check_picture_size(int64_t width, int64_t height, const std::string& name);

}  // namespace hepatica
