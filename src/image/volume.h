// Voxels with their geometry.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "image/geometry.h"
#include "image/voxel_array.h"

namespace hepatica {

/// Voxel values on a grid, i fastest, then j, then k. `Volume<int16_t>` holds HU for CT.
template <class T>
class Volume {
 public:
  Volume() = default;
  explicit Volume(const Geometry& geometry, T fill = T{}) : geometry_(geometry), values_(geometry.voxel_count()) {
    if (fill != T{}) std::fill_n(values_.data(), values_.size(), fill);
  }
  Volume(const Geometry& geometry, std::span<const T> values) : geometry_(geometry), values_(values) {
    if (values_.size() != geometry_.voxel_count())
      throw Error(ErrorCode::bad_geometry, "the number of voxel values does not equal the product of the grid's sizes");
  }

  const Geometry& geometry() const { return geometry_; }
  void set_geometry(const Geometry& geometry) {
    HEPATICA_ASSERT(geometry.voxel_count() == values_.size());
    geometry_ = geometry;
  }
  int64_t nx() const { return geometry_.size[0]; }
  int64_t ny() const { return geometry_.size[1]; }
  int64_t nz() const { return geometry_.size[2]; }
  bool empty() const { return values_.empty(); }

  size_t offset(int64_t i, int64_t j, int64_t k) const { return size_t((k * ny() + j) * nx() + i); }
  T& at(int64_t i, int64_t j, int64_t k) { return values_[offset(i, j, k)]; }
  const T& at(int64_t i, int64_t j, int64_t k) const { return values_[offset(i, j, k)]; }
  bool contains(int64_t i, int64_t j, int64_t k) const {
    return i >= 0 && j >= 0 && k >= 0 && i < nx() && j < ny() && k < nz();
  }

  std::span<T> values() { return {values_.data(), values_.size()}; }
  std::span<const T> values() const { return {values_.data(), values_.size()}; }
  /// The rows of slice k, [ny * nx].
  std::span<T> slice(int64_t k) { return values().subspan(offset(0, 0, k), size_t(nx() * ny())); }
  std::span<const T> slice(int64_t k) const { return values().subspan(offset(0, 0, k), size_t(nx() * ny())); }

 private:
  Geometry geometry_;
  VoxelArray<T> values_;
};

/// Labels: 0 is background.
using Mask = Volume<uint8_t>;

}  // namespace hepatica
