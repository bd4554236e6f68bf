// Label masks on another grid.
#pragma once

#include "image/volume.h"

namespace hepatica {

/// The label of the nearest voxel in the world for each voxel of `grid`, 0 outside the mask; a copy where the grids are
/// the same. Error{bad_geometry} where no voxel of `grid` lies in the mask's grid.
Mask labels_on_grid(const Mask& mask, const Geometry& grid);

}  // namespace hepatica
