// Where voxels lie in the patient: millimetres, LPS (x to the left, y to the back, z to the head), as in DICOM and ITK.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hepatica {

using Vec3 = std::array<double, 3>;

/// An image grid. Index (i, j, k) is column, row, slice; i runs fastest in memory.
struct Geometry {
  std::array<int64_t, 3> size{0, 0, 0};
  Vec3 spacing{1, 1, 1};  ///< mm between voxel centres along i, j, k
  Vec3 origin{0, 0, 0};   ///< world position of the centre of voxel (0,0,0), mm
  /// Columns are the world directions of the axes i, j, k: direction[row][axis]; orthonormal.
  std::array<std::array<double, 3>, 3> direction{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};

  size_t voxel_count() const { return size_t(size[0]) * size_t(size[1]) * size_t(size[2]); }
  double voxel_volume_ml() const { return spacing[0] * spacing[1] * spacing[2] / 1000.0; }
  bool operator==(const Geometry&) const = default;
};

/// World position (mm, LPS) of a continuous index.
Vec3 world_from_index(const Geometry& geometry, const Vec3& index);

/// Continuous index of a world position (mm, LPS).
Vec3 index_from_world(const Geometry& geometry, const Vec3& world);

/// Equal sizes, and origins, spacings and directions equal within `tolerance` (mm, and unitless for directions).
bool same_grid(const Geometry& a, const Geometry& b, double tolerance = 1e-3);

/// The grid of one slice k of a volume.
Geometry slice_geometry(const Geometry& geometry, int64_t k);

}  // namespace hepatica
