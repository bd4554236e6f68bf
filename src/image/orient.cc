#include "image/orient.h"

#include <algorithm>
#include <cmath>

namespace hepatica {
namespace {

/// Offset of the first voxel and steps in the memory of `geometry`, along the axes that `order` makes.
struct Walk {
  int64_t start = 0;
  std::array<int64_t, 3> step{};
};

Walk walk_of(const Geometry& geometry, const AxisOrder& order) {
  const std::array<int64_t, 3> stride{1, geometry.size[0], geometry.size[0] * geometry.size[1]};
  Walk walk;
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto from = size_t(order.from[axis]);
    walk.step[axis] = order.flipped[axis] ? -stride[from] : stride[from];
    if (order.flipped[axis]) walk.start += stride[from] * (geometry.size[from] - 1);
  }
  return walk;
}

/// use(offset on the reordered grid, offset on `original`) for each voxel.
template <class Use>
void each_pair(const Geometry& original, const AxisOrder& order, const Use& use) {
  const Geometry axial = reordered(original, order);
  const Walk walk = walk_of(original, order);
  size_t to = 0;
  for (int64_t k = 0; k < axial.size[2]; ++k)
    for (int64_t j = 0; j < axial.size[1]; ++j) {
      int64_t from = walk.start + k * walk.step[2] + j * walk.step[1];
      for (int64_t i = 0; i < axial.size[0]; ++i, from += walk.step[0]) use(to++, size_t(from));
    }
}

}  // namespace

AxisOrder axial_order(const Geometry& geometry) {
  std::array<int, 3> axes{0, 1, 2};
  AxisOrder best;
  double best_score = -1;
  do {
    double score = 0;
    for (size_t row = 0; row < 3; ++row) score += std::abs(geometry.direction[row][size_t(axes[row])]);
    if (score > best_score + 1e-9) {
      best_score = score;
      best.from = axes;
    }
  } while (std::next_permutation(axes.begin(), axes.end()));
  for (size_t row = 0; row < 3; ++row) best.flipped[row] = geometry.direction[row][size_t(best.from[row])] < 0;
  return best;
}

Geometry reordered(const Geometry& geometry, const AxisOrder& order) {
  Geometry result = geometry;
  Vec3 corner{0, 0, 0};
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto from = size_t(order.from[axis]);
    result.size[axis] = geometry.size[from];
    result.spacing[axis] = geometry.spacing[from];
    for (size_t row = 0; row < 3; ++row)
      result.direction[row][axis] = geometry.direction[row][from] * (order.flipped[axis] ? -1.0 : 1.0);
    if (order.flipped[axis]) corner[from] = double(geometry.size[from] - 1);
  }
  result.origin = world_from_index(geometry, corner);
  return result;
}

template <class T>
Volume<T> to_axial(const Volume<T>& volume) {
  const AxisOrder order = axial_order(volume.geometry());
  if (order.is_identity()) return volume;
  Volume<T> result(reordered(volume.geometry(), order));
  const auto source = volume.values();
  const auto target = result.values();
  each_pair(volume.geometry(), order, [&](size_t to, size_t from) { target[to] = source[from]; });
  return result;
}

template <class T>
Volume<T> restore_orientation(const Volume<T>& volume, const Geometry& original) {
  const AxisOrder order = axial_order(original);
  if (!same_grid(volume.geometry(), reordered(original, order)))
    throw Error(ErrorCode::bad_geometry, "the volume does not lie on the axial form of the original grid");
  Volume<T> result(original);
  const auto source = volume.values();
  const auto target = result.values();
  each_pair(original, order, [&](size_t to, size_t from) { target[from] = source[to]; });
  return result;
}

template Volume<int16_t> to_axial(const Volume<int16_t>&);
template Volume<uint8_t> to_axial(const Volume<uint8_t>&);
template Volume<float> to_axial(const Volume<float>&);
template Volume<int16_t> restore_orientation(const Volume<int16_t>&, const Geometry&);
template Volume<uint8_t> restore_orientation(const Volume<uint8_t>&, const Geometry&);
template Volume<float> restore_orientation(const Volume<float>&, const Geometry&);

}  // namespace hepatica
