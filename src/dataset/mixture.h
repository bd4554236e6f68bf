// Several sources of slices as one, each with its share of what is drawn.
#pragma once

#include <memory>
#include <vector>

#include "base/options.h"
#include "dataset/source.h"
#include "dataset/split.h"

namespace hepatica {

/// One item: which source, and which of its slices.
struct MixtureItem {
  size_t source = 0, index = 0;
  bool operator==(const MixtureItem&) const = default;
};

/// Sources with shares, parted by patient.
class Mixture {
 public:
  /// Adds a source that gets `share` (> 0) of the training draws. `split` parts its items.
  void add(std::string name, std::shared_ptr<const SliceSource> source, double share, Split split);
  /// The same, parted by `split_by_group`.
  void add(std::string name, std::shared_ptr<const SliceSource> source, double share, double fraction, uint64_t seed);

  size_t sources() const { return parts_.size(); }
  const std::string& name(size_t source) const { return parts_[source].name; }
  const SliceSource& source(size_t source) const { return *parts_[source].source; }
  LearningSlice get(const MixtureItem& item) const { return parts_[item.source].source->get(item.index); }
  std::vector<LearningSlice> phases(const MixtureItem& item) const {
    return parts_[item.source].source->phases(item.index);
  }
  std::string label(const MixtureItem& item) const { return parts_[item.source].source->label(item.index); }
  std::string group(const MixtureItem& item) const;

  /// `count` training items in random order: each source gives its share, each of its slices as often as any other
  /// to within one. Where `balanced`, each class of a source gives the same number.
  std::vector<MixtureItem> draw(size_t count, Rng rng, bool balanced = false) const;
  size_t training_size() const;
  /// Every training item once, source by source in their order.
  std::vector<MixtureItem> training() const;
  /// All validation items; of each source at most `most`, evenly spread.
  std::vector<MixtureItem> validation(size_t most) const;
  /// Hashes and sizes of the sources, for the run's manifest.
  nlohmann::json describe() const;

 private:
  struct Part {
    std::string name;
    std::shared_ptr<const SliceSource> source;
    double share;
    Split split;
  };
  std::vector<Part> parts_;
};

}  // namespace hepatica
