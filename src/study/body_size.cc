#include "study/body_size.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "image/components.h"

namespace hepatica {
namespace {

constexpr double kPixelMm = 2, kSliceMm = 10;
constexpr int16_t kAirHu = -300;

/// Width of the largest part above air on slice `k`, looked at in steps of `step` pixels; 0 for none.
double width_on_slice(const Volume<int16_t>& axial, int64_t k, int64_t step) {
  Geometry grid = slice_geometry(axial.geometry(), k);
  for (size_t a = 0; a < 2; ++a) grid.size[a] = std::max<int64_t>(1, grid.size[a] / step);
  Mask body(grid);
  for (int64_t j = 0; j < body.ny(); ++j)
    for (int64_t i = 0; i < body.nx(); ++i) body.at(i, j, 0) = axial.at(i * step, j * step, k) > kAirHu;
  keep_largest_components(body, 1.0);
  int64_t low = body.nx(), high = -1;
  for (int64_t j = 0; j < body.ny(); ++j)
    for (int64_t i = 0; i < body.nx(); ++i)
      if (body.at(i, j, 0)) low = std::min(low, i), high = std::max(high, i);
  return high < low ? 0 : double((high - low + 1) * step) * axial.geometry().spacing[0];
}

}  // namespace

double size_from_trunk_width(double width_mm) {
  constexpr std::array<std::array<double, 2>, 4> kSizes{{{110, 0.46}, {150, 0.57}, {200, 0.69}, {250, 1}}};
  if (width_mm <= kSizes.front()[0]) return kSizes.front()[1];
  for (size_t i = 1; i < kSizes.size(); ++i)
    if (width_mm <= kSizes[i][0]) {
      const double t = (width_mm - kSizes[i - 1][0]) / (kSizes[i][0] - kSizes[i - 1][0]);
      return kSizes[i - 1][1] + t * (kSizes[i][1] - kSizes[i - 1][1]);
    }
  return 1;
}

double trunk_width_mm(const Volume<int16_t>& axial) {
  const Geometry& grid = axial.geometry();
  if (grid.voxel_count() == 0) return 0;
  const int64_t step = std::max<int64_t>(1, std::lround(kPixelMm / grid.spacing[0]));
  const int64_t slices = std::max<int64_t>(1, std::lround(kSliceMm / grid.spacing[2]));
  std::vector<double> widths;
  for (int64_t k = 0; k < axial.nz(); k += slices)
    if (const double width = width_on_slice(axial, k, step); width > 0) widths.push_back(width);
  if (widths.empty()) return 0;
  const auto middle = widths.begin() + std::ptrdiff_t(widths.size() / 2);
  std::nth_element(widths.begin(), middle, widths.end());
  return *middle;
}

double body_size(const Volume<int16_t>& axial) {
  const double width = trunk_width_mm(axial);
  return width > 0 ? size_from_trunk_width(width) : 1;
}

}  // namespace hepatica
