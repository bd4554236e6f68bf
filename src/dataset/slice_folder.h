// Slices as pictures with liver masks: `images/<prefix>_<volume>_<slice>.<ext>` and `masks/` with the same names.
//
// This is the layout of the LiTS / MSD Task03 slices (CC BY-SA 4.0; Bilic et al., Med Image Anal 2023; Antonelli et
// al., Nat Commun 2022) that are published as pictures of HU clipped to 0..255, turned by a quarter.
#pragma once

#include <memory>
#include <set>

#include "base/files.h"
#include "base/options.h"
#include "dataset/source.h"

namespace hepatica {

struct SliceFolderOptions {
  double low_hu = 0, high_hu = 255;  ///< HU of the grey values 0 and 255
  int quarter_turns = 0;      ///< counter-clockwise turns that bring the front of the body up and its right to the left
  double spacing_mm = 1.6;    ///< assumed: pictures carry none
  bool dark_regions = false;  ///< boxes of dark regions within the liver are added as lesions or as to be ignored
  std::vector<int64_t> exclude;  ///< volumes left out, both ends of ranges included: [first, last, first, last, ...]
  std::vector<int64_t> only;     ///< where not empty, only the volumes in these ranges
};

/// Keys `low_hu`, `high_hu`, `quarter_turns`, `spacing_mm`, `dark_regions`, `exclude`, `only`.
SliceFolderOptions slice_folder_options(OptionReader& reader);

/// True where `folder` has the sub-folders images/ and masks/.
bool is_slice_folder(const fs::path& folder);

/// Reads all pictures at once (they are small). Error{bad_manifest} lists up to ten images without mask, with a mask of
/// another size, or with a name that does not tell the volume.
std::unique_ptr<SliceSource> open_slice_folder(const fs::path& folder, const SliceFolderOptions& options);

/// [height, width] turned counter-clockwise by a quarter.
template <class T>
std::vector<T> turned_left(const std::vector<T>& values, int64_t width, int64_t height) {
  std::vector<T> turned(values.size());
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) turned[size_t((width - 1 - x) * height + y)] = values[size_t(y * width + x)];
  return turned;
}

}  // namespace hepatica
