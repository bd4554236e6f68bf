#include "stages/detect/axes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

namespace hepatica {
namespace {

struct Point {
  double x, y;
  auto operator<=>(const Point&) const = default;
};

/// Midpoints of the outer sides of each row's and column's first and last pixels, mm: all that a diameter can touch.
std::vector<Point> outline_of(std::span<const uint8_t> slice, int64_t nx, int64_t ny, double sx, double sy) {
  std::vector<Point> points;
  for (int64_t j = 0; j < ny; ++j)
    for (int64_t i = 0; i < nx; ++i) {
      if (!slice[size_t(j * nx + i)]) continue;
      const auto free = [&](int64_t u, int64_t v) {
        return u < 0 || v < 0 || u >= nx || v >= ny || !slice[size_t(v * nx + u)];
      };
      const auto x = double(i), y = double(j);
      if (free(i - 1, j)) points.push_back({(x - 0.5) * sx, y * sy});
      if (free(i + 1, j)) points.push_back({(x + 0.5) * sx, y * sy});
      if (free(i, j - 1)) points.push_back({x * sx, (y - 0.5) * sy});
      if (free(i, j + 1)) points.push_back({x * sx, (y + 0.5) * sy});
    }
  return points;
}

double cross(const Point& o, const Point& a, const Point& b) {
  return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

/// Convex hull (Andrew's monotone chain, 1979).
std::vector<Point> hull_of(std::vector<Point> points) {
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  if (points.size() < 3) return points;
  std::vector<Point> hull;
  for (int side = 0; side < 2; ++side) {
    const size_t base = hull.size();
    for (const Point& point : points) {
      while (hull.size() >= base + 2 && cross(hull[hull.size() - 2], hull.back(), point) <= 0) hull.pop_back();
      hull.push_back(point);
    }
    hull.pop_back();
    std::reverse(points.begin(), points.end());
  }
  return hull;
}

/// Longest chord of the outline along `direction`: its points are sorted into strips one pixel wide across it.
double longest_chord(const std::vector<Point>& outline, const Point& direction, double strip) {
  struct Extent {
    double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  };
  std::map<int64_t, Extent> strips;
  for (const Point& point : outline) {
    const double along = point.x * direction.x + point.y * direction.y;
    const double across = point.y * direction.x - point.x * direction.y;
    // Neighbouring strips overlap, so that a chord's two ends need not fall on the same side of a strip's edge.
    for (int64_t shift = 0; shift < 2; ++shift) {
      Extent& extent = strips[2 * int64_t(std::floor(across / strip + 0.5 * double(shift))) + shift];
      extent.low = std::min(extent.low, along);
      extent.high = std::max(extent.high, along);
    }
  }
  double longest = 0;
  for (const auto& [index, extent] : strips) longest = std::max(longest, extent.high - extent.low);
  return longest;
}

}  // namespace

Axes axes_of(std::span<const uint8_t> slice, int64_t nx, int64_t ny, double spacing_x, double spacing_y) {
  const std::vector<Point> outline = outline_of(slice, nx, ny, spacing_x, spacing_y);
  const std::vector<Point> hull = hull_of(outline);
  Axes axes;
  Point direction{1, 0};
  for (size_t a = 0; a < hull.size(); ++a)
    for (size_t b = a + 1; b < hull.size(); ++b) {
      const double dx = hull[b].x - hull[a].x, dy = hull[b].y - hull[a].y, length = std::hypot(dx, dy);
      if (length <= axes.long_mm) continue;
      axes.long_mm = length;
      direction = {dx / length, dy / length};
    }
  if (axes.long_mm > 0)
    axes.short_mm =
        std::min(axes.long_mm, longest_chord(outline, {-direction.y, direction.x}, std::min(spacing_x, spacing_y)));
  return axes;
}

}  // namespace hepatica
