#include "dataset/folds.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace hepatica {
namespace {

/// 20 patients of three slices; every fifth has the rare label.
class Patients : public SliceSource {
 public:
  size_t size() const override { return 60; }
  std::string group(size_t index) const override { return fmt::format("p{}", index / 3); }
  std::string label(size_t index) const override { return index / 3 % 5 == 0 ? "rare" : "common"; }
  std::string fingerprint() const override { return "patients"; }
  LearningSlice get(size_t) const override { return {}; }
};

TEST(Folds, EachHasItsShareOfEachLabel) {
  const Patients source;
  NestedFold fold;
  fold.outer = 4;
  std::set<size_t> seen;
  for (size_t outer = 0; outer < 4; ++outer) {
    const auto items = outer_items(source, fold, outer);
    EXPECT_EQ(items.size(), 15u);
    size_t rare = 0;
    for (const size_t i : items) rare += source.label(i) == "rare";
    EXPECT_EQ(rare, 3u) << "one patient of three slices";
    seen.insert(items.begin(), items.end());
  }
  EXPECT_EQ(seen.size(), 60u);
}

TEST(Folds, TheHeldOutPartIsInNeither) {
  const Patients source;
  NestedFold fold;
  fold.outer = 4;
  fold.inner = 3;
  fold.held_out = 2;
  std::set<std::string> out;
  for (const size_t i : outer_items(source, fold, 2)) out.insert(source.group(i));
  std::set<size_t> validated;
  for (fold.validation = 0; fold.validation < 3; ++fold.validation) {
    const Split split = nested_split(source, fold);
    EXPECT_EQ(split.training.size() + split.validation.size(), 45u);
    std::set<std::string> training;
    for (const size_t i : split.training) training.insert(source.group(i));
    for (const size_t i : split.validation) EXPECT_FALSE(training.count(source.group(i)));
    for (const std::string& name : out) EXPECT_FALSE(training.count(name)) << name;
    validated.insert(split.validation.begin(), split.validation.end());
  }
  EXPECT_EQ(validated.size(), 45u);
}

TEST(Folds, DependOnTheSeedAlone) {
  const std::vector<std::string> groups{"a", "b", "c", "d", "e", "f"}, labels(6, "x");
  EXPECT_EQ(folds_by_group(groups, labels, 3, 1), folds_by_group(groups, labels, 3, 1));
  EXPECT_NE(folds_by_group(groups, labels, 3, 1), folds_by_group(groups, labels, 3, 2));
  EXPECT_THROW(folds_by_group(groups, labels, 7, 1), Error);
}

}  // namespace
}  // namespace hepatica
