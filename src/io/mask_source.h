// Reference masks in the forms in which cohorts give them.
#pragma once

#include "base/files.h"
#include "image/volume.h"

namespace hepatica {

/// Labels on the grid of `target`: as stored where the grids are the same, else of the nearest voxel in the world.
/// `path` is a NIfTI, NRRD or MetaImage file; a DICOM segmentation, whose labels are its segment numbers (where
/// segments overlap the later one wins); or a folder of DICOM slices that hold a mask (3D-IRCADb: 0 and 255, any other
/// than 0 becomes 1). With `label`, 1 where that label or segment is, overlapped or not, and 0 elsewhere. Errors: as
/// those of the readers; not_found where the segment is not there; bad_geometry where mask and target share no point.
Mask read_mask_any(const fs::path& path, const Geometry& target, int label = 0);

/// The same on the mask's own grid.
Mask read_mask_any(const fs::path& path, int label = 0);

}  // namespace hepatica
