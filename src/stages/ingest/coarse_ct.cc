#include <algorithm>
#include <cmath>

#include "image/components.h"
#include "image/orient.h"
#include "stages/ingest/landmarks.h"
#include "study/body_size.h"

namespace hepatica {
namespace {

constexpr double kPixelMm = 2.0, kSliceMm = 5.0;
constexpr float kAirHu = -300;

Geometry coarse_grid(const Geometry& fine, int64_t factor, int64_t step) {
  Geometry grid = fine;
  grid.origin = world_from_index(fine, {0.5 * double(factor - 1), 0.5 * double(factor - 1), 0});
  for (size_t a = 0; a < 2; ++a) {
    grid.size[a] = fine.size[a] / factor;
    grid.spacing[a] = fine.spacing[a] * double(factor);
  }
  grid.size[2] = (fine.size[2] + step - 1) / step;
  grid.spacing[2] = fine.spacing[2] * double(step);
  return grid;
}

}  // namespace

CoarseCt coarse_ct_from(const Volume<int16_t>& hu) {
  const Volume<int16_t> axial = to_axial(hu);
  const Geometry& fine = axial.geometry();
  const double size = body_size(axial);
  const int64_t factor = std::max<int64_t>(1, std::lround(size * kPixelMm / fine.spacing[0]));
  const int64_t step = std::max<int64_t>(1, std::lround(size * kSliceMm / fine.spacing[2]));
  Geometry grid = coarse_grid(fine, factor, step);
  for (double& spacing : grid.spacing) spacing /= size;
  CoarseCt ct{Volume<float>(grid), {}};
  ct.body = Mask(ct.hu.geometry());
  Volume<float>& coarse = ct.hu;
  for (int64_t k = 0; k < coarse.nz(); ++k)
    for (int64_t j = 0; j < coarse.ny(); ++j)
      for (int64_t i = 0; i < coarse.nx(); ++i) {
        float total = 0;
        for (int64_t y = 0; y < factor; ++y)
          for (int64_t x = 0; x < factor; ++x) total += axial.at(i * factor + x, j * factor + y, k * step);
        coarse.at(i, j, k) = total / float(factor * factor);
      }
  for (int64_t k = 0; k < coarse.nz(); ++k) {
    Mask slice(slice_geometry(coarse.geometry(), k));
    for (size_t p = 0; p < slice.values().size(); ++p) slice.values()[p] = coarse.slice(k)[p] > kAirHu;
    keep_largest_components(slice, 1.0);
    fill_holes_on_slices(slice);
    std::copy(slice.values().begin(), slice.values().end(), ct.body.slice(k).begin());
  }
  return ct;
}

}  // namespace hepatica
