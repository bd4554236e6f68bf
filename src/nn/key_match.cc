#include "nn/key_match.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <regex>

namespace hepatica::nn {

namespace {

constexpr std::ptrdiff_t kMostNames = 10;

std::string shape_text(const std::vector<int64_t>& shape) { return fmt::format("[{}]", fmt::join(shape, ",")); }

std::string listed(const std::string& what, const std::vector<std::string>& keys) {
  if (keys.empty()) return "";
  const std::vector<std::string> first(keys.begin(), keys.begin() + std::min(kMostNames, std::ssize(keys)));
  return fmt::format(
      " {} {} ({}{});", keys.size(), what, fmt::join(first, ", "), std::ssize(keys) > kMostNames ? ", ..." : "");
}

}  // namespace

std::string without_module_prefix(std::string key) {
  static const std::regex old_dense_layer(R"((.*denselayer\d+\.(?:norm|conv))\.([12]\..*))");
  while (key.starts_with("module.")) key.erase(0, 7);
  return key.find("denselayer") == std::string::npos ? key : std::regex_replace(key, old_dense_layer, "$1$2");
}

std::string KeyMatch::text() const {
  return listed("missing", missing) + listed("unexpected", unexpected) + listed("of another shape", misshapen);
}

KeyMatch match_keys(const Graph& graph, const TensorShapes& shapes) {
  TensorShapes given;
  for (const auto& [key, shape] : shapes) given[without_module_prefix(key)] = shape;
  KeyMatch match;
  for (const ParameterInfo& info : parameters_of(graph)) {
    const auto found = given.find(info.key);
    if (found == given.end()) {
      if (!info.key.ends_with(".num_batches_tracked")) match.missing.push_back(info.key);
      continue;
    }
    if (found->second != info.shape)
      match.misshapen.push_back(info.key + " " + shape_text(found->second) + " for " + shape_text(info.shape));
    given.erase(found);
  }
  for (const auto& [key, shape] : given)
    (key.starts_with("skip_layers.") ? match.aliases : match.unexpected).push_back(key);
  return match;
}

}  // namespace hepatica::nn
