#include "base/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "base/source_folder.h"

namespace hepatica {
namespace {

constexpr int kDeepestInheritance = 8;
/// More than any recipe has; aliases that hold themselves, or multiply, have more.
constexpr int kDeepestNesting = 32;
constexpr int kMostNodes = 100'000;

std::string dotted(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

YAML::Node merge(const YAML::Node& base, const YAML::Node& over) {
  if (!base.IsMap() || !over.IsMap()) return over;  // not a clone: those have no line numbers
  YAML::Node merged = YAML::Clone(base);
  for (const auto& item : over) {
    const auto key = item.first.as<std::string>();
    merged[key] = merged[key] ? merge(merged[key], item.second) : item.second;
  }
  return merged;
}

fs::path find_recipe(const std::string& name, const std::vector<fs::path>& folders) {
  if (fs::is_regular_file(name)) return name;
  for (const auto& folder : folders) {
    const fs::path candidate = folder / (name + ".yaml");
    if (fs::is_regular_file(candidate)) return candidate;
  }
  std::vector<std::string> looked;
  for (const auto& folder : folders) looked.push_back(folder.string());
  throw Error(ErrorCode::not_found,
              fmt::format("no recipe '{}': not a file, nor a recipe in {}; `hepatica recipe list` names them",
                          name,
                          looked.empty() ? "any known folder" : fmt::format("{}", fmt::join(looked, ", "))));
}

[[noreturn]] void fail_in(const fs::path& path, int64_t line, const std::string& text) {
  throw Error(ErrorCode::bad_recipe, fmt::format("{}:{}: {}", path.string(), line, text));
}

/// Bytes of the UTF-8 character that starts `text` (RFC 3629, section 4); 0 where it starts with none.
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](size_t i) { return byte(i) >= 0x80 && byte(i) < 0xC0; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first < 0xF0) {
    const bool overlong = first == 0xE0 && second < 0xA0, surrogate = first == 0xED && second >= 0xA0;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first < 0xF0 || first > 0xF4) return 0;
  const bool overlong = first == 0xF0 && second < 0x90, beyond = first == 0xF4 && second >= 0x90;
  return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
}

void check_utf8(const fs::path& path, std::string_view text) {
  int64_t line = 1;
  while (!text.empty()) {
    const size_t length = character_length(text);
    if (length == 0) fail_in(path, line, "this line is not UTF-8 text; save the file as UTF-8");
    if (text[0] == '\n') ++line;
    text.remove_prefix(length);
  }
}

/// Keys are plain text, and what aliases repeat stays within bounds.
void check_nodes(const fs::path& path, const YAML::Node& node, int depth, int& count) {
  const int64_t line = node.Mark().line + 1;
  if (depth > kDeepestNesting || ++count > kMostNodes) fail_in(path, line, "nested too deeply, or aliases repeat it");
  if (!node.IsMap() && !node.IsSequence()) return;
  for (const auto& item : node) {
    if (!node.IsMap()) {
      check_nodes(path, item, depth + 1, count);
      continue;
    }
    if (!item.first.IsScalar()) fail_in(path, line, "a key here is no plain text");
    check_nodes(path, item.second, depth + 1, count);
  }
}

YAML::Node load_document(const fs::path& path) {
  const std::string text = read_file(path);
  check_utf8(path, text);
  try {
    YAML::Node node = YAML::Load(text);
    if (!node.IsMap()) fail_in(path, 1, "a recipe is a mapping of keys");
    int count = 0;
    check_nodes(path, node, 0, count);
    if (const YAML::Node base = node["inherits"]; base && !base.IsScalar())
      fail_in(path, base.Mark().line + 1, "key 'inherits' must be the name of a recipe");
    return node;
  } catch (const YAML::Exception& problem) {
    fail_in(path, problem.mark.line + 1, problem.msg);
  }
}

YAML::Node load_inherited(const std::string& name, std::vector<fs::path> folders, int depth) {
  if (depth > kDeepestInheritance)
    throw Error(ErrorCode::bad_recipe, fmt::format("recipe '{}': `inherits` goes in a circle or too deep", name));
  const fs::path path = find_recipe(name, folders);
  YAML::Node document = load_document(path);
  if (!document["inherits"]) return document;
  folders.insert(folders.begin(), path.parent_path());
  YAML::Node base = load_inherited(document["inherits"].as<std::string>(), folders, depth + 1);
  document.remove("inherits");
  return merge(base, document);
}

nlohmann::json scalar_json(const YAML::Node& node) {
  if (node.Tag() == "!") return node.as<std::string>();
  bool truth = false;
  if (YAML::convert<bool>::decode(node, truth)) return truth;
  int64_t whole = 0;
  if (YAML::convert<int64_t>::decode(node, whole)) return whole;
  double number = 0;
  if (YAML::convert<double>::decode(node, number)) return number;
  return node.as<std::string>();
}

nlohmann::json node_json(const YAML::Node& node) {
  if (node.IsMap()) {
    nlohmann::json object = nlohmann::json::object();
    for (const auto& item : node) object[item.first.as<std::string>()] = node_json(item.second);
    return object;
  }
  if (node.IsSequence()) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& item : node) list.push_back(node_json(item));
    return list;
  }
  return node.IsScalar() ? scalar_json(node) : nlohmann::json(nullptr);
}

}  // namespace

