#include "dataset/split.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace hepatica {
namespace {

TEST(Split, KeepsPatientsTogether) {
  std::vector<std::string> groups;
  for (int i = 0; i < 100; ++i) groups.push_back(std::string("p").append(std::to_string(i / 4)));
  const Split split = split_by_group(groups, 0.2, 7);
  EXPECT_EQ(split.training.size() + split.validation.size(), groups.size());
  EXPECT_FALSE(split.validation.empty());
  EXPECT_NO_THROW(check_no_leak(groups, split));
}

TEST(Split, OthersDoNotMoveAPatient) {
  std::vector<std::string> few, many;
  for (int i = 0; i < 30; ++i) few.push_back(std::string("p").append(std::to_string(i)));
  many = few;
  for (int i = 30; i < 60; ++i) many.push_back(std::string("p").append(std::to_string(i)));
  const Split a = split_by_group(few, 0.3, 1), b = split_by_group(many, 0.3, 1);
  const std::set<size_t> all(b.validation.begin(), b.validation.end());
  for (const size_t i : a.validation) EXPECT_TRUE(all.count(i)) << i;
}

TEST(Split, OnePatientIsAnError) { EXPECT_THROW(split_by_group({"a", "a"}, 0.1, 0), Error); }

TEST(Split, LeakNamesThePatient) {
  try {
    check_no_leak({"anna", "ben", "anna"}, {{0, 1}, {2}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
    EXPECT_NE(std::string(error.what()).find("'anna'"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("'ben'"), std::string::npos);
  }
}

}  // namespace
}  // namespace hepatica
