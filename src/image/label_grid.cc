#include "image/label_grid.h"

#include <atomic>
#include <cmath>

#include "base/threads.h"

namespace hepatica {

Mask labels_on_grid(const Mask& mask, const Geometry& grid) {
  if (same_grid(mask.geometry(), grid, 1e-2)) {
    Mask same = mask;
    same.set_geometry(grid);
    return same;
  }
  // The index in the mask is affine in the index on the grid: its value at 0, and its change along each axis.
  const auto source_index = [&](const Vec3& index) {
    return index_from_world(mask.geometry(), world_from_index(grid, index));
  };
  const Vec3 start = source_index({0, 0, 0});
  std::array<Vec3, 3> step{source_index({1, 0, 0}), source_index({0, 1, 0}), source_index({0, 0, 1})};
  for (Vec3& change : step)
    for (size_t c = 0; c < 3; ++c) change[c] -= start[c];
  Mask result(grid);
  std::atomic<bool> any_inside{false};
  parallel_for(size_t(result.nz()), [&](size_t k) {
    bool inside = false;
    for (int64_t j = 0; j < result.ny(); ++j)
      for (int64_t i = 0; i < result.nx(); ++i) {
        std::array<int64_t, 3> at;
        for (size_t c = 0; c < 3; ++c)
          at[c] = int64_t(
              std::floor(start[c] + double(i) * step[0][c] + double(j) * step[1][c] + double(k) * step[2][c] + 0.5));
        if (!mask.contains(at[0], at[1], at[2])) continue;
        inside = true;
        result.at(i, j, int64_t(k)) = mask.at(at[0], at[1], at[2]);
      }
    if (inside) any_inside = true;
  });
  if (!any_inside)
    throw Error(ErrorCode::bad_geometry,
                "the mask lies beside the image: they share no point of the patient; check that they belong together");
  return result;
}

}  // namespace hepatica
