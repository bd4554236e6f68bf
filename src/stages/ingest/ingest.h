// From what the user has (folders, archives, single files) to a Study: which series there are, which can be used and
// why not, their phases. Headers only are read and held; voxels come from Series::load().
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "io/picture.h"
#include "study/study.h"

namespace hepatica {

struct IngestOptions {
  /// Phases that the user states, by series UID (or file or folder name) or by 1-based place in the series table.
  std::map<std::string, Phase> phase_overrides;
  /// Measure organs in each CT series to find its phase; needs some of its voxels for a moment.
  bool phase_from_image = true;
  PictureStackOptions pictures;  ///< scale and window of picture stacks
};

/// Reads a DICOM folder (nested, any names), a ZIP of any of these forms, a DICOMDIR or a folder with one, a folder of
/// volumes (one a phase), one volume, a folder of pictures, or a folder of phase folders of pictures
/// (`{CT,AP,PVP}/*.png`, LiLNet's layout). Series that cannot be used are in the table with the reason.
///
/// Error{not_found} no such path; {no_images} nothing that is an image; {mixed_patients} images of several patients;
/// {bad_format} images, but all truncated or corrupt, or an archive that is unsafe to unpack.
Study ingest(const fs::path& path, const IngestOptions& options = {});

/// Each patient folder of `root/<ID>/{CT,AP,PVP}/*` as a study, in natural order of the IDs.
std::vector<Study> ingest_all(const fs::path& root, const IngestOptions& options = {});

/// Error{unsupported} (another modality), {bad_geometry} (unusable positions) or {no_images} where no series of the
/// study was accepted; the text gives the reasons. For callers that need voxels.
void require_accepted_series(const Study& study);

}  // namespace hepatica
