#include "nn/pytorch_archive.h"

#include "base/error.h"
#include "nn/stored_zip.h"

namespace hepatica::nn {

namespace {

using Kind = PickleValue::Kind;

// The pickle of the integer 0x1950a86a20f9469cfc6c, with which files before PyTorch 1.6 begin.
constexpr std::string_view kLegacyMagic{"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15};

[[noreturn]] void fail(const std::string& source, const std::string& text) {
  throw Error(ErrorCode::bad_format, source + ": not a usable PyTorch file: " + text + ". Obtain the file again.");
}

[[noreturn]] void refuse_big_endian(const std::string& source) {
  throw Error(ErrorCode::unsupported, source + ": big-endian PyTorch files are not read; convert it to safetensors.");
}

PytorchArchive open_zip(std::string_view bytes, const std::string& source) {
  const auto entries = stored_zip_entries(bytes, source);
  std::string folder;
  for (const auto& [name, content] : entries) {
    const size_t slash = name.rfind("/data.pkl");
    if (slash != std::string::npos && slash + 9 == name.size()) folder = name.substr(0, slash + 1);
  }
  if (folder.empty()) fail(source, "it holds no data.pkl");
  const auto order = entries.find(folder + "byteorder");
  if (order != entries.end() && order->second != "little") refuse_big_endian(source);
  PytorchArchive archive{"pytorch-zip", std::make_unique<Pickle>(entries.at(folder + "data.pkl"), source), {}};
  const std::string data = folder + "data/";
  for (const auto& [name, content] : entries) {
    if (name.rfind(data, 0) == 0) archive.storages[name.substr(data.size())] = content;
  }
  return archive;
}

/// Element sizes by storage key, from the pickle's persistent values.
std::map<std::string, size_t> element_sizes(const Pickle& pickle, const std::string& source) {
  std::map<std::string, size_t> sizes;
  for (const PickleValue& value : pickle.values()) {
    if (value.kind != Kind::persistent) continue;
    const StorageName name = storage_name(value, source);
    sizes[name.key] = element_size(name.type, source);
  }
  return sizes;
}

/// Pickles one after another: magic number, version, system, the object, the storages' keys; then for each key the
/// number of its elements (8 bytes) and their values.
PytorchArchive open_legacy(std::string_view bytes, const std::string& source) {
  size_t at = kLegacyMagic.size();
  const auto next = [&] {
    auto pickle = std::make_unique<Pickle>(bytes.substr(at), source);
    at += pickle->length();
    return pickle;
  };
  next();
  const auto system = next();
  const PickleValue* little = system->root().find("little_endian");
  if (little && little->integer == 0) refuse_big_endian(source);
  PytorchArchive archive{"pytorch-legacy", next(), {}};
  const auto keys = next();
  const auto sizes = element_sizes(*archive.pickle, source);
  for (const PickleValue* key : keys->root().items) {
    const auto size = sizes.find(key->text);
    if (size == sizes.end()) fail(source, "it holds a storage of unknown type");
    if (bytes.size() - at < 8) fail(source, "it is truncated");
    uint64_t count = 0;
    for (size_t i = 8; i-- > 0;) count = count << 8 | uint8_t(bytes[at + i]);
    at += 8;
    if (count > (bytes.size() - at) / size->second) fail(source, "it is truncated");
    archive.storages[key->text] = bytes.substr(at, count * size->second);
    at += count * size->second;
  }
  return archive;
}

}  // namespace

StorageName storage_name(const PickleValue& persistent, const std::string& source) {
  const auto& parts = persistent.items.at(0)->items;
  if (parts.size() < 5 || parts[1]->kind != Kind::global || parts[2]->kind != Kind::text ||
      parts[4]->kind != Kind::integer)
    fail(source, "a storage is not named");
  StorageName name{parts[1]->text, parts[2]->text, parts[4]->integer, 0, 0};
  if (parts.size() > 5 && parts[5]->kind == Kind::sequence) {
    const auto& view = parts[5]->items;
    if (view.size() < 3 || view[1]->kind != Kind::integer || view[2]->kind != Kind::integer)
      fail(source, "the view of a storage is not of the known form");
    name.view_offset = view[1]->integer;
    name.view_size = view[2]->integer;
  }
  return name;
}

size_t element_size(const std::string& storage_type, const std::string& source) {
  static const std::map<std::string, size_t> sizes{{"torch.DoubleStorage", 8},
                                                   {"torch.FloatStorage", 4},
                                                   {"torch.HalfStorage", 2},
                                                   {"torch.BFloat16Storage", 2},
                                                   {"torch.LongStorage", 8},
                                                   {"torch.IntStorage", 4},
                                                   {"torch.ShortStorage", 2},
                                                   {"torch.CharStorage", 1},
                                                   {"torch.ByteStorage", 1},
                                                   {"torch.BoolStorage", 1}};
  const auto found = sizes.find(storage_type);
  if (found == sizes.end())
    throw Error(ErrorCode::unsupported, source + ": tensors of '" + storage_type + "' are not read.");
  return found->second;
}

bool is_pytorch_zip(std::string_view bytes) { return bytes.substr(0, 4) == std::string_view("PK\x03\x04"); }

bool is_pytorch_legacy(std::string_view bytes) { return bytes.substr(0, kLegacyMagic.size()) == kLegacyMagic; }

PytorchArchive open_pytorch_archive(std::string_view bytes, const std::string& source) {
  if (is_pytorch_zip(bytes)) return open_zip(bytes, source);
  if (is_pytorch_legacy(bytes)) return open_legacy(bytes, source);
  fail(source, "it begins like none");
}

}  // namespace hepatica::nn
