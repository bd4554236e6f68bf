// Distances between the surfaces of two masks.
#pragma once

#include <optional>
#include <vector>

#include "image/volume.h"

namespace hepatica {

/// Distances in mm from each border voxel of one mask to the nearest border voxel of the other. A border voxel is in
/// the mask and has a neighbour of its 6 faces outside (a face on the grid's edge counts as outside, as MedPy and
/// scipy.ndimage.binary_erosion with border_value 0 have it); distances are between voxel centres, with the spacing of
/// each axis.
struct SurfaceDistances {
  std::vector<double> predicted_to_reference, reference_to_predicted;  ///< ascending
};

/// Any label other than 0 counts. Nothing where one mask is empty. Error{bad_geometry} where the grids differ.
std::optional<SurfaceDistances> surface_distances(const Mask& predicted, const Mask& reference);

/// The larger of both directions' 95th percentiles (linear between order statistics).
double hausdorff_95(const SurfaceDistances& distances);
/// Mean over the border voxels of both masks together.
double mean_surface_distance(const SurfaceDistances& distances);
/// Share of the border voxels of both masks that lie within `tolerance_mm` of the other's border (Nikolov et al., JMIR
/// 2021), counted in voxels, not in surface area.
double surface_dice(const SurfaceDistances& distances, double tolerance_mm);

}  // namespace hepatica
