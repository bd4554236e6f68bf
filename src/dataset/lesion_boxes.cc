#include "dataset/lesion_boxes.h"

#include <set>

#include "image/components.h"

namespace hepatica {
namespace {

/// The boxes of the parts of one binary slice.
std::vector<Box2> part_boxes(const Mask& slice) {
  const Components parts = find_components(slice, Connectivity::all);
  std::vector<Box2> boxes(parts.sizes.size());
  std::vector<bool> begun(parts.sizes.size(), false);
  for (int64_t j = 0; j < slice.ny(); ++j) {
    for (int64_t i = 0; i < slice.nx(); ++i) {
      const size_t part = size_t(parts.labels[slice.offset(i, j, 0)]);
      Box2& box = boxes[part];
      const double x = double(i), y = double(j);
      box = begun[part] ? Box2{std::min(box.x0, x), box.y0, std::max(box.x1, x + 1), y + 1} : Box2{x, y, x + 1, y + 1};
      begun[part] = true;
    }
  }
  return {boxes.begin() + 1, boxes.end()};
}

}  // namespace

std::map<uint8_t, Box2> label_boxes(const Mask& labels, int64_t k) {
  std::map<uint8_t, Box2> boxes;
  for (int64_t j = 0; j < labels.ny(); ++j)
    for (int64_t i = 0; i < labels.nx(); ++i) {
      const uint8_t label = labels.at(i, j, k);
      if (label == 0) continue;
      const Box2 pixel{double(i), double(j), double(i + 1), double(j + 1)};
      const auto [place, is_new] = boxes.try_emplace(label, pixel);
      Box2& box = place->second;
      if (!is_new)
        box = {std::min(box.x0, pixel.x0),
               std::min(box.y0, pixel.y0),
               std::max(box.x1, pixel.x1),
               std::max(box.y1, pixel.y1)};
    }
  return boxes;
}

std::vector<LesionBox> lesion_boxes(const Mask& labels, int64_t k, const std::string& type, double least_mm) {
  const auto values = labels.slice(k);
  std::set<uint8_t> present(values.begin(), values.end());
  present.erase(0);
  Geometry grid = labels.geometry();
  grid.size[2] = 1;
  std::vector<LesionBox> all;
  for (const uint8_t label : present) {
    Mask one(grid);
    for (size_t v = 0; v < values.size(); ++v) one.values()[v] = values[v] == label;
    for (const Box2& box : part_boxes(one)) all.push_back({box, type, longest_side_mm(box, grid.spacing) < least_mm});
  }
  return all;
}

}  // namespace hepatica
