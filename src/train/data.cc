#include "train/data.h"

#include "base/error.h"
#include "dataset/data_form.h"
#include "dataset/phantom_source.h"
#include "dataset/phantom_volumes.h"
#include "dataset/slice_folder.h"

namespace hepatica::train {
namespace {

double share_of(OptionReader& reader) { return reader.number("share", 1, 1e-6, 1e6); }

/// Adds a source, parted by the fold of a cross-validation or by shares of its patients.
template <class Source>
void add_source(MixtureOf<Source>& mixture,
                const std::string& name,
                const std::shared_ptr<const Source>& source,
                double share,
                const SplitShares& parts,
                uint64_t seed,
                const std::optional<NestedFold>& fold) {
  if (fold)
    mixture.add(name, source, share, nested_split(*source, *fold));
  else
    mixture.add(name, source, share, parts, seed);
}

void add_slices(Mixture& mixture, const Block& block, const DataPlaces& places) {
  OptionReader reader(block);
  const double share = share_of(reader);
  const SplitShares parts = split_shares(reader);
  const SliceFolderOptions options = slice_folder_options(reader);
  reader.finish();
  if (!is_slice_folder(places.data)) {
    throw Error(ErrorCode::not_found,
                "--data: '" + places.data.string() +
                    "' has no sub-folders images/ and masks/, which the recipe's data.slices need");
  }
  const std::shared_ptr<const SliceSource> source = open_slice_folder(places.data, options);
  add_source(mixture, "slices", source, share, parts, places.seed, places.fold);
}

void require_data(const Block& block, const DataPlaces& places) {
  if (places.data.empty())
    throw Error(ErrorCode::usage, block.file + ": '" + block.path + "' needs --data: a manifest CSV or another form");
}

void add_own_data(Mixture& mixture, const Block& block, const DataPlaces& places) {
  OptionReader reader(block);
  const double share = share_of(reader);
  const SplitOptions split = split_options(reader);
  DataOptions options = data_options(reader);
  reader.finish();
  require_data(block, places);
  if (!places.cache.empty()) options.cache = places.cache / "slices";
  const OpenedData opened = open_data(places.data, options, places.needs);
  mixture.add("manifest",
              opened.source,
              share,
              places.fold ? nested_split(*opened.source, *places.fold) : split_items(opened.items, split, places.seed));
}

void add_phantoms(Mixture& mixture, const Block& block, const DataPlaces& places) {
  OptionReader reader(block);
  const double share = share_of(reader);
  const SplitShares parts = split_shares(reader);
  const uint64_t seed = uint64_t(reader.integer("seed", int64_t(places.seed), 0, INT64_MAX));
  const PhantomSourceOptions options = phantom_source_options(reader);
  const std::vector<std::string> keep = reader.texts("keep", {});
  reader.finish();
  std::shared_ptr<const SliceSource> source = make_phantom_source(options, seed, places.cache);
  if (!keep.empty()) source = select_labels(source, keep);
  add_source(mixture, "phantoms", source, share, parts, seed, places.fold);
}

void add_own_volumes(VolumeMixture& mixture, const Block& block, const DataPlaces& places) {
  OptionReader reader(block);
  const double share = share_of(reader);
  const SplitOptions split = split_options(reader);
  const DataOptions options = data_options(reader);
  reader.finish();
  require_data(block, places);
  const OpenedVolumes opened = open_volumes(places.data, options);
  mixture.add("manifest",
              opened.source,
              share,
              places.fold ? nested_split(*opened.source, *places.fold) : split_items(opened.items, split, places.seed));
}

/// Whole volumes of phantoms, one a patient or one a phase, as `make` makes them.
template <class Source>
void add_phantom_volumes(MixtureOf<Source>& mixture,
                         const std::string& name,
                         const Block& block,
                         const DataPlaces& places,
                         std::unique_ptr<Source> (*make)(const PhantomVolumeOptions&, uint64_t)) {
  OptionReader reader(block);
  const double share = share_of(reader);
  const SplitShares parts = split_shares(reader);
  const uint64_t seed = uint64_t(reader.integer("seed", int64_t(places.seed), 0, INT64_MAX));
  const PhantomVolumeOptions options = phantom_volume_options(reader);
  reader.finish();
  const std::shared_ptr<const Source> source = make(options, seed);
  add_source(mixture, name, source, share, parts, seed, places.fold);
}

void require_sources(const ItemMixture& mixture, const Block& block) {
  if (mixture.sources() == 0)
    throw Error(ErrorCode::bad_recipe, block.file + ": '" + block.path + "' names no source of data");
}

}  // namespace

bool uses_own_data(const Block& block) { return block.node && (block.node["slices"] || block.node["manifest"]); }

VolumeMixture volumes_from_block(const Block& block, const DataPlaces& places) {
  VolumeMixture mixture;
  OptionReader reader(block);
  if (reader.has("slices"))
    throw Error(ErrorCode::bad_recipe,
                block.file + ": '" + block.path +
                    ".slices' are single slices; a 3D network learns from volumes: name manifest or phantoms");
  if (reader.has("manifest")) add_own_volumes(mixture, reader.block("manifest"), places);
  if (reader.has("phantoms"))
    add_phantom_volumes(mixture, "phantoms", reader.block("phantoms"), places, make_phantom_volumes);
  reader.finish();
  require_sources(mixture, block);
  return mixture;
}

StudyMixture studies_from_block(const Block& block, const DataPlaces& places) {
  StudyMixture mixture;
  OptionReader reader(block);
  for (const char* name : {"phantoms", "more_phantoms"})
    if (reader.has(name)) add_phantom_volumes(mixture, name, reader.block(name), places, make_phantom_studies);
  reader.finish();
  require_sources(mixture, block);
  return mixture;
}

Mixture mixture_from_block(const Block& block, const DataPlaces& places) {
  Mixture mixture;
  OptionReader reader(block);
  if (reader.has("slices")) add_slices(mixture, reader.block("slices"), places);
  if (reader.has("manifest")) add_own_data(mixture, reader.block("manifest"), places);
  if (reader.has("phantoms")) add_phantoms(mixture, reader.block("phantoms"), places);
  reader.finish();
  require_sources(mixture, block);
  return mixture;
}

}  // namespace hepatica::train
