#include "evaluate/surface_distance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/threads.h"

namespace hepatica {
namespace {

constexpr double kFar = 1e30;

struct Voxel {
  int64_t i, j, k;
};

std::vector<Voxel> border_of(const Mask& mask) {
  constexpr int kSteps[6][3] = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
  std::vector<Voxel> border;
  for (int64_t k = 0; k < mask.nz(); ++k)
    for (int64_t j = 0; j < mask.ny(); ++j)
      for (int64_t i = 0; i < mask.nx(); ++i) {
        if (!mask.at(i, j, k)) continue;
        const bool outside = std::any_of(std::begin(kSteps), std::end(kSteps), [&](const int* step) {
          return !mask.contains(i + step[0], j + step[1], k + step[2]) ||
                 !mask.at(i + step[0], j + step[1], k + step[2]);
        });
        if (outside) border.push_back({i, j, k});
      }
  return border;
}

/// The part of the grid that holds both borders.
struct Crop {
  std::array<int64_t, 3> low, size;
};

Crop crop_of(const std::vector<Voxel>& a, const std::vector<Voxel>& b) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  std::array<int64_t, 3> low{kMost, kMost, kMost}, high{0, 0, 0};
  for (const auto* voxels : {&a, &b})
    for (const Voxel& v : *voxels) {
      const std::array<int64_t, 3> at{v.i, v.j, v.k};
      for (size_t axis = 0; axis < 3; ++axis)
        low[axis] = std::min(low[axis], at[axis]), high[axis] = std::max(high[axis], at[axis]);
    }
  return {low, {high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1}};
}

/// Lower envelope of parabolas along one line (Felzenszwalb and Huttenlocher, Theory of Computing 2012).
void transform_line(std::vector<double>& f, double spacing) {
  const size_t n = f.size();
  std::vector<size_t> vertex(n);
  std::vector<double> from(n + 1), result(n, kFar);
  size_t count = 0;
  for (size_t q = 0; q < n; ++q) {
    if (f[q] >= kFar) continue;
    double start = -std::numeric_limits<double>::infinity();
    while (count > 0) {
      const double x = double(q) * spacing, v = double(vertex[count - 1]) * spacing;
      start = ((f[q] + x * x) - (f[vertex[count - 1]] + v * v)) / (2 * (x - v));
      if (start > from[count - 1]) break;
      --count;
      start = -std::numeric_limits<double>::infinity();
    }
    vertex[count] = q;
    from[count++] = start;
  }
  size_t k = 0;
  for (size_t q = 0; q < n && count > 0; ++q) {
    while (k + 1 < count && from[k + 1] < double(q) * spacing) ++k;
    const double distance = (double(q) - double(vertex[k])) * spacing;
    result[q] = distance * distance + f[vertex[k]];
  }
  f = result;
}

/// Squared distance in mm to the nearest of the voxels, on the crop.
std::vector<double> squared_distances(const std::vector<Voxel>& voxels, const Crop& crop, const Vec3& spacing) {
  const auto [nx, ny, nz] = crop.size;
  const std::array<int64_t, 3> stride{1, nx, nx * ny};
  std::vector<double> field(size_t(nx * ny * nz), kFar);
  for (const Voxel& v : voxels)
    field[size_t((v.i - crop.low[0]) + nx * ((v.j - crop.low[1]) + ny * (v.k - crop.low[2])))] = 0;
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t first = axis == 0 ? 1 : 0, second = axis == 2 ? 1 : 2;
    const int64_t lines = crop.size[first] * crop.size[second];
    parallel_for(size_t(lines), [&](size_t line) {
      const int64_t start =
          int64_t(line) % crop.size[first] * stride[first] + int64_t(line) / crop.size[first] * stride[second];
      std::vector<double> values(static_cast<size_t>(crop.size[axis]));
      for (size_t t = 0; t < values.size(); ++t) values[t] = field[size_t(start + int64_t(t) * stride[axis])];
      transform_line(values, spacing[axis]);
      for (size_t t = 0; t < values.size(); ++t) field[size_t(start + int64_t(t) * stride[axis])] = values[t];
    });
  }
  return field;
}

std::vector<double> at_voxels(const std::vector<double>& squared, const std::vector<Voxel>& voxels, const Crop& crop) {
  std::vector<double> distances;
  for (const Voxel& v : voxels)
    distances.push_back(std::sqrt(squared[size_t(
        (v.i - crop.low[0]) + crop.size[0] * ((v.j - crop.low[1]) + crop.size[1] * (v.k - crop.low[2])))]));
  std::sort(distances.begin(), distances.end());
  return distances;
}

double percentile(const std::vector<double>& sorted, double p) {
  const double at = p * double(sorted.size() - 1);
  const auto low = size_t(at);
  if (low + 1 >= sorted.size()) return sorted.back();
  return sorted[low] + (at - double(low)) * (sorted[low + 1] - sorted[low]);
}

}  // namespace

std::optional<SurfaceDistances> surface_distances(const Mask& predicted, const Mask& reference) {
  if (!same_grid(predicted.geometry(), reference.geometry()))
    throw Error(ErrorCode::bad_geometry, "prediction and reference lie on different grids; resample one to the other");
  const std::vector<Voxel> a = border_of(predicted), b = border_of(reference);
  if (a.empty() || b.empty()) return std::nullopt;
  const Crop crop = crop_of(a, b);
  const Vec3& spacing = predicted.geometry().spacing;
  return SurfaceDistances{at_voxels(squared_distances(b, crop, spacing), a, crop),
                          at_voxels(squared_distances(a, crop, spacing), b, crop)};
}

double hausdorff_95(const SurfaceDistances& d) {
  return std::max(percentile(d.predicted_to_reference, 0.95), percentile(d.reference_to_predicted, 0.95));
}

double mean_surface_distance(const SurfaceDistances& d) {
  const auto sum = [](const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0); };
  return (sum(d.predicted_to_reference) + sum(d.reference_to_predicted)) /
         double(d.predicted_to_reference.size() + d.reference_to_predicted.size());
}

double surface_dice(const SurfaceDistances& d, double tolerance_mm) {
  const auto within = [&](const std::vector<double>& v) {
    return double(std::upper_bound(v.begin(), v.end(), tolerance_mm + 1e-9) - v.begin());
  };
  return (within(d.predicted_to_reference) + within(d.reference_to_predicted)) /
         double(d.predicted_to_reference.size() + d.reference_to_predicted.size());
}

}  // namespace hepatica
