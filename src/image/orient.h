// Bringing a volume's axes into the order and sense of an axial CT, and masks back to the file's own axes.
#pragma once

#include <array>

#include "image/volume.h"

namespace hepatica {

/// Which axis of a grid becomes i, j, k, and whether it runs the other way.
struct AxisOrder {
  std::array<int, 3> from{0, 1, 2};
  std::array<bool, 3> flipped{false, false, false};

  bool is_identity() const { return *this == AxisOrder{}; }
  bool operator==(const AxisOrder&) const = default;
};

/// The permutation and flips that bring i nearest to +x (left), j to +y (back) and k to +z (head).
AxisOrder axial_order(const Geometry& geometry);

/// The grid with its axes reordered: every voxel keeps its place in the world, an oblique residue stays in `direction`.
Geometry reordered(const Geometry& geometry, const AxisOrder& order);

/// The volume on the axes of an axial CT. No voxel is resampled. T: int16_t, uint8_t, float.
template <class T>
Volume<T> to_axial(const Volume<T>& volume);

/// The inverse for results: a volume on the grid `to_axial` made of `original`, back on `original`.
/// Error{bad_geometry} where it lies on another grid.
template <class T>
Volume<T> restore_orientation(const Volume<T>& volume, const Geometry& original);

}  // namespace hepatica