Block Block::child(const std::string& key) const {
  const YAML::Node found = node && node.IsMap() ? node[key] : YAML::Node();
  if (found && !found.IsNull() && !found.IsMap())
    throw Error(ErrorCode::bad_recipe,
                fmt::format("{}:{}: '{}' must be a mapping", file, found.Mark().line + 1, dotted(path, key)));
  return {found && found.IsMap() ? found : YAML::Node(YAML::NodeType::Map), file, dotted(path, key)};
}

OptionReader::OptionReader(Block block) : block_(std::move(block)) {}

bool OptionReader::has(const std::string& key) const { return block_.node && block_.node[key]; }

YAML::Node OptionReader::take(const std::string& key) {
  known_.insert(key);
  return has(key) ? block_.node[key] : YAML::Node(YAML::NodeType::Undefined);
}

void OptionReader::fail(const YAML::Node& where, const std::string& key, const std::string& text) const {
  throw Error(ErrorCode::bad_recipe,
              fmt::format("{}:{}: key '{}' {}", block_.file, where.Mark().line + 1, dotted(block_.path, key), text));
}

template <class T>
T OptionReader::convert(const YAML::Node& node, const std::string& key, const char* type) const {
  T value{};
  if (!YAML::convert<T>::decode(node, value)) fail(node, key, fmt::format("must be {}", type));
  return value;
}

double OptionReader::number(const std::string& key, double fallback, double low, double high) {
  const YAML::Node node = take(key);
  if (!node) return fallback;
  const double value = convert<double>(node, key, "a number");
  if (!(value >= low && value <= high)) fail(node, key, fmt::format("is {}, outside {} to {}", value, low, high));
  return value;
}

int64_t OptionReader::integer(const std::string& key, int64_t fallback, int64_t low, int64_t high) {
  const YAML::Node node = take(key);
  if (!node) return fallback;
  const auto value = convert<int64_t>(node, key, "a whole number");
  if (value < low || value > high) fail(node, key, fmt::format("is {}, outside {} to {}", value, low, high));
  return value;
}

bool OptionReader::boolean(const std::string& key, bool fallback) {
  const YAML::Node node = take(key);
  return node ? convert<bool>(node, key, "true or false") : fallback;
}

std::string OptionReader::text(const std::string& key, const std::string& fallback) {
  const YAML::Node node = take(key);
  if (!node) return fallback;
  if (!node.IsScalar()) fail(node, key, "must be text");
  return node.as<std::string>();
}

std::string OptionReader::choice(const std::string& key,
                                 const std::string& fallback,
                                 const std::vector<std::string>& allowed) {
  const std::string value = text(key, fallback);
  if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
    fail(take(key), key, fmt::format("is '{}'; known are: {}", value, fmt::join(allowed, ", ")));
  return value;
}

std::vector<double> OptionReader::numbers(const std::string& key,
                                          const std::vector<double>& fallback,
                                          double low,
                                          double high) {
  const YAML::Node node = take(key);
  if (!node) return fallback;
  if (!node.IsSequence()) fail(node, key, "must be a list of numbers");
  std::vector<double> values;
  for (const auto& item : node) {
    values.push_back(convert<double>(item, key, "a list of numbers"));
    if (!(values.back() >= low && values.back() <= high))
      fail(item, key, fmt::format("holds {}, outside {} to {}", values.back(), low, high));
  }
  return values;
}

std::vector<std::string> OptionReader::texts(const std::string& key, const std::vector<std::string>& fallback) {
  const YAML::Node node = take(key);
  if (!node) return fallback;
  if (!node.IsSequence()) fail(node, key, "must be a list");
  std::vector<std::string> values;
  for (const auto& item : node) values.push_back(convert<std::string>(item, key, "a list of texts"));
  return values;
}

Block OptionReader::block(const std::string& key) {
  known_.insert(key);
  return block_.child(key);
}

void OptionReader::finish() {
  if (!block_.node || !block_.node.IsMap()) return;
  for (const auto& item : block_.node) {
    const auto key = item.first.as<std::string>();
    if (!known_.count(key))
      fail(item.first, key, fmt::format("is unknown; known here are: {}", fmt::join(known_, ", ")));
  }
}

Block load_recipe(const std::string& name, const std::vector<fs::path>& folders) {
  return {load_inherited(name, folders, 0), find_recipe(name, folders).string(), ""};
}

std::vector<fs::path> installed_folders(const std::string& kind) {
  std::vector<fs::path> candidates;
  if (const char* home = std::getenv("HEPATICA_HOME")) candidates.push_back(fs::path(home) / kind);
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  if (!code) candidates.push_back(program.parent_path().parent_path() / "share" / "hepatica" / kind);
  candidates.push_back(fs::path(kSourceFolder) / kind);
  std::erase_if(candidates, [](const fs::path& folder) { return !fs::is_directory(folder); });
  return candidates;
}

nlohmann::json json_from_block(const Block& block) { return node_json(block.node); }

}  // namespace hepatica
