#include "train/data.h"

#include "base/error.h"
#include "dataset/slice_folder.h"

namespace hepatica::train {
namespace {

struct Common {
  double share, validation;
};

Common common_keys(OptionReader& reader) {
  return {reader.number("share", 1, 1e-6, 1e6), reader.number("validation", 0.12, 0, 0.9)};
}

void add_slices(Mixture& mixture, const Block& block, const DataPlaces& places) {
  OptionReader reader(block);
  const Common common = common_keys(reader);
  const SliceFolderOptions options = slice_folder_options(reader);
  reader.finish();
  if (!is_slice_folder(places.data)) {
    throw Error(ErrorCode::not_found,
                "--data: '" + places.data.string() + "' has no sub-folders images/ and masks/, which the recipe's data.slices need");
  }
  mixture.add("slices", open_slice_folder(places.data, options), common.share, common.validation, places.seed);
}

}  // namespace

Mixture mixture_from_block(const Block& block, const DataPlaces& places) {
  Mixture mixture;
  OptionReader reader(block);
  if (reader.has("slices")) add_slices(mixture, reader.block("slices"), places);
  reader.finish();
  if (mixture.sources() == 0)
    throw Error(ErrorCode::bad_recipe, block.file + ": '" + block.path + "' names no source of data");
  return mixture;
}

}  // namespace hepatica::train
