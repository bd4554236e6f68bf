#include "stages/segment/input.h"

#include <algorithm>
#include <cmath>

#include "base/strict_json.h"
#include "base/threads.h"

namespace hepatica {
namespace {

constexpr double kFinestSpacing = 0.2, kCoarsestSpacing = 10;
constexpr double kLowestHu = -2048, kHighestHu = 4095;
constexpr int64_t kLargestMultiple = 256;
constexpr double kSmallestPatch = 8, kLargestPatch = 1024;

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

SegmentPlane fractions(std::span<const uint8_t> labels,
                       int64_t width,
                       int64_t height,
                       double spacing_x,
                       double spacing_y,
                       const SegmentInput& input) {
  std::vector<float> values(labels.size());
  std::transform(labels.begin(), labels.end(), values.begin(), [](uint8_t label) { return label ? 1.0f : 0.0f; });
  return resampled(values, width, height, spacing_x, spacing_y, input);
}

/// Slices of `plane_of_slice(k)` resampled along k.
template <class PlaneOfSlice>
SegmentSpace space_of(const Geometry& ct, const SegmentInput& input, const PlaneOfSlice& plane_of_slice) {
  SegmentSpace space;
  const int64_t nz = ct.size[2];
  std::vector<SegmentPlane> planes(static_cast<size_t>(nz));
  parallel_for(size_t(nz), [&](size_t k) { planes[k] = plane_of_slice(int64_t(k)); });
  space.depth = std::max<int64_t>(1, std::llround(double(nz) * ct.spacing[2] / input.spacing_mm));
  space.slices = axis_map(nz, ct.spacing[2], input.spacing_mm, space.depth);
  space.plane = planes[0].map;
  space.covered_width = planes[0].width;
  space.covered_height = planes[0].height;
  space.width = planes[0].image.width;
  space.height = planes[0].image.height;
  const size_t size = size_t(space.width * space.height);
  space.values.resize(size * size_t(space.depth));
  // Row by row: a plane of nz lines, one a slice.
  parallel_for(size_t(space.height), [&](size_t y) {
    const size_t width = size_t(space.width);
    std::vector<float> lines;
    for (const SegmentPlane& plane : planes) {
      const auto row = plane.image.values.begin() + int64_t(y * width);
      lines.insert(lines.end(), row, row + int64_t(width));
    }
    const std::vector<float> made =
        resample_plane(lines, space.width, nz, {AxisMap{}, space.slices}, space.width, space.depth);
    for (size_t z = 0; z < size_t(space.depth); ++z)
      std::copy_n(made.begin() + int64_t(z * width), width, space.values.begin() + int64_t(z * size + y * width));
  });
  return space;
}

/// The keys are the same in a checkpoint and in a recipe.
template <class Reader>
SegmentInput read_keys(Reader&& reader) {
  SegmentInput input;
  input.spacing_mm = reader.number("spacing_mm", input.spacing_mm, kFinestSpacing, kCoarsestSpacing);
  input.low_hu = reader.number("low_hu", input.low_hu, kLowestHu, kHighestHu);
  input.high_hu = reader.number("high_hu", input.high_hu, kLowestHu, kHighestHu);
  input.multiple = int(reader.integer("multiple", input.multiple, 1, kLargestMultiple));
  for (const double side : reader.numbers("patch", {}, kSmallestPatch, kLargestPatch))
    input.patch.push_back(int64_t(side));
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
  return fractions(labels, width, height, spacing_x, spacing_y, input).image;
}

SegmentSpace segment_space(const Volume<int16_t>& hu, const SegmentInput& input) {
  const Vec3& spacing = hu.geometry().spacing;
  return space_of(hu.geometry(), input, [&](int64_t k) {
    return segment_plane(hu.slice(k), hu.nx(), hu.ny(), spacing[0], spacing[1], input);
  });
}

std::vector<float> segment_space_target(const Mask& labels, const SegmentInput& input) {
  const Vec3& spacing = labels.geometry().spacing;
  return space_of(labels.geometry(),
                  input,
                  [&](int64_t k) {
                    return fractions(labels.slice(k), labels.nx(), labels.ny(), spacing[0], spacing[1], input);
                  })
      .values;
}

nlohmann::json json_from_input(const SegmentInput& input) {
  nlohmann::json json{{"spacing_mm", input.spacing_mm},
                      {"low_hu", input.low_hu},
                      {"high_hu", input.high_hu},
                      {"multiple", input.multiple}};
  if (!input.patch.empty()) json["patch"] = input.patch;
  return json;
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
