#include "base/override.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica {
namespace {

std::string result(const std::string& recipe, const std::string& overrides) {
  const Block block = with_overrides({YAML::Load(recipe), "r.yaml", ""}, {YAML::Load(overrides), "r.yaml", "set"});
  return json_from_block(block).dump();
}

TEST(Override, DottedKeysAndStars) {
  EXPECT_EQ(result("a: {b: {c: 1, d: 2}}", "a.b.c: [3, 4]"), R"({"a":{"b":{"c":[3,4],"d":2}}})");
  EXPECT_EQ(result("a: {x: {c: 1}, y: {c: 2}}", "a.*.c: 3"), R"({"a":{"x":{"c":3},"y":{"c":3}}})");
  EXPECT_EQ(result("a: {x: {}}", "a.*.m.k: text"), R"({"a":{"x":{"m":{"k":"text"}}}})");
  EXPECT_EQ(result("a: {x: 1}", "{}"), R"({"a":{"x":1}})");
}

TEST(Override, LeavesTheRecipeAsItIs) {
  const Block recipe{YAML::Load("a: &one {c: 1}\nb: *one"), "r.yaml", ""};
  const Block changed = with_overrides(recipe, {YAML::Load("a.c: 2"), "r.yaml", "set"});
  EXPECT_EQ(json_from_block(recipe).dump(), R"({"a":{"c":1},"b":{"c":1}})");
  EXPECT_EQ(json_from_block(changed)["a"]["c"], 2);
  EXPECT_EQ(json_from_block(changed)["b"]["c"], 1);
}

TEST(Override, Refusals) {
  EXPECT_THROW(result("a: {x: 1}", "b.c: 1"), Error);
  EXPECT_THROW(result("a: {x: 1}", "a.x.y: 1"), Error);
  EXPECT_THROW(result("a: {x: 1}", "a.b.*.c: 1"), Error);
}

}  // namespace
}  // namespace hepatica
