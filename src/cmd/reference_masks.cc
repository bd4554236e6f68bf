#include "cmd/reference_masks.h"

#include <fmt/format.h>

#include "base/error.h"
#include "evaluate/lesion_match.h"
#include "io/volume_file.h"
#include "stages/ingest/ingest.h"

namespace hepatica::cmd {
namespace {

/// A folder of DICOM masks: the voxels of its one series that are not 0.
Mask read_dicom_mask(const fs::path& folder) {
  IngestOptions options;
  options.phase_from_image = false;
  const Study study = ingest(folder, options);
  const Series* chosen = nullptr;
  for (const Series& series : study.series)
    if (series.accepted && !chosen) chosen = &series;
  if (!chosen)
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: no series of this folder can be read as a mask{}; give a NIfTI mask instead",
                            folder.string(),
                            study.series.empty() ? "" : ": " + study.series[0].reason));
  const Volume<int16_t> volume = chosen->load();
  Mask mask(volume.geometry());
  for (size_t v = 0; v < mask.values().size(); ++v) mask.values()[v] = volume.values()[v] != 0;
  return mask;
}

Mask read_source(const MaskSource& source, const Geometry& grid) {
  Mask mask = fs::is_directory(source.path) ? read_dicom_mask(source.path) : read_mask(source.path);
  if (source.label)
    for (uint8_t& value : mask.values()) value = value == source.label;
  return on_grid(mask, grid);
}

}  // namespace

Mask read_liver_reference(const std::string& cell, const fs::path& folder, const Geometry& grid) {
  if (cell.empty()) return {};
  Mask all(grid);
  for (const MaskSource& source : mask_sources(cell, folder)) {
    const Mask mask = read_source(source, grid);
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
  if (sources.size() == 1) return separate_lesions(read_source(sources[0], grid));
  Mask all(grid);
  for (size_t s = 0; s < sources.size(); ++s) {
    const Mask mask = read_source(sources[s], grid);
    for (size_t v = 0; v < all.values().size(); ++v)
      if (mask.values()[v]) all.values()[v] = uint8_t(s + 1);
  }
  return all;
}

}  // namespace hepatica::cmd
