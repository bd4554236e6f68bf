// The readers behind `ingest`, one for each kind of source.
#pragma once

#include <memory>

#include "stages/ingest/ingest.h"

namespace hepatica {

/// A series on its way into a Study, with a cheap look at its voxels for phase identification.
struct SeriesDraft {
  Series series;
  /// Voxels at reduced resolution along k (about 5 mm); null where refused or where there is no cheap way.
  std::function<Volume<int16_t>()> coarse;
  double first_acquired_s = -1;  ///< seconds since midnight; negative where unknown
};

struct StudyDraft {
  Study study;  ///< `series` is still empty
  std::vector<SeriesDraft> series;
};

/// DICOM files; files that are none are counted in a warning.
StudyDraft draft_from_dicom(const std::vector<fs::path>& files);

/// NIfTI, NRRD and MetaImage files, one a phase.
StudyDraft draft_from_volumes(const std::vector<fs::path>& files);

/// Stacks of pictures: each is a series; the phase comes from the folder's name where it says one.
struct PictureStack {
  std::string name;
  Phase phase = Phase::unknown;
  std::vector<fs::path> files;
};
StudyDraft draft_from_pictures(const std::vector<PictureStack>& stacks, const PictureStackOptions& options);

/// Every regular file below a folder, sorted; hidden ones and those of macOS archives left out.
std::vector<fs::path> files_below(const fs::path& folder);

/// At most this many warnings of single files are kept; the rest is counted.
inline constexpr size_t kMaxFileWarnings = 20;

/// Appends `texts` to `warnings`, cut after kMaxFileWarnings with the number of those left out.
void add_capped(std::vector<std::string>& warnings, const std::vector<std::string>& texts);

}  // namespace hepatica
