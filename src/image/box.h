// Axis-aligned boxes in pixels of a slice and in world millimetres.
#pragma once

#include <algorithm>

#include "image/geometry.h"

namespace hepatica {

/// Pixels of one slice; pixel (i, j) covers [i, i+1) x [j, j+1). x1 > x0, y1 > y0.
struct Box2 {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;

  double width() const { return x1 - x0; }
  double height() const { return y1 - y0; }
  double area() const { return std::max(0.0, width()) * std::max(0.0, height()); }
  double center_x() const { return 0.5 * (x0 + x1); }
  double center_y() const { return 0.5 * (y0 + y1); }
  bool operator==(const Box2&) const = default;
};

/// World millimetres, LPS.
struct Box3 {
  Vec3 low{0, 0, 0}, high{0, 0, 0};

  Vec3 center() const { return {0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1]), 0.5 * (low[2] + high[2])}; }
  bool operator==(const Box3&) const = default;
};

/// The longer of the sides along x and y; `spacing` of the pixels in mm.
inline double longest_side_mm(const Box2& box, const Vec3& spacing) {
  return std::max(box.width() * spacing[0], box.height() * spacing[1]);
}

/// Squared distance of a place from the box's centre in units of its half axes: 1 on the inscribed ellipse.
inline double squared_ellipse_distance(const Box2& box, double x, double y) {
  const double u = (x - box.center_x()) / (0.5 * box.width()), v = (y - box.center_y()) / (0.5 * box.height());
  return u * u + v * v;
}

/// Intersection over union, 0 where both are empty.
inline double intersection_over_union(const Box2& a, const Box2& b) {
  const Box2 both{std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1), std::min(a.y1, b.y1)};
  const double inside = both.x1 > both.x0 && both.y1 > both.y0 ? both.area() : 0.0;
  const double all = a.area() + b.area() - inside;
  return all > 0 ? inside / all : 0.0;
}

}  // namespace hepatica
