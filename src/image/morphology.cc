#include "image/morphology.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/threads.h"

namespace hepatica {
namespace {

constexpr float kFar = std::numeric_limits<float>::infinity();

/// Lower envelope of the parabolas that stand on the finite values of one line, sampled at its points.
class LineTransform {
 public:
  explicit LineTransform(size_t longest) : apex_(longest), start_(longest + 1), result_(longest) {}

  /// `values` in steps of `stride`, `spacing` mm apart, replaced by min over q of values[q] + (distance to q)^2.
  void apply(float* values, size_t count, size_t stride, double spacing) {
    const double unit = spacing * spacing;
    int64_t top = -1;
    for (size_t q = 0; q < count; ++q) {
      const double height = double(values[q * stride]) / unit;
      if (!std::isfinite(height)) continue;
      double crossing = -std::numeric_limits<double>::infinity();
      while (top >= 0) {
        const auto p = double(apex_[size_t(top)]);
        const double other = double(values[apex_[size_t(top)] * stride]) / unit;
        crossing = (height - other + double(q * q) - p * p) / (2 * (double(q) - p));
        if (crossing > start_[size_t(top)]) break;
        --top;
      }
      if (top < 0) crossing = -std::numeric_limits<double>::infinity();
      apex_[size_t(++top)] = q;
      start_[size_t(top)] = crossing;
    }
    if (top < 0) return;
    int64_t at = 0;
    for (size_t q = 0; q < count; ++q) {
      while (at < top && start_[size_t(at + 1)] < double(q)) ++at;
      const double step = double(q) - double(apex_[size_t(at)]);
      result_[q] = float(unit * step * step) + values[apex_[size_t(at)] * stride];
    }
    for (size_t q = 0; q < count; ++q) values[q * stride] = result_[q];
  }

 private:
  std::vector<size_t> apex_;
  std::vector<double> start_;
  std::vector<float> result_;
};

}  // namespace

std::vector<float> squared_distance(
    std::span<const uint8_t> slice, int64_t nx, int64_t ny, double spacing_x, double spacing_y) {
  std::vector<float> distance(slice.size());
  std::transform(slice.begin(), slice.end(), distance.begin(), [](uint8_t label) { return label ? 0.0f : kFar; });
  LineTransform line(size_t(std::max(nx, ny)));
  for (int64_t i = 0; i < nx; ++i) line.apply(distance.data() + i, size_t(ny), size_t(nx), spacing_y);
  for (int64_t j = 0; j < ny; ++j) line.apply(distance.data() + j * nx, size_t(nx), 1, spacing_x);
  return distance;
}

std::vector<uint8_t> dilated_slice(
    std::span<const uint8_t> slice, int64_t nx, int64_t ny, double spacing_x, double spacing_y, double radius_mm) {
  const std::vector<float> distance = squared_distance(slice, nx, ny, spacing_x, spacing_y);
  const auto limit = float(radius_mm * radius_mm);
  std::vector<uint8_t> grown(slice.size());
  std::transform(distance.begin(), distance.end(), grown.begin(), [&](float d) { return uint8_t(d <= limit); });
  return grown;
}

void close_on_slices(Mask& mask, double radius_mm) {
  const Vec3& spacing = mask.geometry().spacing;
  // A border as wide as the disc, so that closing near the slice's edge does not eat the labels there.
  const auto border = int64_t(std::ceil(radius_mm / std::min(spacing[0], spacing[1]))) + 1;
  const int64_t nx = mask.nx() + 2 * border, ny = mask.ny() + 2 * border;
  parallel_for(size_t(mask.nz()), [&](size_t k) {
    const std::span<uint8_t> slice = mask.slice(int64_t(k));
    if (std::all_of(slice.begin(), slice.end(), [](uint8_t v) { return v == 0; })) return;
    std::vector<uint8_t> wide(size_t(nx * ny), 0);
    for (int64_t j = 0; j < mask.ny(); ++j)
      std::copy_n(slice.begin() + j * mask.nx(), mask.nx(), wide.begin() + (j + border) * nx + border);
    std::vector<uint8_t> outside = dilated_slice(wide, nx, ny, spacing[0], spacing[1], radius_mm);
    for (uint8_t& value : outside) value = !value;
    const std::vector<uint8_t> opened = dilated_slice(outside, nx, ny, spacing[0], spacing[1], radius_mm);
    for (int64_t j = 0; j < mask.ny(); ++j)
      for (int64_t i = 0; i < mask.nx(); ++i)
        if (!opened[size_t((j + border) * nx + i + border)]) slice[size_t(j * mask.nx() + i)] = 1;
  });
}

}  // namespace hepatica
