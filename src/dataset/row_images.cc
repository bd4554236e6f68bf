#include "dataset/row_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "dataset/lesion_boxes.h"
#include "image/orient.h"
#include "io/dicom_folder.h"
#include "io/mask_cell.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

/// The plane nearest to `distance_mm` along k from slice k; empty outside the volume.
std::vector<float> plane_beside(const RowVolume& volume, int64_t k, double distance_mm) {
  const int64_t there = k + std::llround(distance_mm / volume.hu.geometry().spacing[2]);
  if (there == k || there < 0 || there >= volume.hu.nz()) return {};
  const auto plane = volume.hu.slice(there);
  return {plane.begin(), plane.end()};
}

std::vector<uint8_t> slice_of(const Mask& mask, int64_t k) {
  if (mask.empty()) return {};
  const auto values = mask.slice(k);
  return {values.begin(), values.end()};
}

/// 1 where a picture of the same size is brighter than half.
Mask picture_mask(const std::string& file, const Picture& image) {
  const Picture picture = read_picture(file);
  if (picture.width != image.width || picture.height != image.height)
    throw Error(ErrorCode::bad_geometry,
                fmt::format("{} is {} x {}, the image {} x {}; a mask needs the image's size",
                            file,
                            picture.width,
                            picture.height,
                            image.width,
                            image.height));
  Geometry grid;
  grid.size = {image.width, image.height, 1};
  Mask mask(grid);
  std::transform(picture.grey.begin(), picture.grey.end(), mask.values().begin(), [](uint8_t grey) {
    return uint8_t(grey > 127);
  });
  return mask;
}

}  // namespace

std::string stamp_of(const fs::path& path) {
  std::error_code problem;
  const auto time = fs::last_write_time(path, problem);
  const auto size = fs::is_regular_file(path) ? fs::file_size(path, problem) : 0;
  return fmt::format("{}|{}|{}", path.string(), size, time.time_since_epoch().count());
}

std::string mask_stamp(const std::string& cell) {
  if (cell.empty() || cell == "none") return cell;
  std::string all;
  for (const MaskSource& source : mask_sources(cell, ""))
    all += fmt::format("{}#{};", stamp_of(source.path), source.label);
  return all;
}

bool is_picture_row(const DataRow& row) { return is_picture_name(row.path); }

int64_t slice_count(const DataRow& row) {
  if (is_picture_row(row)) return 1;
  const Geometry grid = fs::is_directory(row.path) ? read_dicom_folder_geometry(row.path) : read_geometry(row.path);
  return reordered(grid, axial_order(grid)).size[2];
}

std::shared_ptr<const RowVolume> read_row_volume(const DataRow& row) {
  const Volume<int16_t> hu = fs::is_directory(row.path) ? read_dicom_folder(row.path) : read_volume(row.path);
  auto volume = std::make_shared<RowVolume>();
  volume->liver = to_axial(read_mask_cell(row.liver, "", hu.geometry()));
  volume->lesions = to_axial(read_label_cell(row.lesions, "", hu.geometry()));
  volume->lesion = to_axial(read_mask_cell(row.lesion, "", hu.geometry()));
  volume->hu = to_axial(hu);
  return volume;
}

LearningSlice slice_of_volume(const RowVolume& volume, int64_t k, const DataRow& row, const DataOptions& options) {
  if (k >= volume.hu.nz())
    throw Error(ErrorCode::bad_manifest, fmt::format("slice {} of a volume with {} slices", k, volume.hu.nz()));
  LearningSlice slice;
  slice.width = volume.hu.nx();
  slice.height = volume.hu.ny();
  slice.spacing_mm = volume.hu.geometry().spacing[0];
  slice.phase = row.phase;
  const auto hu = volume.hu.slice(k);
  slice.hu.assign(hu.begin(), hu.end());
  if (options.context_mm > 0) {
    slice.above = plane_beside(volume, k, options.context_mm);
    slice.below = plane_beside(volume, k, -options.context_mm);
    if (slice.above.empty() || slice.below.empty()) {
      slice.above.clear();
      slice.below.clear();
    }
  }
  slice.liver = slice_of(volume.liver, k);
  slice.lesion = slice_of(volume.lesion, k);
  if (!volume.lesions.empty()) slice.lesions = lesion_boxes(volume.lesions, k, row.label, options.least_lesion_mm);
  slice.liver_hu = median_liver_hu(slice);
  return slice;
}

LearningSlice slice_of_picture(const DataRow& row, const DataOptions& options) {
  const Picture picture = read_picture(row.path);
  LearningSlice slice;
  slice.width = picture.width;
  slice.height = picture.height;
  slice.spacing_mm = options.pictures.spacing_mm;
  slice.phase = row.phase;
  for (const uint8_t grey : picture.grey) slice.hu.push_back(hu_from_grey(grey, options.pictures));
  if (!row.liver.empty()) {
    const Mask liver = picture_mask(row.liver, picture);
    slice.liver.assign(liver.values().begin(), liver.values().end());
    slice.liver_hu = median_liver_hu(slice);
  }
  if (!row.lesion.empty()) {
    const Mask lesion = picture_mask(row.lesion, picture);
    slice.lesion.assign(lesion.values().begin(), lesion.values().end());
  }
  if (!row.lesions.empty() && row.lesions != "none") {
    Mask lesions = picture_mask(row.lesions, picture);
    Geometry grid = lesions.geometry();
    grid.spacing = {slice.spacing_mm, slice.spacing_mm, 1};
    lesions.set_geometry(grid);
    slice.lesions = lesion_boxes(lesions, 0, row.label, options.least_lesion_mm);
  }
  return slice;
}

}  // namespace hepatica
