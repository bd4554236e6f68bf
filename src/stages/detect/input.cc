#include "stages/detect/input.h"

#include <algorithm>
#include <cmath>

#include "base/strict_json.h"

namespace hepatica {
namespace {

constexpr int64_t kSmallestSize = 64, kLargestSize = 2048;
constexpr double kLowestHu = -1024, kHighestHu = 3071, kNarrowest = 1, kWidest = 4096;
constexpr double kSoftTissueLow = 0, kSoftTissueHigh = 200;

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

template <class T>
PlaneImage image_of(std::span<const T> hu,
                    std::span<const uint8_t> liver,
                    int64_t width,
                    int64_t height,
                    std::optional<double> liver_hu,
                    const DetectInput& input) {
  const PlaneMap map{AxisMap::resize(width, input.size), AxisMap::resize(height, input.size)};
  PlaneImage image{3, input.size, input.size, {}};
  image.values.reserve(size_t(3) * size_t(input.size) * size_t(input.size));
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
  return image;
}

Box2 scaled(const Box2& box, double x, double y) { return {box.x0 * x, box.y0 * y, box.x1 * x, box.y1 * y}; }

/// The keys are the same in a checkpoint and in a recipe.
template <class Reader>
DetectInput read_keys(Reader&& reader) {
  DetectInput input;
  input.size = int(reader.integer("size", input.size, kSmallestSize, kLargestSize));
  input.level = reader.number("level", input.level, kLowestHu, kHighestHu);
  input.width = reader.number("width", input.width, kNarrowest, kWidest);
  input.mode = reader.choice("mode", input.mode, {"window", "liver"});
  input.liver_width = reader.number("liver_width", input.liver_width, kNarrowest, kWidest);
  reader.finish();
  return input;
}

}  // namespace

std::optional<double> median_hu(std::span<const int16_t> hu, std::span<const uint8_t> mask) {
  HEPATICA_ASSERT(hu.size() == mask.size());
  return median_where(hu, [&](size_t i) { return mask[i] != 0; });
}

PlaneImage detect_image(std::span<const int16_t> hu,
                        std::span<const uint8_t> liver,
                        int64_t width,
                        int64_t height,
                        std::optional<double> liver_hu,
                        const DetectInput& input) {
  return image_of(hu, liver, width, height, liver_hu, input);
}

PlaneImage detect_image(std::span<const float> hu,
                        std::span<const uint8_t> liver,
                        int64_t width,
                        int64_t height,
                        std::optional<double> liver_hu,
                        const DetectInput& input) {
  return image_of(hu, liver, width, height, liver_hu, input);
}

Box2 slice_box_from_image(const Box2& box, int64_t width, int64_t height, const DetectInput& input) {
  return scaled(box, double(width) / input.size, double(height) / input.size);
}

Box2 image_box_from_slice(const Box2& box, int64_t width, int64_t height, const DetectInput& input) {
  return scaled(box, double(input.size) / double(width), double(input.size) / double(height));
}

nlohmann::json json_from_input(const DetectInput& input) {
  return {{"size", input.size},
          {"level", input.level},
          {"width", input.width},
          {"mode", input.mode},
          {"liver_width", input.liver_width}};
}

DetectInput detect_input_from_json(const nlohmann::json& json, const std::string& source) {
  const DetectInput input = read_keys(StrictJson(json, source + ": metadata 'input'", ErrorCode::wrong_checkpoint));
  if (input.size % 32 != 0)
    throw Error(ErrorCode::wrong_checkpoint, source + ": metadata 'input': 'size' must be a multiple of 32");
  return input;
}

DetectInput detect_input_from_block(const Block& block) {
  const DetectInput input = read_keys(OptionReader(block));
  if (input.size % 32 != 0)
    throw Error(ErrorCode::bad_recipe, block.file + ": '" + block.path + ".size' must be a multiple of 32");
  return input;
}

}  // namespace hepatica
