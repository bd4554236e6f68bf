#include "dataset/folds.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/rng.h"

namespace hepatica {
namespace {

struct Named {
  std::vector<std::string> groups, labels;
};

Named names_of(const ItemSource& source) {
  Named names;
  for (size_t i = 0; i < source.size(); ++i) {
    names.groups.push_back(source.group(i));
    names.labels.push_back(source.label(i));
  }
  return names;
}

std::map<std::string, size_t> outer_folds(const ItemSource& source, const NestedFold& fold) {
  const Named names = names_of(source);
  return folds_by_group(names.groups, names.labels, fold.outer, fold.seed);
}

}  // namespace

std::map<std::string, size_t> folds_by_group(const std::vector<std::string>& groups,
                                             const std::vector<std::string>& labels,
                                             size_t count,
                                             uint64_t seed) {
  std::map<std::string, std::string> label_of;
  for (size_t i = 0; i < groups.size(); ++i) label_of.try_emplace(groups[i], labels[i]);
  if (label_of.size() < count)
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{} patients cannot be parted into {} folds; ask for fewer", label_of.size(), count));
  std::map<std::string, std::vector<std::string>> members;
  for (const auto& [group, label] : label_of) members[label].push_back(group);
  std::map<std::string, size_t> folds;
  Rng rng(seed);
  size_t next = 0;  // goes on from label to label, so that small ones do not all fall into the first folds
  for (auto& [label, names] : members) {
    rng.shuffle(names);
    for (const std::string& name : names) folds[name] = next++ % count;
  }
  return folds;
}

Split nested_split(const ItemSource& source, const NestedFold& fold) {
  const auto outer = outer_folds(source, fold);
  Named kept;
  std::vector<size_t> items;
  for (size_t i = 0; i < source.size(); ++i) {
    if (fold.held_out && outer.at(source.group(i)) == *fold.held_out) continue;
    items.push_back(i);
    kept.groups.push_back(source.group(i));
    kept.labels.push_back(source.label(i));
  }
  const auto inner = folds_by_group(kept.groups, kept.labels, fold.inner, Rng(fold.seed).fork(1).next());
  Split split;
  for (const size_t i : items)
    (inner.at(source.group(i)) == fold.validation ? split.validation : split.training).push_back(i);
  return split;
}

std::vector<size_t> outer_items(const ItemSource& source, const NestedFold& fold, size_t outer) {
  const auto folds = outer_folds(source, fold);
  std::vector<size_t> items;
  for (size_t i = 0; i < source.size(); ++i)
    if (folds.at(source.group(i)) == outer) items.push_back(i);
  return items;
}

}  // namespace hepatica
