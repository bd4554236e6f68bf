// The `data` block of a recipe as sources of slices, or of volumes.
#pragma once

#include <optional>

#include "base/files.h"
#include "base/options.h"
#include "dataset/data_options.h"
#include "dataset/folds.h"
#include "dataset/mixture.h"

namespace hepatica::train {

/// Where data lie, and what parts them.
struct DataPlaces {
  fs::path
      data;  ///< of --data: a folder of slices (images/, masks/) or a form of open_data; empty: synthetic data alone
  fs::path cache;  ///< folder for rendered slices
  uint64_t seed = 0;
  DataNeeds needs;                 ///< of the task
  std::optional<NestedFold> fold;  ///< parts every source instead of its own split
};

/// Sources of the block: `slices` (a folder of pictures with masks), `manifest` (data of one's own: a CSV, LiLNet's
/// layout, COCO, YOLO), `phantoms` (of which `keep` takes the patients of some lesion types only, and `seed` makes
/// others than the run's); each with `share`, and `validation` and `test` (shares of the patients). Error{bad_recipe}
/// where the block names none, Error{bad_manifest} where `data` is of another kind than the block.
Mixture mixture_from_block(const Block& block, const DataPlaces& places);

/// The same as whole volumes: `manifest` and `phantoms` (dataset/phantom_volumes.h).
VolumeMixture volumes_from_block(const Block& block, const DataPlaces& places);

/// The same as whole studies: `phantoms`, and others of the same keys under `more_phantoms`.
StudyMixture studies_from_block(const Block& block, const DataPlaces& places);

/// Whether the block names a source that reads --data.
bool uses_own_data(const Block& block);

}  // namespace hepatica::train
