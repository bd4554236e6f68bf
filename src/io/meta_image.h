// MetaImage files: .mha, or .mhd with the voxels in a file of their own.
// Done here rather than through ITK, whose reader prints to standard error and gives cut-off files as whole ones.
// Reference: https://itk.org/Wiki/ITK/MetaIO/Documentation.
#pragma once

#include "base/files.h"
#include "io/stored_image.h"

namespace hepatica {

/// The header, and the voxels unless `header_only`. World coordinates are LPS, as ITK takes them. Error{unsupported}
/// for colour, 4-D, text voxels and voxels spread over several files; Error{bad_format} for what is no whole MetaImage.
StoredImage read_meta_image(const fs::path& path, bool header_only);

/// Bytes of an .mha file, not compressed. `type` is int16, uint8 or float32, `values` the voxels' bytes.
std::string meta_image_bytes(const Geometry& geometry, StoredType type, std::string_view values);

}  // namespace hepatica
