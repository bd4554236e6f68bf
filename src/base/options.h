// Recipes as documents: YAML with `inherits`, and Options structs filled from a block of it with every mistake named by
// file, line and key.
#pragma once

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace hepatica {

/// One block of a recipe with the file it came from.
struct Block {
  YAML::Node node;   ///< a mapping, or undefined for an absent block
  std::string file;  ///< for messages
  std::string path;  ///< dotted path of the block, such as "stages.detect.options"

  /// The mapping under `key`; an absent one gives an empty block. Error{bad_recipe} where it is not a mapping.
  Block child(const std::string& key) const;
};

/// Reads the keys of one block into an Options struct; then `finish` refuses the keys that nobody read.
///
///     OptionReader reader(block);
///     options.level = reader.number("level", options.level, -1024, 3071);
///     reader.finish();
class OptionReader {
 public:
  explicit OptionReader(Block block);

  double number(const std::string& key, double fallback, double low, double high);
  int64_t integer(const std::string& key, int64_t fallback, int64_t low, int64_t high);
  bool boolean(const std::string& key, bool fallback);
  std::string text(const std::string& key, const std::string& fallback);
  /// One of `allowed`.
  std::string choice(const std::string& key, const std::string& fallback, const std::vector<std::string>& allowed);
  std::vector<double> numbers(const std::string& key, const std::vector<double>& fallback, double low, double high);
  std::vector<std::string> texts(const std::string& key, const std::vector<std::string>& fallback);
  /// A block within this one, marked as read.
  Block block(const std::string& key);
  bool has(const std::string& key) const;
  /// Error{bad_recipe} naming the first unread key with its line, and the keys that are known.
  void finish();

 private:
  YAML::Node take(const std::string& key);
  template <class T>
  T convert(const YAML::Node& node, const std::string& key, const char* type) const;
  [[noreturn]] void fail(const YAML::Node& where, const std::string& key, const std::string& text) const;

  Block block_;
  std::set<std::string> known_;
};

/// Reads a recipe: `name` is a path, or a name looked up as `recipes/<name>.yaml` in `folders`. `inherits: other` is
/// resolved first, then this document's keys are merged over it (mappings deep, all else replaced).
Block load_recipe(const std::string& name, const std::vector<std::filesystem::path>& folders);

/// Where recipes and models of this installation lie: `$HEPATICA_HOME/<kind>`, beside the program
/// (`../share/hepatica/<kind>`), and in the source tree. Existing folders only. `kind` is "recipes" or "models".
std::vector<std::filesystem::path> installed_folders(const std::string& kind);

/// The document as JSON with sorted keys, as kept in run manifests.
nlohmann::json json_from_block(const Block& block);

}  // namespace hepatica
