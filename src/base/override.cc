#include "base/override.h"

#include <fmt/format.h>

#include "base/error.h"

namespace hepatica {
namespace {

std::vector<std::string> parts_of(const std::string& dotted) {
  std::vector<std::string> parts{""};
  for (const char c : dotted) {
    if (c == '.')
      parts.emplace_back();
    else
      parts.back().push_back(c);
  }
  return parts;
}

/// A copy of the mapping `node` with `value` under parts[first...]. Only what lies on the way is copied, so that blocks
/// that the recipe uses twice change in one place alone, and lines stay known.
YAML::Node with_value(const YAML::Node& node,
                      const std::vector<std::string>& parts,
                      size_t first,
                      const YAML::Node& value) {
  if (first == parts.size()) return value;
  if (node && !node.IsNull() && !node.IsMap())
    throw Error(ErrorCode::bad_recipe, fmt::format("'{}' is no block", parts[first - 1]));
  const std::string& part = parts[first];
  YAML::Node copy(YAML::NodeType::Map);
  bool found = false;
  if (node)
    for (const auto& entry : node) {
      const auto key = entry.first.as<std::string>();
      const bool meant = part == "*" || part == key;
      copy[key] = meant ? with_value(entry.second, parts, first + 1, value) : entry.second;
      found = found || meant;
    }
  if (!found && part == "*") throw Error(ErrorCode::bad_recipe, "there is no block for '*'");
  if (!found) copy[part] = with_value(YAML::Node(YAML::NodeType::Map), parts, first + 1, value);
  return copy;
}

}  // namespace

Block with_overrides(const Block& recipe, const Block& overrides) {
  Block result = recipe;
  for (const auto& entry : overrides.node) {
    const auto key = entry.first.as<std::string>();
    const std::vector<std::string> parts = parts_of(key);
    try {
      if (!recipe.node[parts.front()])
        throw Error(ErrorCode::bad_recipe, fmt::format("the recipe has no block '{}'", parts.front()));
      result.node.reset(with_value(result.node, parts, 0, entry.second));
    } catch (const Error& error) {
      throw error.with_context(fmt::format("{}: {}: '{}'", overrides.file, overrides.path, key));
    }
  }
  return result;
}

}  // namespace hepatica
