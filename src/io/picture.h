// Grey pictures (PNG, JPEG, BMP), stacks of them as volumes, and PNG files for reports.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"
#include "image/volume.h"

namespace hepatica {

/// Grey values 0..255 (luma of colour pictures), [height * width], rows from the top.
struct Picture {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> grey;
};

/// .png, .jpg, .jpeg, .bmp (any case).
bool is_picture_name(const fs::path& path);

/// Reads PNG, JPEG or BMP, told apart by content. Colour becomes luma (ITU-R BT.601), 16 bits are scaled to 8,
/// transparent pixels are drawn on black. Error{bad_format} where truncated, corrupt or none of these;
/// Error{unsupported} above 16384 pixels a side.
Picture read_picture(const fs::path& path);

/// PNG bytes of grey [height * width] or RGB [height * width * 3] pixels. Equal input gives equal bytes.
std::string png_from_grey(int64_t width, int64_t height, std::span<const uint8_t> grey);
std::string png_from_rgb(int64_t width, int64_t height, std::span<const uint8_t> rgb);

/// How a folder of windowed slices becomes a volume. Pictures carry no scale: what is not stated is guessed.
struct PictureStackOptions {
  double level = 40;            ///< HU of mid-grey in the pictures
  double width = 350;           ///< HU between black and white
  double spacing_mm = 1;        ///< pixel size in plane, mm
  double slice_spacing_mm = 5;  ///< mm between slices; 5 is the usual thickness of liver CT (LiLNet: 1 to 5 mm)
  bool first_is_head = true;    ///< the first file in natural order is nearest the head
};

/// HU that a grey value stands for: level + (grey / 255 - 0.5) * width, rounded.
int16_t hu_from_grey(uint8_t grey, const PictureStackOptions& options);

/// The pictures of a folder in natural order ("2.jpg" before "10.jpg"), other files left out.
std::vector<fs::path> list_pictures(const fs::path& folder);

/// The pictures of a folder as a volume in HU; k runs from foot to head, so the first picture is the last slice where
/// `first_is_head`. Error{no_images} where the folder holds none; Error{bad_geometry} names two files whose sizes
/// differ.
Volume<int16_t> read_picture_stack(const fs::path& folder, const PictureStackOptions& options);

/// The same from files in the given order.
Volume<int16_t> read_picture_stack(const std::vector<fs::path>& files, const PictureStackOptions& options);

/// The grid of the stack from its first picture; the others are not opened.
Geometry read_picture_stack_geometry(const std::vector<fs::path>& files, const PictureStackOptions& options);

}  // namespace hepatica
