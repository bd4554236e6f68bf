// Two-dimensional images of one or more channels, and their resampling.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hepatica {

/// Values of one slice, [channels, height, width], width fastest.
struct PlaneImage {
  int64_t channels = 1, width = 0, height = 0;
  std::vector<float> values;
};

/// How an output index lies on an input axis: source = scale * index + offset (indices name pixel centres).
struct AxisMap {
  double scale = 1, offset = 0;

  /// The map of an axis of `source` pixels onto `target` pixels that cover the same extent.
  static AxisMap resize(int64_t source, int64_t target) {
    const double scale = double(source) / double(target);
    return {scale, 0.5 * scale - 0.5};
  }
  double source(double index) const { return scale * index + offset; }
  double index(double source) const { return (source - offset) / scale; }
  AxisMap inverse() const { return {1.0 / scale, -offset / scale}; }
};

/// Where an output image lies on its source.
struct PlaneMap {
  AxisMap x, y;
};

/// Linear resampling of one channel [height, width] to [out_height, out_width]. Where an axis shrinks, the triangle
/// is widened by the scale, so that no pixel of the source is skipped (as Pillow's bilinear resize does). Weights
/// beyond the border are dropped and the rest normalised.
std::vector<float> resample_plane(std::span<const float> source,
                                  int64_t width,
                                  int64_t height,
                                  const PlaneMap& map,
                                  int64_t out_width,
                                  int64_t out_height);

/// Grey window: (hu - (level - width/2)) / width clipped to 0..1.
float window_value(float hu, double level, double width);

}  // namespace hepatica
