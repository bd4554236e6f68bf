#include "stages/segment/input.h"

#include <algorithm>
#include <cmath>

#include "base/strict_json.h"

namespace hepatica {
namespace {

constexpr double kFinestSpacing = 0.2, kCoarsestSpacing = 10;
constexpr double kLowestHu = -2048, kHighestHu = 4095;
constexpr int64_t kLargestMultiple = 256;

int64_t padded(int64_t size, int multiple) { return (size + multiple - 1) / multiple * multiple; }

/// Both resampled axes share the rule: pixels of the wanted size, centred on the slice.
AxisMap axis_map(int64_t size, double spacing, double wanted, int64_t target) {
  const double scale = wanted / spacing;
  return {scale, 0.5 * double(size - 1) - scale * 0.5 * double(target - 1)};
}

SegmentPlane resampled(std::span<const float> values,
                       int64_t width,
                       int64_t height,
                       double spacing_x,
                       double spacing_y,
                       const SegmentInput& input) {
  SegmentPlane plane;
  plane.width = std::max<int64_t>(1, std::llround(double(width) * spacing_x / input.spacing_mm));
  plane.height = std::max<int64_t>(1, std::llround(double(height) * spacing_y / input.spacing_mm));
  plane.map.x = axis_map(width, spacing_x, input.spacing_mm, plane.width);
  plane.map.y = axis_map(height, spacing_y, input.spacing_mm, plane.height);
  const std::vector<float> inner = resample_plane(values, width, height, plane.map, plane.width, plane.height);
  plane.image = {1, padded(plane.width, input.multiple), padded(plane.height, input.multiple), {}};
  plane.image.values.assign(size_t(plane.image.width * plane.image.height), 0.0f);
  for (int64_t v = 0; v < plane.height; ++v)
    std::copy_n(inner.begin() + v * plane.width, plane.width, plane.image.values.begin() + v * plane.image.width);
  return plane;
}

template <class T>
SegmentPlane plane_of(std::span<const T> hu,
                      int64_t width,
                      int64_t height,
                      double spacing_x,
                      double spacing_y,
                      const SegmentInput& input) {
  // Clipped first, so that metal and air do not bleed into their neighbours.
  const float low = float(input.low_hu), scale = float(1.0 / (input.high_hu - input.low_hu));
  std::vector<float> values(hu.size());
  for (size_t i = 0; i < hu.size(); ++i) values[i] = std::clamp((float(hu[i]) - low) * scale, 0.0f, 1.0f);
  return resampled(values, width, height, spacing_x, spacing_y, input);
}

/// The keys are the same in a checkpoint and in a recipe.
template <class Reader>
SegmentInput read_keys(Reader&& reader) {
  SegmentInput input;
  input.spacing_mm = reader.number("spacing_mm", input.spacing_mm, kFinestSpacing, kCoarsestSpacing);
  input.low_hu = reader.number("low_hu", input.low_hu, kLowestHu, kHighestHu);
  input.high_hu = reader.number("high_hu", input.high_hu, kLowestHu, kHighestHu);
  input.multiple = int(reader.integer("multiple", input.multiple, 1, kLargestMultiple));
  reader.finish();
  return input;
}

}  // namespace

SegmentPlane segment_plane(std::span<const int16_t> hu,
                           int64_t width,
                           int64_t height,
                           double spacing_x,
                           double spacing_y,
                           const SegmentInput& input) {
  return plane_of(hu, width, height, spacing_x, spacing_y, input);
}

SegmentPlane segment_plane(std::span<const float> hu,
                           int64_t width,
                           int64_t height,
                           double spacing_x,
                           double spacing_y,
                           const SegmentInput& input) {
  return plane_of(hu, width, height, spacing_x, spacing_y, input);
}

PlaneImage segment_target(std::span<const uint8_t> labels,
                          int64_t width,
                          int64_t height,
                          double spacing_x,
                          double spacing_y,
                          const SegmentInput& input) {
  std::vector<float> values(labels.size());
  std::transform(labels.begin(), labels.end(), values.begin(), [](uint8_t label) { return label ? 1.0f : 0.0f; });
  return resampled(values, width, height, spacing_x, spacing_y, input).image;
}

nlohmann::json json_from_input(const SegmentInput& input) {
  return {{"spacing_mm", input.spacing_mm},
          {"low_hu", input.low_hu},
          {"high_hu", input.high_hu},
          {"multiple", input.multiple}};
}

SegmentInput segment_input_from_json(const nlohmann::json& json, const std::string& source) {
  const SegmentInput input = read_keys(StrictJson(json, source + ": metadata 'input'", ErrorCode::wrong_checkpoint));
  if (input.high_hu <= input.low_hu)
    throw Error(ErrorCode::wrong_checkpoint, source + ": metadata 'input': 'high_hu' must be above 'low_hu'");
  return input;
}

SegmentInput segment_input_from_block(const Block& block) {
  const SegmentInput input = read_keys(OptionReader(block));
  if (input.high_hu <= input.low_hu)
    throw Error(ErrorCode::bad_recipe, block.file + ": '" + block.path + ".high_hu' must be above 'low_hu'");
  return input;
}

}  // namespace hepatica
