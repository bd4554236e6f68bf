#include "stages/detect/liver_filter.h"

#include <algorithm>
#include <cmath>

#include "image/morphology.h"

namespace hepatica {
namespace {

bool center_inside(const Box2& box, std::span<const uint8_t> grown, int64_t nx, int64_t ny) {
  const auto i = int64_t(std::floor(box.center_x())), j = int64_t(std::floor(box.center_y()));
  return i >= 0 && j >= 0 && i < nx && j < ny && grown[size_t(j * nx + i)];
}

double part_inside(const Box2& box, std::span<const uint8_t> grown, int64_t nx, int64_t ny) {
  const auto first_i = std::max<int64_t>(0, std::llround(box.x0)), last_i = std::min(nx, int64_t(std::llround(box.x1)));
  const auto first_j = std::max<int64_t>(0, std::llround(box.y0)), last_j = std::min(ny, int64_t(std::llround(box.y1)));
  size_t inside = 0, all = 0;
  for (int64_t j = first_j; j < last_j; ++j)
    for (int64_t i = first_i; i < last_i; ++i) {
      ++all;
      inside += grown[size_t(j * nx + i)];
    }
  return all ? double(inside) / double(all) : 0.0;
}

}  // namespace

LiverFilterOptions read_liver_filter_options(const Block& block) {
  LiverFilterOptions options;
  OptionReader reader(block);
  options.rule = reader.choice("rule", options.rule, {"center", "overlap"});
  options.fraction = reader.number("fraction", options.fraction, 0, 1);
  options.margin_mm = reader.number("margin_mm", options.margin_mm, 0, 100);
  reader.finish();
  return options;
}

std::vector<Detection> inside_liver(const std::vector<Detection>& detections,
                                    const Mask& liver,
                                    int64_t slice,
                                    const LiverFilterOptions& options) {
  if (detections.empty()) return {};
  const int64_t nx = liver.nx(), ny = liver.ny();
  const Vec3& spacing = liver.geometry().spacing;
  const std::vector<uint8_t> grown =
      dilated_slice(liver.slice(slice), nx, ny, spacing[0], spacing[1], options.margin_mm);
  std::vector<Detection> kept;
  for (const Detection& detection : detections) {
    const bool inside = options.rule == "center"
                            ? center_inside(detection.box, grown, nx, ny)
                            : part_inside(detection.box, grown, nx, ny) >= std::max(options.fraction, 1e-9);
    if (inside) kept.push_back(detection);
  }
  return kept;
}

}  // namespace hepatica
