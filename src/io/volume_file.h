// Volumes in NIfTI, NRRD and MetaImage files.
#pragma once

#include "base/files.h"
#include "image/volume.h"

namespace hepatica {

/// .nii, .nii.gz, .hdr, .nrrd, .nhdr, .mha, .mhd (any case).
bool is_volume_name(const fs::path& path);

/// The voxels as HU (the file's slope and intercept applied, rounded) on the file's own axes: oblique and flipped ones
/// are kept, in LPS; `to_axial` of image/orient.h reorders them. A single-slice image has size[2] = 1.
/// Errors: not_found; bad_format (truncated, corrupt, of another format); unsupported (colour, complex, 4-D);
/// bad_geometry (sheared axes); bad_values (voxels that are not finite, with their number).
Volume<int16_t> read_volume(const fs::path& path);

/// Labels, likewise; Error{bad_values} where a voxel is not a whole number of 0 to 255.
Mask read_mask(const fs::path& path);

/// The grid alone, from the header; the voxels are not read.
Geometry read_geometry(const fs::path& path);

/// Writes .nii, .nii.gz, .nrrd or .mha, by the name's end (Error{unsupported} else); whole or not at all
/// (Error{write_failed}). Equal input gives equal bytes.
void write_volume(const fs::path& path, const Volume<int16_t>& volume);
void write_volume(const fs::path& path, const Volume<float>& volume);
void write_mask(const fs::path& path, const Mask& mask);

}  // namespace hepatica
