// DICOM Segmentation objects as masks.
// Reference: DICOM PS3.3 A.51 and C.8.20; label maps are Label Map Segmentation Storage of the 2024 edition.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "image/volume.h"
#include "io/code.h"

namespace hepatica {

/// What a file says of one segment.
struct SegmentInfo {
  int number = 0;
  std::string label;
  Code category, type;
  std::string tracking_uid;  ///< empty where it has none
};

/// The segments of one object on one grid: the frames' rows and columns, and k along the slices' normal from the first
/// position to the last; slices that no frame names are empty. Segments may overlap. Fractional segments count where
/// they are at least half.
class Segmentation {
 public:
  Geometry geometry;
  std::vector<SegmentInfo> segments;  ///< in the file's order, without the background of label maps
  std::string frame_of_reference_uid;

  /// 1 where any of the segments is.
  Mask mask_of(const std::vector<int>& numbers) const;
  Mask mask_of(int number) const { return mask_of(std::vector<int>{number}); }

  /// One frame of one segment: a bit a pixel, [rows * columns], the first in the lowest bit. Kept packed, since a file
  /// may hold a hundred segments.
  struct Plane {
    int segment = 0;
    int64_t slice = 0;
    std::vector<uint8_t> bits;
  };
  std::vector<Plane> planes;
};

/// Whether the file is a DICOM segmentation object.
bool is_dicom_seg(const fs::path& path);

/// Binary, fractional and label map objects that are not compressed (little or big endian, deflated as a whole) or RLE.
/// Errors: not_found; bad_format where it is no SEG or is cut off; unsupported for other compression;
/// bad_geometry where slices are not parallel and evenly spaced, or have no position in the patient.
Segmentation read_dicom_seg(const fs::path& path);

}  // namespace hepatica
