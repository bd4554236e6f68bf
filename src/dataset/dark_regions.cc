#include "dataset/dark_regions.h"

#include <algorithm>
#include <cmath>

#include "dataset/intensity.h"
#include "image/components.h"

namespace hepatica {
namespace {

constexpr double kSmoothMm = 2.8;

double median_of(std::vector<float> values) {
  const auto middle = values.begin() + int64_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Region {
  Box2 box{1e9, 1e9, -1e9, -1e9};
  double sum = 0;
  size_t pixels = 0, border = 0, outside = 0;
};

void add_pixel(
    Region& region, const LearningSlice& slice, const std::vector<uint8_t>& member, float value, int64_t x, int64_t y) {
  region.box = {std::min(region.box.x0, double(x)),
                std::min(region.box.y0, double(y)),
                std::max(region.box.x1, double(x + 1)),
                std::max(region.box.y1, double(y + 1))};
  region.sum += value;
  ++region.pixels;
  for (const auto& [dx, dy] : {std::pair{2, 0}, {-2, 0}, {0, 2}, {0, -2}}) {
    const int64_t u = x + dx, v = y + dy;
    if (u < 0 || v < 0 || u >= slice.width || v >= slice.height) continue;
    const size_t i = size_t(v * slice.width + u);
    if (member[i]) continue;
    ++region.border;
    region.outside += slice.liver[i] == 0;
  }
}

}  // namespace

std::vector<LesionBox> dark_regions(const LearningSlice& slice, const DarkRegionOptions& options) {
  if (liver_area(slice) < 200) return {};
  // Smoothed within the liver alone, so that the dark fat around it does not bleed in.
  std::vector<float> smooth = slice.hu, core(slice.liver.begin(), slice.liver.end());
  for (size_t i = 0; i < core.size(); ++i) smooth[i] *= core[i];
  blur(smooth, slice.width, slice.height, kSmoothMm / slice.spacing_mm);
  blur(core, slice.width, slice.height, kSmoothMm / slice.spacing_mm);
  for (size_t i = 0; i < core.size(); ++i) smooth[i] /= std::max(core[i], 1e-3f);
  std::vector<float> inside;
  for (size_t i = 0; i < core.size(); ++i) {
    if (core[i] > 0.9f) inside.push_back(smooth[i]);
  }
  if (inside.size() < 100) return {};
  const double median = median_of(inside);
  for (float& value : inside) value = std::abs(value - float(median));
  const double spread = 1.4826 * median_of(inside),
               limit = median - std::max(options.doubtful_hu, options.spread * spread);
  Geometry grid;
  grid.size = {slice.width, slice.height, 1};
  Mask dark(grid);
  for (size_t i = 0; i < core.size(); ++i) dark.values()[i] = core[i] > 0.62f && smooth[i] < limit;
  const Components components = find_components(dark, Connectivity::faces);
  std::vector<Region> regions(components.sizes.size());
  const std::vector<uint8_t> member(dark.values().begin(), dark.values().end());
  for (int64_t y = 0; y < slice.height; ++y) {
    for (int64_t x = 0; x < slice.width; ++x) {
      const size_t i = size_t(y * slice.width + x);
      if (components.labels[i] > 0) add_pixel(regions[size_t(components.labels[i])], slice, member, smooth[i], x, y);
    }
  }
  std::vector<LesionBox> boxes;
  for (size_t n = 1; n < regions.size(); ++n) {
    const Region& region = regions[n];
    if (std::max(region.box.width(), region.box.height()) * slice.spacing_mm < options.least_mm) continue;
    const double difference = median - region.sum / double(region.pixels),
                 filled = double(region.pixels) / region.box.area();
    // What is a little dark along the liver's surface is partial volume: no lesion and not in doubt.
    if (difference<options.certain_hu&& double(region.outside)> 0.35 * double(std::max<size_t>(1, region.border)))
      continue;
    const bool certain = difference >= options.certain_hu && filled > 0.5 &&
                         double(region.outside) <= options.border * double(std::max<size_t>(1, region.border));
    // The threshold lies inside the region's edge: the box grows by about the blur.
    const double grow = 1.2 / slice.spacing_mm;
    boxes.push_back(
        {{region.box.x0 - grow, region.box.y0 - grow, region.box.x1 + grow, region.box.y1 + grow}, "", !certain});
  }
  return boxes;
}

}  // namespace hepatica
