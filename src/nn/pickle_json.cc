#include "nn/pickle_json.h"

#include <cmath>
#include <cstring>

namespace hepatica::nn {

namespace {

using Kind = PickleValue::Kind;
using nlohmann::json;

constexpr int kDeepest = 6;
constexpr size_t kMostValues = 4000, kLongestText = 1000;
constexpr char kLeftOut[] = "...";

/// Bytes of a value: as they are, or as protocol 2 writes them, _codecs.encode(text, "latin1") with the text in UTF-8.
std::optional<std::string> bytes_of(const PickleValue& value) {
  if (value.kind == Kind::text) return value.text;
  if (!value.made_by("_codecs.encode") || value.items[1]->items.empty()) return std::nullopt;
  const std::string& text = value.items[1]->items[0]->text;
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto first = uint8_t(text[i]);
    if (first < 0x80) {
      bytes.push_back(char(first));
    } else if (i + 1 < text.size() && (first & 0xfc) == 0xc0) {
      bytes.push_back(char(first << 6 | (uint8_t(text[++i]) & 0x3f)));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

template <class Number>
json read_number(const std::string& bytes) {
  Number number;
  std::memcpy(&number, bytes.data(), sizeof(Number));
  return number;
}

/// numpy's scalar(dtype(name, ...), bytes).
std::optional<json> numpy_number(const PickleValue& value) {
  if (!value.made_by("numpy.core.multiarray.scalar") && !value.made_by("numpy._core.multiarray.scalar"))
    return std::nullopt;
  const auto& arguments = value.items[1]->items;
  if (arguments.size() < 2 || !arguments[0]->made_by("numpy.dtype") || arguments[0]->items[1]->items.empty())
    return std::nullopt;
  const std::string& type = arguments[0]->items[1]->items[0]->text;
  const auto bytes = bytes_of(*arguments[1]);
  if (!bytes) return std::nullopt;
  if (type == "f8" && bytes->size() == 8) return read_number<double>(*bytes);
  if (type == "f4" && bytes->size() == 4) return read_number<float>(*bytes);
  if (type == "i8" && bytes->size() == 8) return read_number<int64_t>(*bytes);
  if (type == "i4" && bytes->size() == 4) return read_number<int32_t>(*bytes);
  return std::nullopt;
}

class Writer {
 public:
  json write(const PickleValue& value, int depth) {
    if (depth > kDeepest || ++values_ > kMostValues) return kLeftOut;
    if (const auto number = number_of(value)) {
      const double real = number->get<double>();
      if (!std::isfinite(real)) return std::isnan(real) ? "nan" : real > 0 ? "inf" : "-inf";
      return *number;
    }
    switch (value.kind) {
      case Kind::boolean:
        return value.integer != 0;
      case Kind::text:
        return shortened(value.text);
      case Kind::sequence:
        return list(value, depth);
      case Kind::dictionary:
        return dictionary(value, depth);
      case Kind::global:
        return shortened("<" + value.text + ">");
      case Kind::object:
        return object(value, depth);
      default:
        return nullptr;
    }
  }

 private:
  static json shortened(const std::string& text) {
    return valid_utf8(text.size() <= kLongestText ? text : text.substr(0, kLongestText) + kLeftOut);
  }

  json list(const PickleValue& value, int depth) {
    json all = json::array();
    for (const PickleValue* item : value.items) {
      all.push_back(write(*item, depth + 1));
      if (values_ > kMostValues) break;
    }
    return all;
  }

  json dictionary(const PickleValue& value, int depth) {
    json all = json::object();
    for (size_t i = 0; i + 1 < value.items.size() && values_ <= kMostValues; i += 2) {
      const json key = write(*value.items[i], depth + 1);
      all[key.is_string() ? key.get<std::string>() : key.dump()] = write(*value.items[i + 1], depth + 1);
    }
    return all;
  }

  json object(const PickleValue& value, int depth) {
    const std::string& made_by = value.items[0]->text;
    const auto& arguments = value.items[1]->items;
    if (made_by.rfind("pathlib.", 0) == 0) {
      std::string path;
      for (const PickleValue* part : arguments) {
        if (!path.empty() && path.back() != '/') path.push_back('/');
        path.append(part->text, 0, kLongestText);
      }
      return shortened(path);
    }
    if (made_by == "torch.Size" && !arguments.empty()) return write(*arguments[0], depth + 1);
    return shortened("<" + made_by + ">");
  }

  size_t values_ = 0;
};

}  // namespace

std::optional<json> number_of(const PickleValue& value) {
  if (value.kind == Kind::integer) return value.integer;
  if (value.kind == Kind::real) return value.real;
  return numpy_number(value);
}

std::string valid_utf8(const std::string& text) {
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

json json_of(const PickleValue& value) { return Writer().write(value, 0); }

}  // namespace hepatica::nn
