#include "stages/classify/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/strict_json.h"

namespace hepatica {
namespace {

constexpr int64_t kSmallestSize = 32, kLargestSize = 1024;
constexpr double kLowestHu = -1024, kHighestHu = 3071, kNarrowest = 1, kWidest = 4096;
constexpr double kLargestMean = 10, kSmallestStd = 1e-3, kLargestStd = 10, kLargestMargin = 4, kLargestValue = 100;

/// First pixel of the crop along one axis.
int64_t crop_start(double center, int64_t size, int64_t extent, bool shift) {
  const int64_t start = std::llround(center - 0.5 * double(size));
  if (extent < size) return shift ? (extent - size) / 2 : start;
  return shift ? std::clamp<int64_t>(start, 0, extent - size) : start;
}

/// The same in parts of pixels, for a crop of any side.
double fitted_start(double center, double side, double extent, bool shift) {
  const double start = center - 0.5 * side;
  if (!shift) return start;
  return extent < side ? 0.5 * (extent - side) : std::clamp(start, 0.0, extent - side);
}

/// How crop pixels lie on the slice; one map for both axes' scale.
PlaneMap map_of(const Box2& crop, const ClassifyInput& input) {
  const double scale = crop.width() / input.size;
  return {{scale, crop.x0 + 0.5 * scale - 0.5}, {scale, crop.y0 + 0.5 * scale - 0.5}};
}

/// HU of the crop's pixels that lie on the slice.
template <class T>
std::vector<float> rescaled(const LesionView<T>& view, const PlaneMap& map, int64_t size) {
  const std::vector<float> whole(view.hu.begin(), view.hu.end());
  return resample_plane(whole, view.width, view.height, map, size, size);
}

/// Whether a point of the slice, in pixels from its corner, is within the region of interest.
class Region {
 public:
  template <class T>
  Region(const LesionView<T>& view, const ClassifyInput& input)
      : kind_(input.mask), lesion_(view.lesion), width_(view.width), height_(view.height), box_(view.box) {
    if (kind_ == "lesion") label_ = label_within(view.box);
    if (kind_ == "lesion" && label_ == 0) kind_ = "ellipse";
    const double dx = input.mask_margin * box_.width(), dy = input.mask_margin * box_.height();
    box_ = {box_.x0 - dx, box_.y0 - dy, box_.x1 + dx, box_.y1 + dy};
  }

  bool whole() const { return kind_ == "none"; }

  bool holds(double x, double y) const {
    if (kind_ == "none") return true;
    if (kind_ == "box") return x >= box_.x0 && x < box_.x1 && y >= box_.y0 && y < box_.y1;
    if (kind_ == "ellipse")
      return std::hypot((x - box_.center_x()) / (0.5 * box_.width()), (y - box_.center_y()) / (0.5 * box_.height())) <=
             1;
    const auto i = int64_t(std::floor(x)), j = int64_t(std::floor(y));
    return i >= 0 && j >= 0 && i < width_ && j < height_ && lesion_[size_t(j * width_ + i)] == label_;
  }

 private:
  /// The label that most pixels of the box have; 0 where none has one.
  uint8_t label_within(const Box2& box) const {
    std::array<int64_t, 256> counts{};
    if (lesion_.empty()) return 0;
    for (auto j = std::max<int64_t>(0, int64_t(box.y0)); j < std::min(height_, int64_t(std::ceil(box.y1))); ++j)
      for (auto i = std::max<int64_t>(0, int64_t(box.x0)); i < std::min(width_, int64_t(std::ceil(box.x1))); ++i)
        ++counts[lesion_[size_t(j * width_ + i)]];
    const auto most = std::max_element(counts.begin() + 1, counts.end());
    return *most > 0 ? uint8_t(most - counts.begin()) : 0;
  }

