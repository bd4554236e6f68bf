#include "base/strict_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace hepatica {

StrictJson::StrictJson(const nlohmann::json& object, std::string source, ErrorCode code)
    : object_(object), source_(std::move(source)), code_(code) {
  if (!object_.is_object()) fail("must be an object of keys");
}

void StrictJson::fail(const std::string& text) const { throw Error(code_, fmt::format("{}: {}", source_, text)); }

double StrictJson::number(const std::string& key, double fallback, double low, double high) {
  known_.insert(key);
  if (!object_.contains(key)) return fallback;
  const nlohmann::json& value = object_[key];
  if (!value.is_number()) fail(fmt::format("'{}' must be a number", key));
  const double number = value.get<double>();
  if (!(number >= low && number <= high)) fail(fmt::format("'{}' is {}, outside {} to {}", key, number, low, high));
  return number;
}

int64_t StrictJson::integer(const std::string& key, int64_t fallback, int64_t low, int64_t high) {
  if (object_.contains(key) && !object_[key].is_number_integer()) fail(fmt::format("'{}' must be a whole number", key));
  return int64_t(number(key, double(fallback), double(low), double(high)));
}

std::string StrictJson::choice(const std::string& key,
                               const std::string& fallback,
                               const std::vector<std::string>& allowed) {
  known_.insert(key);
  if (!object_.contains(key)) return fallback;
  const nlohmann::json& value = object_[key];
  if (!value.is_string() || std::find(allowed.begin(), allowed.end(), value.get<std::string>()) == allowed.end())
    fail(fmt::format("'{}' is {}; known are: {}", key, value.dump(), fmt::join(allowed, ", ")));
  return value.get<std::string>();
}

std::vector<double> StrictJson::numbers(const std::string& key,
                                        const std::vector<double>& fallback,
                                        double low,
                                        double high) {
  known_.insert(key);
  if (!object_.contains(key)) return fallback;
  const nlohmann::json& value = object_[key];
  const auto is_good = [&](const nlohmann::json& item) {
    return item.is_number() && item.get<double>() >= low && item.get<double>() <= high;
  };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_good))
    fail(fmt::format("'{}' is {}; it must be a list of numbers of {:g} to {:g}", key, value.dump(), low, high));
  return value.get<std::vector<double>>();
}

std::vector<std::string> StrictJson::texts(const std::string& key, const std::vector<std::string>& fallback) {
  known_.insert(key);
  if (!object_.contains(key)) return fallback;
  const nlohmann::json& value = object_[key];
  const auto is_text = [](const nlohmann::json& item) { return item.is_string(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text))
    fail(fmt::format("'{}' is {}; it must be a list of texts", key, value.dump()));
  return value.get<std::vector<std::string>>();
}

void StrictJson::finish() const {
  for (const auto& item : object_.items())
    if (!known_.count(item.key()))
      fail(fmt::format("key '{}' is unknown; known here are: {}", item.key(), fmt::join(known_, ", ")));
}

}  // namespace hepatica
