#include "train/data.h"

#include "base/error.h"
#include "dataset/manifest.h"
#include "dataset/phantom_source.h"
#include "dataset/slice_folder.h"

namespace hepatica::train {
namespace {

struct Common {
  double share, validation;
};

Common common_keys(OptionReader& reader) {
  return {reader.number("share", 1, 1e-6, 1e6), reader.number("validation", 0.12, 0, 0.9)};
}

/// Adds a source, parted as the places say, as it states itself, or by the fraction.
void add_source(Mixture& mixture,
                const std::string& name,
                const std::shared_ptr<const SliceSource>& source,
                const Common& common,
                const DataPlaces& places) {
  if (places.fold)
    mixture.add(name, source, common.share, nested_split(*source, *places.fold));
  else if (const auto split = stated_split(*source))
    mixture.add(name, source, common.share, *split);
  else
    mixture.add(name, source, common.share, common.validation, places.seed);
}

void add_slices(Mixture& mixture, const Block& block, const DataPlaces& places) {
  OptionReader reader(block);
  const Common common = common_keys(reader);
  const SliceFolderOptions options = slice_folder_options(reader);
  reader.finish();
  if (!is_slice_folder(places.data)) {
    throw Error(ErrorCode::not_found,
                "--data: '" + places.data.string() +
                    "' has no sub-folders images/ and masks/, which the recipe's data.slices need");
  }
  add_source(mixture, "slices", open_slice_folder(places.data, options), common, places);
}

void add_manifest(Mixture& mixture, const Block& block, const DataPlaces& places) {
  OptionReader reader(block);
  const Common common = common_keys(reader);
  ManifestOptions options;
  options.labels = reader.texts("labels", {});
  options.pictures.level = reader.number("level", options.pictures.level, -1024, 3071);
  options.pictures.width = reader.number("width", options.pictures.width, 1, 4096);
  options.pictures.spacing_mm = reader.number("spacing_mm", options.pictures.spacing_mm, 0.1, 10);
  reader.finish();
  if (!fs::is_regular_file(places.data)) {
    throw Error(
        ErrorCode::not_found,
        "--data: '" + places.data.string() + "' is no manifest (a CSV file), which the recipe's data.manifest needs");
  }
  add_source(mixture, "manifest", open_manifest(places.data, options), common, places);
}

void add_phantoms(Mixture& mixture, const Block& block, const DataPlaces& places) {
  OptionReader reader(block);
  const Common common = common_keys(reader);
  const PhantomSourceOptions options = phantom_source_options(reader);
  const std::vector<std::string> keep = reader.texts("keep", {});
  reader.finish();
  std::shared_ptr<const SliceSource> source = make_phantom_source(options, places.seed, places.cache);
  if (!keep.empty()) source = select_labels(source, keep);
  add_source(mixture, "phantoms", source, common, places);
}

}  // namespace

Mixture mixture_from_block(const Block& block, const DataPlaces& places) {
  Mixture mixture;
  OptionReader reader(block);
  if (reader.has("slices")) add_slices(mixture, reader.block("slices"), places);
  if (reader.has("manifest")) add_manifest(mixture, reader.block("manifest"), places);
  if (reader.has("phantoms")) add_phantoms(mixture, reader.block("phantoms"), places);
  reader.finish();
  if (mixture.sources() == 0)
    throw Error(ErrorCode::bad_recipe, block.file + ": '" + block.path + "' names no source of data");
  return mixture;
}

}  // namespace hepatica::train
