#include "nn/safetensors.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace hepatica::nn {

namespace {

using nlohmann::json;

constexpr uint64_t kMaximalHeader = 100'000'000;  // the reference reader's limit
constexpr char kMetadataKey[] = "hepatica";

struct Type {
  const char* name;
  torch::ScalarType type;
};

constexpr Type kTypes[] = {{"F64", torch::kDouble},
                           {"F32", torch::kFloat},
                           {"F16", torch::kHalf},
                           {"BF16", torch::kBFloat16},
                           {"I64", torch::kLong},
                           {"I32", torch::kInt},
                           {"I16", torch::kShort},
                           {"I8", torch::kChar},
                           {"U8", torch::kByte},
                           {"BOOL", torch::kBool}};

[[noreturn]] void fail(const std::string& source, const std::string& text) {
  throw Error(ErrorCode::bad_format, source + ": not a usable safetensors file: " + text + ". Obtain the file again.");
}

torch::ScalarType type_named(const std::string& name, const std::string& key, const std::string& source) {
  for (const Type& row : kTypes) {
    if (name == row.name) return row.type;
  }
  fail(source, "tensor '" + key + "' has the unknown type '" + name + "'");
}

const char* name_of(torch::ScalarType type) {
  for (const Type& row : kTypes) {
    if (type == row.type) return row.name;
  }
  throw Error(ErrorCode::unsupported, std::string("Tensors of type ") + toString(type) + " cannot be written.");
}

struct Entry {
  std::string key;
  torch::ScalarType type;
  std::vector<int64_t> shape;
  uint64_t begin, end;
};

/// Number of bytes of a shape; refuses negative and overflowing products.
uint64_t byte_length(const Entry& entry, const std::string& source) {
  uint64_t length = torch::elementSize(entry.type);
  for (int64_t size : entry.shape) {
    if (size < 0) fail(source, "tensor '" + entry.key + "' has a negative size");
    if (size > 0 && length > std::numeric_limits<int64_t>::max() / uint64_t(size))
      fail(source, "tensor '" + entry.key + "' is too large");
    length *= uint64_t(size);
  }
  return length;
}

Entry parse_entry(const std::string& key, const json& value, uint64_t data_length, const std::string& source) {
  Entry entry;
  entry.key = key;
  try {
    entry.type = type_named(value.at("dtype").get<std::string>(), key, source);
    entry.shape = value.at("shape").get<std::vector<int64_t>>();
    const auto offsets = value.at("data_offsets").get<std::vector<int64_t>>();
    if (offsets.size() != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || uint64_t(offsets[1]) > data_length) {
      fail(source, "the values of tensor '" + key + "' lie outside the file");
    }
    entry.begin = uint64_t(offsets[0]);
    entry.end = uint64_t(offsets[1]);
  } catch (const json::exception&) {
    fail(source, "the header entry of tensor '" + key + "' lacks dtype, shape or data_offsets");
  }
  if (byte_length(entry, source) != entry.end - entry.begin)
    fail(source, "tensor '" + key + "' has a length that does not fit its shape");
  return entry;
}

json parse_header(std::string_view bytes, uint64_t& header_length, const std::string& source) {
  if (bytes.size() < 8) fail(source, "it is shorter than 8 bytes");
  header_length = 0;
  for (int i = 7; i >= 0; --i) header_length = header_length << 8 | uint8_t(bytes[size_t(i)]);
  if (header_length > kMaximalHeader) fail(source, "its header claims " + std::to_string(header_length) + " bytes");
  if (header_length > bytes.size() - 8) fail(source, "it ends within its header");
  json header = json::parse(bytes.substr(8, header_length), nullptr, false);
  if (!header.is_object()) fail(source, "its header is not a JSON object");
  return header;
}

/// The metadata that this program wrote; empty for other writers.
json own_metadata(const json& header, const std::string& source) {
  const auto all = header.find("__metadata__");
  if (all == header.end()) return json::object();
  if (!all->is_object()) fail(source, "its metadata is not a JSON object");
  const auto own = all->find(kMetadataKey);
  if (own == all->end()) return json::object();
  json parsed = own->is_string() ? json::parse(own->get<std::string>(), nullptr, false) : json();
  if (!parsed.is_object()) fail(source, "its own metadata cannot be read");
  return parsed;
}

/// The entries must cover the data exactly once.
void check_cover(const std::vector<Entry>& entries, uint64_t data_length, const std::string& source) {
  uint64_t end = 0;
  for (const Entry& entry : entries) {
    if (entry.begin < end) fail(source, "the values of tensor '" + entry.key + "' overlap those of another");
    if (entry.begin > end) fail(source, "there are unused bytes before tensor '" + entry.key + "'");
    end = entry.end;
  }
  if (end != data_length) fail(source, "there are unused bytes at its end");
}

torch::Tensor stored_form(const torch::Tensor& tensor, bool half) {
  torch::Tensor plain = tensor.detach().to(torch::kCPU);
  if (half && plain.is_floating_point()) plain = plain.to(torch::kHalf);
  return plain.contiguous();
}

}  // namespace

Checkpoint parse_safetensors(std::string_view bytes, const std::string& source) {
  uint64_t header_length = 0;
  const json header = parse_header(bytes, header_length, source);
  const std::string_view data = bytes.substr(8 + header_length);
  Checkpoint checkpoint;
  checkpoint.format = "safetensors";
  checkpoint.kind = "state dictionary";
  checkpoint.metadata = own_metadata(header, source);
  std::vector<Entry> entries;
  for (const auto& [key, value] : header.items()) {
    if (key != "__metadata__") entries.push_back(parse_entry(key, value, data.size(), source));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  check_cover(entries, data.size(), source);
  for (const Entry& entry : entries) {
    torch::Tensor tensor = torch::empty(entry.shape, entry.type);
    if (entry.end > entry.begin) std::memcpy(tensor.data_ptr(), data.data() + entry.begin, entry.end - entry.begin);
    checkpoint.tensors[entry.key] = tensor;
  }
  return checkpoint;
}

std::string format_safetensors(const Checkpoint& checkpoint, bool half) {
  json header = json::object();
  header["__metadata__"][kMetadataKey] = checkpoint.metadata.is_null() ? "{}" : checkpoint.metadata.dump();
  std::string data;
  for (const auto& [key, tensor] : checkpoint.tensors) {
    const torch::Tensor stored = stored_form(tensor, half);
    const size_t begin = data.size();
    data.append(static_cast<const char*>(stored.data_ptr()), stored.nbytes());
    header[key] = {{"dtype", name_of(stored.scalar_type())},
                   {"shape", stored.sizes().vec()},
                   {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[size_t(i)] = char(text.size() >> (8 * i) & 0xff);
  return bytes + text + data;
}

}  // namespace hepatica::nn
