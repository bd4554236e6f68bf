#include "io/mask_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "image/label_grid.h"
#include "io/dicom_folder.h"
#include "io/dicom_seg_read.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

/// 1 where the slices' values are not 0.
Mask read_folder(const fs::path& folder) {
  const Volume<int16_t> volume = read_dicom_folder(folder);
  Mask mask(volume.geometry());
  std::transform(
      volume.values().begin(), volume.values().end(), mask.values().begin(), [](int16_t v) { return uint8_t(v != 0); });
  return mask;
}

Mask read_seg(const fs::path& path, int label) {
  const Segmentation seg = read_dicom_seg(path);
  if (label > 0) {
    const bool there = std::any_of(
        seg.segments.begin(), seg.segments.end(), [&](const SegmentInfo& info) { return info.number == label; });
    if (!there) throw Error(ErrorCode::not_found, fmt::format("{} has no segment {}", path.string(), label));
    return seg.mask_of(label);
  }
  Mask labels(seg.geometry);
  for (const SegmentInfo& info : seg.segments) {
    if (info.number > 255)
      throw Error(ErrorCode::unsupported,
                  fmt::format("{} has more than 255 segments; name the one that is meant", path.string()));
    const Mask mask = seg.mask_of(info.number);
    for (size_t n = 0; n < mask.values().size(); ++n)
      if (mask.values()[n]) labels.values()[n] = uint8_t(info.number);
  }
  return labels;
}

}  // namespace

Mask read_mask_any(const fs::path& path, int label) {
  if (!fs::exists(path)) throw Error(ErrorCode::not_found, fmt::format("there is no mask {}", path.string()));
  const bool is_seg = !fs::is_directory(path) && !is_volume_name(path);
  if (is_seg) return read_seg(path, label);
  Mask mask = fs::is_directory(path) ? read_folder(path) : read_mask(path);
  if (label > 0)
    for (uint8_t& value : mask.values()) value = value == label;
  return mask;
}

Mask read_mask_any(const fs::path& path, const Geometry& target, int label) {
  try {
    return labels_on_grid(read_mask_any(path, label), target);
  } catch (const Error& error) {
    throw error.code() == ErrorCode::bad_geometry ? error.with_context(path.string()) : error;
  }
}

}  // namespace hepatica
