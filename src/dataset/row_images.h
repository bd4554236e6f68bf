// The images and masks that rows name, on the axes of an axial CT.
#pragma once

#include <memory>

#include "dataset/data_options.h"
#include "dataset/data_row.h"
#include "image/volume.h"

namespace hepatica {

/// A volume with its masks on the same axes.
struct RowVolume {
  Volume<int16_t> hu;
  Mask liver, lesions, lesion;  ///< empty where the row names none
};

/// A file's name, size and time, so that what was made of another version is not taken from a cache.
std::string stamp_of(const fs::path& path);
/// The same of the masks that a cell names.
std::string mask_stamp(const std::string& cell);

bool is_picture_row(const DataRow& row);

/// Number of axial slices of the row's image, from the headers.
int64_t slice_count(const DataRow& row);

/// Reads the volume or DICOM folder of a row with its masks. Errors as the readers have them; bad_geometry where a mask
/// shares no point with the image.
std::shared_ptr<const RowVolume> read_row_volume(const DataRow& row);

/// Slice k of the volume with its liver, with lesion boxes where a lesion mask is there, and with the planes
/// `options.context_mm` above and below (the nearest slices).
LearningSlice slice_of_volume(const RowVolume& volume, int64_t k, const DataRow& row, const DataOptions& options);

/// The picture of a row as a slice in HU, with its liver and lesion boxes from masks that are pictures of the same size
/// (brighter than half: inside).
LearningSlice slice_of_picture(const DataRow& row, const DataOptions& options);

}  // namespace hepatica
