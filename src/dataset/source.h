// Where slices come from, and what holds of every source.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "dataset/slice.h"

namespace hepatica {

/// A set of items to learn from, whatever they are. Safe to use from several threads.
class ItemSource {
 public:
  virtual ~ItemSource() = default;
  virtual size_t size() const = 0;
  /// Patient or volume of item `index`: items of one group never lie on both sides of a split.
  virtual std::string group(size_t index) const = 0;
  /// Class of the item, known without reading it; empty where it has none.
  virtual std::string label(size_t) const { return {}; }
  /// What identifies the data, for the run's manifest: a hash over what was read or generated.
  virtual std::string fingerprint() const = 0;
};

/// A set of slices that can be drawn again and again.
class SliceSource : public ItemSource {
 public:
  /// The slice, without augmentation. Error where its file is broken, naming it.
  virtual LearningSlice get(size_t index) const = 0;
  /// The plane of item `index` in every phase that there is, each at most once, `target` set in all: of a lesion that
  /// the breath moves, the box is each phase's own where it is known. The item alone where the source has no other
  /// phases.
  virtual std::vector<LearningSlice> phases(size_t index) const { return {get(index)}; }
};

/// The items of `source` whose label is one of `labels`.
std::unique_ptr<SliceSource> select_labels(std::shared_ptr<const SliceSource> source,
                                           const std::vector<std::string>& labels);

}  // namespace hepatica
