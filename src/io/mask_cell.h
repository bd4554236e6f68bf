// Reference masks as a cell of a table names them.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "image/volume.h"

namespace hepatica {

/// One reference mask file or folder, with the label that was asked for (0: any).
struct MaskSource {
  fs::path path;
  int label = 0;
};

/// The sources of a cell: a file or folder (see read_mask_any), FILE#LABEL for one label or segment of it, several
/// separated by `;`, with `*` and `?` in names, expanded in natural order. Relative paths start at `folder`.
/// Error{not_found} where one is missing.
std::vector<MaskSource> mask_sources(const std::string& cell, const fs::path& folder);

/// 1 where any source of the cell is not 0, on `grid`; empty where the cell is empty.
Mask read_mask_cell(const std::string& cell, const fs::path& folder, const Geometry& grid);

/// Labels on `grid`: those of a single source as stored, else the number of the source, from 1 (the later one wins);
/// all 0 for "none"; empty where the cell is empty. Error{bad_manifest} for more than 255 sources.
Mask read_label_cell(const std::string& cell, const fs::path& folder, const Geometry& grid);

}  // namespace hepatica
