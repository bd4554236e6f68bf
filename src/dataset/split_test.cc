#include "dataset/split.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/error.h"

namespace hepatica {
namespace {

TEST(Split, KeepsPatientsTogether) {
  std::vector<std::string> groups;
  for (int i = 0; i < 100; ++i) groups.push_back(std::string("p").append(std::to_string(i / 4)));
  const Split split = split_by_group(groups, {0.2, 0}, 7);
  EXPECT_EQ(split.training.size() + split.validation.size(), groups.size());
  EXPECT_FALSE(split.validation.empty());
  EXPECT_NO_THROW(check_no_leak(groups, split));
}

TEST(Split, OthersDoNotMoveAPatient) {
  std::vector<std::string> few, many;
  for (int i = 0; i < 30; ++i) few.push_back(std::string("p").append(std::to_string(i)));
  many = few;
  for (int i = 30; i < 60; ++i) many.push_back(std::string("p").append(std::to_string(i)));
  const Split a = split_by_group(few, {0.3, 0}, 1), b = split_by_group(many, {0.3, 0}, 1);
  const std::set<size_t> all(b.validation.begin(), b.validation.end());
  for (const size_t i : a.validation) EXPECT_TRUE(all.count(i)) << i;
}

TEST(Split, OnePatientIsAnError) { EXPECT_THROW(split_by_group({"a", "a"}, {0.1, 0}, 0), Error); }

TEST(Split, LeakNamesThePatient) {
  try {
    check_no_leak({"anna", "ben", "anna"}, {{0, 1}, {2}, {}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
    EXPECT_NE(std::string(error.what()).find("'anna'"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("'ben'"), std::string::npos);
  }
}

/// Two items of each of 40 patients: half of class a, a quarter of b and of c; dates rise; four centres in turn.
std::vector<SplitItem> cohort() {
  std::vector<SplitItem> items;
  for (int i = 0; i < 80; ++i) {
    const int p = i / 2;
    items.push_back({fmt::format("p{:02}", p),
                     p % 4 < 2    ? "a"
                     : p % 4 == 2 ? "b"
                                  : "c",
                     fmt::format("2020{:02}{:02}", 1 + p / 20, 1 + p % 20),
                     fmt::format("c{}", p % 4),
                     ""});
  }
  return items;
}

std::set<std::string> patients(const std::vector<SplitItem>& items, const std::vector<size_t>& part) {
  std::set<std::string> names;
  for (const size_t i : part) names.insert(items[i].patient);
  return names;
}

std::string split_error(const std::vector<SplitItem>& items, const SplitOptions& options) {
  try {
    split_items(items, options, 1);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
    return error.what();
  }
  return "";
}

TEST(SplitItems, ByClassKeepsTheSharesOfEachClass) {
  const auto items = cohort();
  const Split split = split_items(items, {{0.2, 0.3}, "class", {}, {}}, 3);
  std::map<std::string, size_t> validation, test;
  for (const size_t i : split.validation) ++validation[items[i].label];
  for (const size_t i : split.test) ++test[items[i].label];
  // Of 20, 10 and 10 patients .3 are for test and .2 for validation; two items each.
  EXPECT_EQ(test, (std::map<std::string, size_t>{{"a", 12}, {"b", 6}, {"c", 6}}));
  EXPECT_EQ(validation, (std::map<std::string, size_t>{{"a", 8}, {"b", 4}, {"c", 4}}));
}

TEST(SplitItems, ByTimeTheNewestAreForTest) {
  const auto items = cohort();
  const Split split = split_items(items, {{0.1, 0.2}, "time", {}, {}}, 3);
  EXPECT_EQ(*patients(items, split.test).begin(), "p32");  // 8 of 40
  EXPECT_EQ(patients(items, split.test).size(), 8u);
  EXPECT_EQ(patients(items, split.validation), (std::set<std::string>{"p28", "p29", "p30", "p31"}));
  auto undated = items;
  undated[5].date = "";
  EXPECT_NE(split_error(undated, {{0.1, 0.2}, "time", {}, {}}).find("'p02'"), std::string::npos);
}

TEST(SplitItems, ByCentreThoseNamedAreHeldOut) {
  const auto items = cohort();
  const Split split = split_items(items, {{0.1, 0}, "centre", {"c1"}, {"c2", "c3"}}, 3);
  EXPECT_EQ(split.test.size(), 40u);
  EXPECT_EQ(split.validation.size(), 20u);
  EXPECT_EQ(split.training.size(), 20u);
  EXPECT_NE(split_error(items, {{0.1, 0}, "centre", {}, {"HN"}}).find("no centre 'HN'; the data have 'c0', 'c1'"),
            std::string::npos);
  auto moved = items;
  moved[0].centre = "c2";
  EXPECT_NE(split_error(moved, {{0.1, 0}, "centre", {}, {"c2"}}).find("'p00'"), std::string::npos);
}

TEST(SplitItems, StatedPartsHoldAndAreCompleted) {
  auto items = cohort();
  for (size_t i = 0; i < items.size(); ++i) items[i].stated = i < 20 ? "test" : "train";
  const Split split = split_items(items, {{0.2, 0}, "stated", {}, {}}, 3);
  EXPECT_EQ(split.test.size(), 20u);
  EXPECT_FALSE(split.validation.empty());  // of the 30 training patients
  EXPECT_EQ(split.training.size() + split.validation.size(), 60u);
  items[1].stated = "train";
  EXPECT_NE(split_error(items, {{0.2, 0}, "stated", {}, {}}).find("'p00'"), std::string::npos);
}

}  // namespace
}  // namespace hepatica
