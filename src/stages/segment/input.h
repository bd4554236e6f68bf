// How a slice becomes the input of the liver segmenter; the one preprocessing of training and diagnosis.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "base/options.h"
#include "image/plane.h"

namespace hepatica {

/// Input of the segmenter. Kept in the checkpoint's metadata under "input".
struct SegmentInput {
  double spacing_mm = 1.6;  ///< pixel size that the network sees
  double low_hu = 0;        ///< HU that becomes 0
  double high_hu = 255;     ///< HU that becomes 1
  int multiple = 32;        ///< sizes are padded with 0 at the right and lower border to a multiple of this

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

nlohmann::json json_from_input(const SegmentInput& input);
/// Error{wrong_checkpoint} naming `source` on unknown keys, wrong types and values out of range.
SegmentInput segment_input_from_json(const nlohmann::json& json, const std::string& source);
/// The same keys from a recipe.
SegmentInput segment_input_from_block(const Block& block);

}  // namespace hepatica
