#include "cmd/reference_masks.h"

#include <fmt/format.h>

#include "base/error.h"
#include "evaluate/lesion_match.h"
#include "io/mask_source.h"

namespace hepatica::cmd {

Mask read_liver_reference(const std::string& cell, const fs::path& folder, const Geometry& grid) {
  if (cell.empty()) return {};
  Mask all(grid);
  for (const MaskSource& source : mask_sources(cell, folder)) {
    const Mask mask = read_mask_any(source.path, grid, source.label);
    for (size_t v = 0; v < all.values().size(); ++v) all.values()[v] |= mask.values()[v] != 0;
  }
  return all;
}

Mask read_lesion_reference(const std::string& cell, const fs::path& folder, const Geometry& grid) {
  if (cell.empty()) return {};
  if (cell == "none") return Mask(grid);
  const std::vector<MaskSource> sources = mask_sources(cell, folder);
  if (sources.size() > 255)
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: {} lesion masks; at most 255 can be told apart", cell, sources.size()));
  if (sources.size() == 1) return separate_lesions(read_mask_any(sources[0].path, grid, sources[0].label));
  Mask all(grid);
  for (size_t s = 0; s < sources.size(); ++s) {
    const Mask mask = read_mask_any(sources[s].path, grid, sources[s].label);
    for (size_t v = 0; v < all.values().size(); ++v)
      if (mask.values()[v]) all.values()[v] = uint8_t(s + 1);
  }
  return all;
}

}  // namespace hepatica::cmd
