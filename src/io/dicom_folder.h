// A folder with the slices of one DICOM series, as cohorts' tables name images and masks.
#pragma once

#include "base/files.h"
#include "image/volume.h"

namespace hepatica {

/// HU on the series' own axes: i along rows, j along columns, k along the slices' normal; other files are passed over.
/// What a study holds, and which series are fit, is settled by the ingest stage; here the folder is taken at its word.
/// Errors: no_images where it holds no slices; bad_geometry where they are of two series or sizes, unevenly spaced, or
/// without a place in the patient; bad_format and unsupported as the pixels' reader has them.
Volume<int16_t> read_dicom_folder(const fs::path& folder);

/// The grid alone; pixels are not read.
Geometry read_dicom_folder_geometry(const fs::path& folder);

}  // namespace hepatica
