// Small JSON objects that must hold exactly the keys that are known.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"

namespace hepatica {

/// Reads the keys of one JSON object; then `finish` refuses the keys that nobody read. Errors carry `code` and say
/// `source`, the key and what was expected.
class StrictJson {
 public:
  StrictJson(const nlohmann::json& object, std::string source, ErrorCode code);

  /// A finite number in [low, high]; `fallback` where the key is absent.
  double number(const std::string& key, double fallback, double low, double high);
  int64_t integer(const std::string& key, int64_t fallback, int64_t low, int64_t high);
  /// One of `allowed`.
  std::string choice(const std::string& key, const std::string& fallback, const std::vector<std::string>& allowed);
  /// A list of finite numbers in [low, high].
  std::vector<double> numbers(const std::string& key, const std::vector<double>& fallback, double low, double high);
  /// A list of texts.
  std::vector<std::string> texts(const std::string& key, const std::vector<std::string>& fallback);
  void finish() const;

 private:
  [[noreturn]] void fail(const std::string& text) const;

  const nlohmann::json& object_;
  std::string source_;
  ErrorCode code_;
  std::set<std::string> known_;
};

}  // namespace hepatica
