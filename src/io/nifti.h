// NIfTI-1 and NIfTI-2 files, plain or gzipped, single (.nii) or in pairs (.hdr with .img).
// Done here rather than through ITK, whose reader turns NaN into 0 and whose writer loses the errors of a full disk.
// Reference: nifti1.h and nifti2.h, https://nifti.nimh.nih.gov.
#pragma once

#include "base/files.h"
#include "io/stored_image.h"

namespace hepatica {

/// Ends in .nii, .nii.gz, .hdr, .hdr.gz (any case).
bool is_nifti_name(const fs::path& path);

/// The header, and the voxels unless `header_only`. World coordinates are turned from NIfTI's RAS to LPS; the sform
/// counts before the qform, and without either the voxel sizes alone do (methods 3, 2 and 1 of the standard).
/// Error{unsupported} for colour, complex and time series; Error{bad_format} for what is no whole NIfTI file;
/// Error{bad_geometry} for sheared axes.
StoredImage read_nifti(const fs::path& path, bool header_only);

/// NIfTI-1 bytes, little endian, with sform and qform. `type` is int16, uint8 or float32, `values` the voxels' bytes.
std::string nifti_bytes(const Geometry& geometry, StoredType type, std::string_view values);

}  // namespace hepatica
