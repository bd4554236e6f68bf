// How a slice, or a volume, becomes the input of the liver segmenter; the one preprocessing of training and diagnosis.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "base/options.h"
#include "image/plane.h"
#include "image/volume.h"

namespace hepatica {

/// Input of the segmenter. Kept in the checkpoint's metadata under "input".
struct SegmentInput {
  double spacing_mm = 1.6;  ///< pixel size that the network sees; of 3D networks the slices' distance, too
  double low_hu = 0;        ///< HU that becomes 0
  double high_hu = 255;     ///< HU that becomes 1
  int multiple = 32;        ///< sizes are padded with 0 at the right and lower border to a multiple of this
  /// Of 3D networks: the patch that they learn from and look at, voxels along D, H, W. Empty: a 2D network, or a 3D one
  /// of which it is not known.
  std::vector<int64_t> patch{};

  bool operator==(const SegmentInput&) const = default;
};

/// A slice as the network sees it, and where its pixels lie on the slice.
struct SegmentPlane {
  PlaneImage image;               ///< 1 channel, 0..1, padded
  int64_t width = 0, height = 0;  ///< pixels that cover the slice; the rest is padding
  PlaneMap map;                   ///< pixels of the slice from pixels of the image
};

/// One axial slice [height, width] in HU with its pixel spacing in mm, clipped, scaled and resampled.
SegmentPlane segment_plane(std::span<const int16_t> hu,
                           int64_t width,
                           int64_t height,
                           double spacing_x,
                           double spacing_y,
                           const SegmentInput& input);
SegmentPlane segment_plane(std::span<const float> hu,
                           int64_t width,
                           int64_t height,
                           double spacing_x,
                           double spacing_y,
                           const SegmentInput& input);

/// The labels of the same slice (0 background, all else 1) on the pixels that `segment_plane` makes: the fraction of
/// each pixel that is labelled, 0..1.
PlaneImage segment_target(std::span<const uint8_t> labels,
                          int64_t width,
                          int64_t height,
                          double spacing_x,
                          double spacing_y,
                          const SegmentInput& input);

/// A volume as a 3D network sees it, and where its voxels lie on the CT.
struct SegmentSpace {
  int64_t depth = 0, height = 0, width = 0;       ///< of `values`: slices, and sides with their padding
  std::vector<float> values;                      ///< [depth, height, width], 0..1
  int64_t covered_width = 0, covered_height = 0;  ///< pixels that cover the CT's slices; the rest is padding
  PlaneMap plane;                                 ///< CT pixels from pixels of `values`
  AxisMap slices;                                 ///< CT slices from slices of `values`
};

/// A volume in HU on axial axes: each slice as `segment_plane` has it, then linear along the slices to one every
/// `spacing_mm`, where they are thinner over all of them (image/plane.h); the middle stays the middle.
SegmentSpace segment_space(const Volume<int16_t>& hu, const SegmentInput& input);

/// The labels (0 background, all else 1) of a mask on the same grid as the CT, on the voxels that `segment_space`
/// makes: the fraction of each that is labelled, [depth, height, width], 0..1.
std::vector<float> segment_space_target(const Mask& labels, const SegmentInput& input);

nlohmann::json json_from_input(const SegmentInput& input);
/// Error{wrong_checkpoint} naming `source` on unknown keys, wrong types and values out of range.
SegmentInput segment_input_from_json(const nlohmann::json& json, const std::string& source);
/// The same keys from a recipe.
SegmentInput segment_input_from_block(const Block& block);

}  // namespace hepatica
