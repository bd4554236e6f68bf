#include "image/geometry.h"

#include <cmath>

namespace hepatica {

Vec3 world_from_index(const Geometry& geometry, const Vec3& index) {
  Vec3 world = geometry.origin;
  for (int row = 0; row < 3; ++row)
    for (int axis = 0; axis < 3; ++axis)
      world[row] += geometry.direction[row][axis] * geometry.spacing[axis] * index[axis];
  return world;
}

Vec3 index_from_world(const Geometry& geometry, const Vec3& world) {
  // The direction matrix is orthonormal: its transpose is its inverse.
  Vec3 index{0, 0, 0};
  for (int axis = 0; axis < 3; ++axis) {
    for (int row = 0; row < 3; ++row)
      index[axis] += geometry.direction[row][axis] * (world[row] - geometry.origin[row]);
    index[axis] /= geometry.spacing[axis];
  }
  return index;
}

bool same_grid(const Geometry& a, const Geometry& b, double tolerance) {
  if (a.size != b.size) return false;
  for (int i = 0; i < 3; ++i) {
    if (std::abs(a.spacing[i] - b.spacing[i]) > tolerance) return false;
    if (std::abs(a.origin[i] - b.origin[i]) > tolerance) return false;
    for (int j = 0; j < 3; ++j)
      if (std::abs(a.direction[i][j] - b.direction[i][j]) > tolerance) return false;
  }
  return true;
}

Geometry slice_geometry(const Geometry& geometry, int64_t k) {
  Geometry slice = geometry;
  slice.origin = world_from_index(geometry, {0, 0, double(k)});
  slice.size[2] = 1;
  return slice;
}

}  // namespace hepatica