  std::string kind_;
  std::span<const uint8_t> lesion_;
  int64_t width_, height_;
  Box2 box_;
  uint8_t label_ = 0;
};

template <class T>
PlaneImage plane_of(const LesionView<T>& view, const ClassifyInput& input) {
  const Box2 crop = crop_box(view.box, view.width, view.height, input);
  const PlaneMap map = map_of(crop, input);
  const int64_t size = input.size;
  const bool fit = input.scale == "fit";
  const std::vector<float> fitted = fit ? rescaled(view, map, size) : std::vector<float>();
  const Region region(view, input);
  const float low = float(input.level - 0.5 * input.width), scale = float(1.0 / input.width);
  const float mean = float(input.mean), inverse = float(1.0 / input.std), black = (0.0f - mean) * inverse;
  PlaneImage image{1, size, size, std::vector<float>(size_t(size * size))};
  for (int64_t v = 0; v < size; ++v)
    for (int64_t u = 0; u < size; ++u) {
      const double x = map.x.source(double(u)) + 0.5, y = map.y.source(double(v)) + 0.5;
      const size_t at = size_t(v * size + u);
      if (!region.whole() && !region.holds(x, y)) {
        image.values[at] = float(input.outside);
        continue;
      }
      const bool inside = x >= 0 && y >= 0 && x < double(view.width) && y < double(view.height);
      const float hu = !inside ? 0 : fit ? fitted[at] : float(view.hu[size_t(int64_t(y) * view.width + int64_t(x))]);
      const float grey = std::clamp((hu - low) * scale, 0.0f, 1.0f);
      image.values[at] = inside ? (grey - mean) * inverse : black;
    }
  return image;
}

template <class T>
std::vector<uint8_t> region_of(const LesionView<T>& view, ClassifyInput input) {
  if (input.mask == "none") input.mask = "box";
  const PlaneMap map = map_of(crop_box(view.box, view.width, view.height, input), input);
  const Region region(view, input);
  std::vector<uint8_t> inside;
  for (int64_t v = 0; v < input.size; ++v)
    for (int64_t u = 0; u < input.size; ++u)
      inside.push_back(region.holds(map.x.source(double(u)) + 0.5, map.y.source(double(v)) + 0.5));
  return inside;
}

std::vector<std::string> names_of(const std::vector<Phase>& phases) {
  std::vector<std::string> names;
  for (const Phase phase : phases) names.emplace_back(name_of(phase));
  return names;
}

std::vector<Phase> phases_from(const std::vector<std::string>& names, ErrorCode code, const std::string& source) {
  std::vector<Phase> phases;
  for (const std::string& name : names) {
    const auto phase = phase_from_name(name);
    if (!phase || *phase == Phase::unknown)
      throw Error(code, fmt::format("{}: 'phase_order' holds '{}', which is no phase", source, name));
    phases.push_back(*phase);
  }
  if (phases.empty() || std::set<Phase>(phases.begin(), phases.end()).size() != phases.size())
    throw Error(code, fmt::format("{}: 'phase_order' must name one or more phases, each once", source));
  return phases;
}

/// The keys are the same in a checkpoint and in a recipe.
template <class Reader>
ClassifyInput read_keys(Reader&& reader, ErrorCode code, const std::string& source) {
  ClassifyInput input;
  input.size = int(reader.integer("size", input.size, kSmallestSize, kLargestSize));
  input.level = reader.number("level", input.level, kLowestHu, kHighestHu);
  input.width = reader.number("width", input.width, kNarrowest, kWidest);
  input.border = reader.choice("border", input.border, {"shift", "zero"});
  input.mean = reader.number("mean", input.mean, -kLargestMean, kLargestMean);
  input.std = reader.number("std", input.std, kSmallestStd, kLargestStd);
  input.scale = reader.choice("scale", input.scale, {"none", "fit"});
  input.margin = reader.number("margin", input.margin, 0, kLargestMargin);
  input.mask = reader.choice("mask", input.mask, {"none", "box", "ellipse", "lesion"});
  input.mask_margin = reader.number("mask_margin", input.mask_margin, 0, kLargestMargin);
  input.outside = reader.number("outside", input.outside, -kLargestValue, kLargestValue);
  input.phases = reader.choice("phases", input.phases, {"late", "channels"});
  input.phase_order = phases_from(reader.texts("phase_order", names_of(input.phase_order)), code, source);
  reader.finish();
  return input;
}

}  // namespace

Box2 crop_box(const Box2& box, int64_t width, int64_t height, const ClassifyInput& input) {
  const bool shift = input.border == "shift";
  if (input.scale == "fit") {
    const double side = std::max(1.0, std::max(box.width(), box.height()) * (1 + 2 * input.margin));
    const double left = fitted_start(box.center_x(), side, double(width), shift);
    const double top = fitted_start(box.center_y(), side, double(height), shift);
    return {left, top, left + side, top + side};
  }
  const auto left = double(crop_start(box.center_x(), input.size, width, shift));
  const auto top = double(crop_start(box.center_y(), input.size, height, shift));
  return {left, top, left + input.size, top + input.size};
}

PlaneImage classify_plane(const LesionView<int16_t>& view, const ClassifyInput& input) { return plane_of(view, input); }
PlaneImage classify_plane(const LesionView<float>& view, const ClassifyInput& input) { return plane_of(view, input); }

std::vector<uint8_t> crop_region(const LesionView<int16_t>& view, const ClassifyInput& input) {
  return region_of(view, input);
}
std::vector<uint8_t> crop_region(const LesionView<float>& view, const ClassifyInput& input) {
  return region_of(view, input);
}

PlaneImage late_input(const PlaneImage& plane) {
  PlaneImage image{3, plane.width, plane.height, {}};
  for (int64_t channel = 0; channel < 3; ++channel)
    image.values.insert(image.values.end(), plane.values.begin(), plane.values.end());
  return image;
}

PlaneImage fused_input(const std::map<Phase, PlaneImage>& planes, const ClassifyInput& input) {
  const size_t size = size_t(input.size) * size_t(input.size), phases = input.phase_order.size();
  PlaneImage image{input.channels(), input.size, input.size, std::vector<float>(2 * phases * size, 0.0f)};
  for (size_t p = 0; p < phases; ++p) {
    const auto plane = planes.find(input.phase_order[p]);
    if (plane == planes.end()) continue;
    std::copy_n(plane->second.values.begin(), size, image.values.begin() + std::ptrdiff_t(p * size));
    std::fill_n(image.values.begin() + std::ptrdiff_t((phases + p) * size), size, 1.0f);
  }
  return image;
}

PlaneImage classify_crop(
    std::span<const int16_t> hu, int64_t width, int64_t height, const Box2& box, const ClassifyInput& input) {
  return late_input(classify_plane(LesionView<int16_t>{hu, width, height, box, {}}, input));
}

PlaneImage classify_crop(
    std::span<const float> hu, int64_t width, int64_t height, const Box2& box, const ClassifyInput& input) {
  return late_input(classify_plane(LesionView<float>{hu, width, height, box, {}}, input));
}

nlohmann::json json_from_input(const ClassifyInput& input) {
  return {{"size", input.size},
          {"level", input.level},
          {"width", input.width},
          {"border", input.border},
          {"mean", input.mean},
          {"std", input.std},
          {"scale", input.scale},
          {"margin", input.margin},
          {"mask", input.mask},
          {"mask_margin", input.mask_margin},
          {"outside", input.outside},
          {"phases", input.phases},
          {"phase_order", names_of(input.phase_order)}};
}

ClassifyInput classify_input_from_json(const nlohmann::json& json, const std::string& source) {
  const std::string place = source + ": metadata 'input'";
  return read_keys(StrictJson(json, place, ErrorCode::wrong_checkpoint), ErrorCode::wrong_checkpoint, place);
}

ClassifyInput classify_input_from_block(const Block& block) {
  return read_keys(OptionReader(block), ErrorCode::bad_recipe, block.file + ": " + block.path);
}

}  // namespace hepatica
