// Real data by a CSV manifest.
//
// Columns: `patient` and `path` (relative to the manifest), and as far as known `phase`, `liver` (mask file), `label`
// (class of the lesion), `box` ("x0 y0 x1 y1", pixels of the slice), `slice` (k from the foot, from 0), `lesion` (mask
// file of the lesion), `plane` (a name: rows of a patient with the same one are the same plane of the same lesion in
// different phases), `split` ("train" or "validation"). `path` is a volume (.nii.gz, .nrrd, .mha, ...) or a picture of
// one slice. A volume without `slice` gives every slice.
#pragma once

#include <memory>

#include "base/files.h"
#include "dataset/source.h"
#include "dataset/split.h"
#include "io/picture.h"

namespace hepatica {

struct ManifestRow {
  int line = 0;  ///< of the file, from 1
  std::string patient, label, split, plane;
  fs::path path, liver, lesion;  ///< absolute; the masks empty where not given
  Phase phase = Phase::unknown;
  std::optional<Box2> box;
  int64_t slice = -1;  ///< -1: every slice
};

struct ManifestOptions {
  PictureStackOptions pictures;     ///< HU and spacing of pictures
  std::vector<std::string> labels;  ///< allowed in `label`; empty: any
};

/// Error{bad_manifest} names the file and up to ten rows with what is wrong in each: a missing column or file, an
/// unknown phase or label, a box or slice that is no number or empty, a split other than train and validation, a
/// patient in both.
std::vector<ManifestRow> read_manifest(const fs::path& path, const ManifestOptions& options);

/// The slices of the rows. `get` throws Error naming file and row where an image cannot be used.
std::shared_ptr<const SliceSource> open_manifest(const fs::path& path, const ManifestOptions& options);

/// The parts that the column `split` states; nullopt where no row has one. Rows without it are for training.
std::optional<Split> stated_split(const SliceSource& manifest);

}  // namespace hepatica
