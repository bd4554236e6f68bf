#include "stages/detect/input.h"

#include <algorithm>
#include <cmath>

#include "base/strict_json.h"

namespace hepatica {
namespace {

constexpr int64_t kSmallestSize = 64, kLargestSize = 2048;
constexpr double kLowestHu = -1024, kHighestHu = 3071, kNarrowest = 1, kWidest = 4096;
constexpr double kSoftTissueLow = 0, kSoftTissueHigh = 200;
constexpr int kSizeStep = 32;  // the network halves the image five times

/// Median of the values for which `wanted(index)` holds.
template <class T, class Wanted>
std::optional<double> median_where(std::span<const T> hu, const Wanted& wanted) {
  std::vector<T> values;
  for (size_t i = 0; i < hu.size(); ++i)
    if (wanted(i)) values.push_back(hu[i]);
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return double(*middle);
}

template <class T>
std::vector<float> windowed(std::span<const T> hu, double level, double width) {
  const float low = float(level - 0.5 * width), scale = float(1.0 / width);
  std::vector<float> values(hu.size());
  for (size_t i = 0; i < hu.size(); ++i) values[i] = std::clamp((float(hu[i]) - low) * scale, 0.0f, 1.0f);
  return values;
}

/// Onto `target` pixels from `extent` pixels that start at `first`.
AxisMap axis_of(double first, double extent, int64_t target) {
  const double scale = extent / double(target);
  return {scale, first + 0.5 * scale - 0.5};
}

template <class T>
PlaneImage image_of(const SlicePlanes<T>& planes,
                    std::span<const uint8_t> liver,
                    int64_t width,
                    int64_t height,
                    const Box2& region,
                    std::optional<double> liver_hu,
                    const DetectInput& input) {
  const PlaneMap map{axis_of(region.x0, region.width(), input.size), axis_of(region.y0, region.height(), input.size)};
  const std::span<const T> hu = planes.hu;
  PlaneImage image{input.channels(), input.size, input.size, {}};
  image.values.reserve(size_t(image.channels) * size_t(input.size) * size_t(input.size));
  const auto append = [&](std::span<const float> channel) {
    const std::vector<float> resized = resample_plane(channel, width, height, map, input.size, input.size);
    image.values.insert(image.values.end(), resized.begin(), resized.end());
  };
  append(windowed(hu, input.level, input.width));
  if (input.mode == "window") {
    const std::vector<float> grey = image.values;
    for (int copy = 0; copy < 2; ++copy) image.values.insert(image.values.end(), grey.begin(), grey.end());
    return image;
  }
  if (!liver_hu)
    liver_hu = median_where(hu, [&](size_t i) { return hu[i] >= kSoftTissueLow && hu[i] <= kSoftTissueHigh; });
  append(windowed(hu, liver_hu.value_or(input.level), input.liver_width));
  std::vector<float> inside(hu.size(), 1.0f);
  if (!liver.empty())
    std::transform(liver.begin(), liver.end(), inside.begin(), [](uint8_t label) { return label ? 1.0f : 0.0f; });
  append(inside);
  if (input.context_mm > 0)
    for (const std::span<const T> beside : {planes.above, planes.below})
      append(windowed(beside.empty() ? hu : beside, liver_hu.value_or(input.level), input.liver_width));
  return image;
}

/// The smallest box around the mask's pixels; nullopt where there is none.
std::optional<Box2> bounds_of(std::span<const uint8_t> mask, int64_t width) {
  Box2 box{1e9, 1e9, -1, -1};
  for (size_t i = 0; i < mask.size(); ++i) {
    if (!mask[i]) continue;
    const double x = double(int64_t(i) % width), y = double(int64_t(i) / width);
    box = {std::min(box.x0, x), std::min(box.y0, y), std::max(box.x1, x + 1), std::max(box.y1, y + 1)};
  }
  return box.x1 > 0 ? std::optional(box) : std::nullopt;
}

/// The keys are the same in a checkpoint and in a recipe.
template <class Reader>
DetectInput read_keys(Reader&& reader) {
  DetectInput input;
  input.size = int(reader.integer("size", input.size, kSmallestSize, kLargestSize));
  input.level = reader.number("level", input.level, kLowestHu, kHighestHu);
  input.width = reader.number("width", input.width, kNarrowest, kWidest);
  input.mode = reader.choice("mode", input.mode, {"window", "liver"});
  input.liver_width = reader.number("liver_width", input.liver_width, kNarrowest, kWidest);
  input.region = reader.choice("region", input.region, {"slice", "liver"});
  input.spacing_mm = reader.number("spacing_mm", input.spacing_mm, 0.1, 10);
  input.margin_mm = reader.number("margin_mm", input.margin_mm, 0, 200);
  input.context_mm = reader.number("context_mm", input.context_mm, 0, 50);
  reader.finish();
  return input;
}

}  // namespace

DetectInput magnified(DetectInput input, double factor) {
  if (input.region != "liver") return input;
  input.size = kSizeStep * int(std::ceil(input.size * factor / kSizeStep));
  input.spacing_mm /= factor;
  return input;
}

std::optional<double> median_hu(std::span<const int16_t> hu, std::span<const uint8_t> mask) {
  HEPATICA_ASSERT(hu.size() == mask.size());
  return median_where(hu, [&](size_t i) { return mask[i] != 0; });
}

Box2 detect_region(std::span<const uint8_t> liver,
                   int64_t width,
                   int64_t height,
                   const std::array<double, 2>& spacing_mm,
                   const DetectInput& input) {
  const std::optional<Box2> bounds = input.region == "liver" ? bounds_of(liver, width) : std::nullopt;
  if (!bounds) return {0, 0, double(width), double(height)};
  const double side_mm = std::max({input.size * input.spacing_mm,
                                   bounds->width() * spacing_mm[0] + 2 * input.margin_mm,
                                   bounds->height() * spacing_mm[1] + 2 * input.margin_mm});
  const double half_x = 0.5 * side_mm / spacing_mm[0], half_y = 0.5 * side_mm / spacing_mm[1];
  return {bounds->center_x() - half_x,
          bounds->center_y() - half_y,
          bounds->center_x() + half_x,
          bounds->center_y() + half_y};
}

PlaneImage detect_image(const SlicePlanes<int16_t>& planes,
                        std::span<const uint8_t> liver,
                        int64_t width,
                        int64_t height,
                        const Box2& region,
                        std::optional<double> liver_hu,
                        const DetectInput& input) {
  return image_of(planes, liver, width, height, region, liver_hu, input);
}

PlaneImage detect_image(const SlicePlanes<float>& planes,
                        std::span<const uint8_t> liver,
                        int64_t width,
                        int64_t height,
                        const Box2& region,
                        std::optional<double> liver_hu,
                        const DetectInput& input) {
  return image_of(planes, liver, width, height, region, liver_hu, input);
}

Box2 slice_box_from_image(const Box2& box, const Box2& region, const DetectInput& input) {
  const double x = region.width() / input.size, y = region.height() / input.size;
  return {region.x0 + box.x0 * x, region.y0 + box.y0 * y, region.x0 + box.x1 * x, region.y0 + box.y1 * y};
}

Box2 image_box_from_slice(const Box2& box, const Box2& region, const DetectInput& input) {
  const double x = input.size / region.width(), y = input.size / region.height();
  return {(box.x0 - region.x0) * x, (box.y0 - region.y0) * y, (box.x1 - region.x0) * x, (box.y1 - region.y0) * y};
}

nlohmann::json json_from_input(const DetectInput& input) {
  return {{"size", input.size},
          {"level", input.level},
          {"width", input.width},
          {"mode", input.mode},
          {"liver_width", input.liver_width},
          {"region", input.region},
          {"spacing_mm", input.spacing_mm},
          {"margin_mm", input.margin_mm},
          {"context_mm", input.context_mm}};
}

DetectInput detect_input_from_json(const nlohmann::json& json, const std::string& source) {
  const DetectInput input = read_keys(StrictJson(json, source + ": metadata 'input'", ErrorCode::wrong_checkpoint));
  if (input.size % kSizeStep != 0)
    throw Error(ErrorCode::wrong_checkpoint, source + ": metadata 'input': 'size' must be a multiple of 32");
  return input;
}

DetectInput detect_input_from_block(const Block& block) {
  const DetectInput input = read_keys(OptionReader(block));
  if (input.size % kSizeStep != 0)
    throw Error(ErrorCode::bad_recipe, block.file + ": '" + block.path + ".size' must be a multiple of 32");
  return input;
}

}  // namespace hepatica
