// Several sources as one, each with its share of what is drawn.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/options.h"
#include "dataset/source.h"
#include "dataset/split.h"
#include "dataset/study_source.h"
#include "dataset/volume_source.h"

namespace hepatica {

/// One item: which source, and which of its items.
struct MixtureItem {
  size_t source = 0, index = 0;
  bool operator==(const MixtureItem&) const = default;
};

/// The group of each item.
std::vector<std::string> groups_of(const ItemSource& source);

/// Sources with shares, parted by patient, whatever their items are.
class ItemMixture {
 public:
  size_t sources() const { return parts_.size(); }
  const std::string& name(size_t source) const { return parts_[source].name; }
  std::string label(const MixtureItem& item) const { return parts_[item.source].source->label(item.index); }
  std::string group(const MixtureItem& item) const;

  /// `count` training items in random order: each source gives its share, each of its items as often as any other
  /// to within one. Where `balanced`, each class of a source gives the same number.
  std::vector<MixtureItem> draw(size_t count, Rng rng, bool balanced = false) const;
  size_t training_size() const;
  /// Training items of each label.
  std::map<std::string, size_t> training_labels() const;
  /// Every training item once, source by source in their order.
  std::vector<MixtureItem> training() const;
  /// All validation items; of each source at most `most`, evenly spread.
  std::vector<MixtureItem> validation(size_t most) const;
  /// Every item kept from training for the last test.
  std::vector<MixtureItem> test() const;
  /// Which patient is in which part, as CSV: source, patient, part, items.
  std::string split_table() const;
  /// Hashes and sizes of the sources, for the run's manifest.
  nlohmann::json describe() const;

 protected:
  void add_part(std::string name, std::shared_ptr<const ItemSource> source, double share, Split split);
  const ItemSource& item_source(size_t source) const { return *parts_[source].source; }

 private:
  struct Part {
    std::string name;
    std::shared_ptr<const ItemSource> source;
    double share;
    Split split;
  };
  std::vector<Part> parts_;
};

/// Sources of one kind.
template <class Source>
class MixtureOf : public ItemMixture {
 public:
  /// Adds a source that gets `share` (> 0) of the training draws. `split` parts its items.
  void add(std::string name, std::shared_ptr<const Source> source, double share, Split split) {
    add_part(std::move(name), std::move(source), share, std::move(split));
  }
  /// The same, parted by `split_by_group`.
  void add(
      std::string name, std::shared_ptr<const Source> source, double share, const SplitShares& shares, uint64_t seed) {
    Split split = split_by_group(groups_of(*source), shares, seed);
    add_part(std::move(name), std::move(source), share, std::move(split));
  }
  // Only `add` takes sources in.
  const Source& source(size_t source) const { return static_cast<const Source&>(item_source(source)); }
  auto get(const MixtureItem& item) const { return source(item.source).get(item.index); }
};

/// Slices.
class Mixture : public MixtureOf<SliceSource> {
 public:
  std::vector<LearningSlice> phases(const MixtureItem& item) const { return source(item.source).phases(item.index); }
};

/// Whole volumes.
using VolumeMixture = MixtureOf<VolumeSource>;

/// Whole studies.
using StudyMixture = MixtureOf<StudySource>;

}  // namespace hepatica
