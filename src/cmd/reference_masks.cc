#include "cmd/reference_masks.h"

#include "evaluate/lesion_match.h"
#include "io/mask_cell.h"

namespace hepatica::cmd {

Mask read_lesion_reference(const std::string& cell, const fs::path& folder, const Geometry& grid) {
  Mask labels = read_label_cell(cell, folder, grid);
  const bool single = !cell.empty() && cell != "none" && mask_sources(cell, folder).size() == 1;
  return single ? separate_lesions(labels) : labels;
}

}  // namespace hepatica::cmd
