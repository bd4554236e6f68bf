// Connected components of masks.
#pragma once

#include <vector>

#include "image/volume.h"

namespace hepatica {

/// Which voxels touch: by faces (6 in space, 4 on a slice) or also by edges and corners (26, 8).
enum class Connectivity { faces, all };

struct Components {
  std::vector<int32_t> labels;  ///< of each voxel, 0 where the mask is 0, else from 1 in order of first voxel
  std::vector<size_t> sizes;    ///< voxels of each label; sizes[0] counts the background
};

/// Components of the voxels that are not 0. Time grows with the number of voxels alone.
Components find_components(const Mask& mask, Connectivity connectivity);

/// Sets to 0 every component smaller than `fraction` (0..1] of the largest; 1 keeps the largest alone (the first of
/// equals).
void keep_largest_components(Mask& mask, double fraction, Connectivity connectivity = Connectivity::faces);

/// Sets to 1 the background of each slice that does not reach the slice's border.
void fill_holes_on_slices(Mask& mask);

/// Sets to 1 the background that does not reach the sides of the volume (x and y); what is open in some slice stays.
void fill_holes_in_space(Mask& mask);

}  // namespace hepatica
