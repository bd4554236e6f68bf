// Reference masks of a manifest, on the grid of the image that they belong to.
#pragma once

#include "evaluate/reference_manifest.h"
#include "image/volume.h"

namespace hepatica::cmd {

/// Lesions as labels on `grid`: see ReferenceImage::lesions. All 0 for "none"; empty where the cell is empty.
Mask read_lesion_reference(const std::string& cell, const fs::path& folder, const Geometry& grid);

}  // namespace hepatica::cmd
