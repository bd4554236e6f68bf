// Cross-validation by patient.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dataset/source.h"
#include "dataset/split.h"

namespace hepatica {

/// Fold of each group, 0 .. count - 1: within each label the groups, in an order drawn from the seed, take turns, so
/// that every fold has its share of each label. A group's label is that of its first item. Error{bad_manifest} where
/// there are fewer groups than folds.
std::map<std::string, size_t> folds_by_group(const std::vector<std::string>& groups,
                                             const std::vector<std::string>& labels,
                                             size_t count,
                                             uint64_t seed);

/// A place in nested cross-validation.
struct NestedFold {
  size_t outer = 5, inner = 3;
  std::optional<size_t> held_out;  ///< outer fold that takes no part; absent: all do
  size_t validation = 0;           ///< inner fold to validate on
  uint64_t seed = 0;
};

/// Training and validation items: those of the held-out outer fold are in neither.
Split nested_split(const ItemSource& source, const NestedFold& fold);

/// The items of one outer fold.
std::vector<size_t> outer_items(const ItemSource& source, const NestedFold& fold, size_t outer);

}  // namespace hepatica
