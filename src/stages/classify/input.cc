#include "stages/classify/input.h"

#include <algorithm>
#include <cmath>

#include "base/strict_json.h"

namespace hepatica {
namespace {

constexpr int64_t kSmallestSize = 32, kLargestSize = 1024;
constexpr double kLowestHu = -1024, kHighestHu = 3071, kNarrowest = 1, kWidest = 4096;
constexpr double kLargestMean = 10, kSmallestStd = 1e-3, kLargestStd = 10;

/// First pixel of the crop along one axis.
int64_t crop_start(double center, int64_t size, int64_t extent, bool shift) {
  const int64_t start = std::llround(center - 0.5 * double(size));
  if (extent < size) return shift ? (extent - size) / 2 : start;
  return shift ? std::clamp<int64_t>(start, 0, extent - size) : start;
}

template <class T>
PlaneImage crop_of(std::span<const T> hu, int64_t width, int64_t height, const Box2& box, const ClassifyInput& input) {
  const Box2 crop = crop_box(box, width, height, input);
  const int64_t left = int64_t(crop.x0), top = int64_t(crop.y0), size = input.size;
  const float low = float(input.level - 0.5 * input.width), scale = float(1.0 / input.width);
  const float mean = float(input.mean), inverse = float(1.0 / input.std);
  PlaneImage image{3, size, size, std::vector<float>(size_t(size * size), (0.0f - mean) * inverse)};
  for (int64_t v = std::max<int64_t>(0, -top); v < std::min(size, height - top); ++v)
    for (int64_t u = std::max<int64_t>(0, -left); u < std::min(size, width - left); ++u) {
      const float grey = (float(hu[size_t((top + v) * width + left + u)]) - low) * scale;
      image.values[size_t(v * size + u)] = (std::clamp(grey, 0.0f, 1.0f) - mean) * inverse;
    }
  image.values.resize(size_t(3 * size * size));
  for (int64_t channel = 1; channel < 3; ++channel)
    std::copy_n(image.values.begin(), size * size, image.values.begin() + channel * size * size);
  return image;
}

/// The keys are the same in a checkpoint and in a recipe.
template <class Reader>
ClassifyInput read_keys(Reader&& reader) {
  ClassifyInput input;
  input.size = int(reader.integer("size", input.size, kSmallestSize, kLargestSize));
  input.level = reader.number("level", input.level, kLowestHu, kHighestHu);
  input.width = reader.number("width", input.width, kNarrowest, kWidest);
  input.border = reader.choice("border", input.border, {"shift", "zero"});
  input.mean = reader.number("mean", input.mean, -kLargestMean, kLargestMean);
  input.std = reader.number("std", input.std, kSmallestStd, kLargestStd);
  reader.finish();
  return input;
}

}  // namespace

Box2 crop_box(const Box2& box, int64_t width, int64_t height, const ClassifyInput& input) {
  const bool shift = input.border == "shift";
  const auto left = double(crop_start(box.center_x(), input.size, width, shift));
  const auto top = double(crop_start(box.center_y(), input.size, height, shift));
  return {left, top, left + input.size, top + input.size};
}

PlaneImage classify_crop(
    std::span<const int16_t> hu, int64_t width, int64_t height, const Box2& box, const ClassifyInput& input) {
  return crop_of(hu, width, height, box, input);
}

PlaneImage classify_crop(
    std::span<const float> hu, int64_t width, int64_t height, const Box2& box, const ClassifyInput& input) {
  return crop_of(hu, width, height, box, input);
}

nlohmann::json json_from_input(const ClassifyInput& input) {
  return {{"size", input.size},
          {"level", input.level},
          {"width", input.width},
          {"border", input.border},
          {"mean", input.mean},
          {"std", input.std}};
}

ClassifyInput classify_input_from_json(const nlohmann::json& json, const std::string& source) {
  return read_keys(StrictJson(json, source + ": metadata 'input'", ErrorCode::wrong_checkpoint));
}

ClassifyInput classify_input_from_block(const Block& block) { return read_keys(OptionReader(block)); }

}  // namespace hepatica
