#include <algorithm>
#include <cmath>

#include "image/components.h"
#include "stages/ingest/landmarks.h"

namespace hepatica {
namespace {

constexpr double kMinLiverMl = 60;

/// Soft tissue whose neighbours on the slice differ little.
Mask even_tissue(const CoarseCt& ct, const std::vector<SlicePoint>& canal) {
  const Volume<float>& hu = ct.hu;
  Mask even(hu.geometry());
  for (int64_t k = 0; k < hu.nz(); ++k) {
    const auto right = int64_t(canal[size_t(k)].x - 15 / ct.pixel_mm());
    for (int64_t j = 1; j + 1 < hu.ny(); ++j)
      for (int64_t i = 1; i < std::min(right, hu.nx() - 1); ++i) {
        if (!ct.body.at(i, j, k)) continue;
        float mean = 0, low = 1e9f, high = -1e9f;
        for (int64_t y = -1; y <= 1; ++y)
          for (int64_t x = -1; x <= 1; ++x) {
            const float value = hu.at(i + x, j + y, k);
            mean += value / 9, low = std::min(low, value), high = std::max(high, value);
          }
        even.at(i, j, k) = mean > 5 && mean < 220 && high - low < 90;
      }
  }
  return even;
}

/// Keeps voxels whose square neighbourhood of `reach` pixels on the slice is all set (a separable minimum).
Mask eroded(const Mask& mask, int64_t reach) {
  const auto pass = [&](const Mask& from, bool along_x) {
    Mask to(from.geometry());
    for (int64_t k = 0; k < from.nz(); ++k)
      for (int64_t j = 0; j < from.ny(); ++j)
        for (int64_t i = 0; i < from.nx(); ++i) {
          bool all = true;
          for (int64_t d = -reach; all && d <= reach; ++d) {
            const int64_t x = along_x ? i + d : i, y = along_x ? j : j + d;
            all = from.contains(x, y, k) && from.at(x, y, k);
          }
          to.at(i, j, k) = all;
        }
    return to;
  };
  return pass(pass(mask, true), false);
}

/// The centre of the fullest 10 HU of a sorted list.
double mode_of(const std::vector<float>& sorted) {
  size_t best = 0, first = 0;
  double mode = sorted[sorted.size() / 2];
  for (size_t last = 0; last < sorted.size(); ++last) {
    while (sorted[last] - sorted[first] > 10) ++first;
    if (last - first > best) best = last - first, mode = 0.5 * (sorted[first] + sorted[last]);
  }
  return mode;
}

}  // namespace

std::optional<LiverSample> find_liver(const CoarseCt& ct, const std::vector<SlicePoint>& canal) {
  if (canal.empty()) return std::nullopt;
  Mask core = eroded(even_tissue(ct, canal), int64_t(std::lround(6 / ct.pixel_mm())));
  keep_largest_components(core, 1.0);
  std::vector<float> values;
  for (size_t p = 0; p < core.values().size(); ++p)
    if (core.values()[p]) values.push_back(ct.hu.values()[p]);
  const double volume = double(values.size()) * ct.hu.geometry().voxel_volume_ml();
  if (volume < kMinLiverMl) return std::nullopt;
  std::sort(values.begin(), values.end());
  return LiverSample{mode_of(values), volume, values[values.size() * 98 / 100]};
}

std::optional<double> find_renal_pelvis(const CoarseCt& ct, const std::vector<SlicePoint>& canal) {
  if (canal.empty()) return std::nullopt;
  const double pixel = ct.pixel_mm();
  std::vector<float> values;
  for (const SlicePoint& place : canal)
    for (double side : {-1.0, 1.0})
      for (double dx = 28; dx <= 66; dx += pixel)
        for (double dy = -50; dy <= -4; dy += pixel) {
          const auto i = int64_t(place.x + side * dx / pixel), j = int64_t(place.y + dy / pixel);
          if (ct.hu.contains(i, j, place.slice)) values.push_back(ct.hu.at(i, j, place.slice));
        }
  const auto wanted = size_t(0.4 / ct.hu.geometry().voxel_volume_ml());
  if (values.size() < 4 * wanted || wanted == 0) return std::nullopt;
  std::nth_element(values.begin(), values.end() - std::ptrdiff_t(wanted), values.end());
  return values[values.size() - wanted];
}

}  // namespace hepatica
