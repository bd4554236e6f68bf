#include "nn/stored_zip.h"

#include "base/error.h"

namespace hepatica::nn {

namespace {

class ZipReader {
 public:
  ZipReader(std::string_view bytes, const std::string& source) : bytes_(bytes), source_(source) {}

  std::map<std::string, std::string_view> entries() const {
    const uint64_t end = end_record();
    const uint64_t count = number(end + 10, 2);
    uint64_t at = number(end + 16, 4);
    std::map<std::string, std::string_view> all;
    for (uint64_t i = 0; i < count; ++i) {
      if (part(at, 46).substr(0, 4) != std::string_view("PK\x01\x02")) fail("its directory is damaged");
      const uint64_t name_length = number(at + 28, 2);
      const std::string name(part(at + 46, name_length));
      all[name] = content(name, number(at + 10, 2), number(at + 20, 4), number(at + 24, 4), number(at + 42, 4));
      at += 46 + name_length + number(at + 30, 2) + number(at + 32, 2);
    }
    return all;
  }

 private:
  [[noreturn]] void fail(const std::string& text) const {
    throw Error(ErrorCode::bad_format, source_ + ": not a usable PyTorch file: " + text + ". Obtain the file again.");
  }

  std::string_view part(uint64_t offset, uint64_t length) const {
    if (offset > bytes_.size() || length > bytes_.size() - offset) fail("it is truncated");
    return bytes_.substr(offset, length);
  }

  uint64_t number(uint64_t offset, int length) const {
    const std::string_view raw = part(offset, uint64_t(length));
    uint64_t value = 0;
    for (int i = length; i-- > 0;) value = value << 8 | uint8_t(raw[size_t(i)]);
    return value;
  }

  uint64_t end_record() const {
    const size_t found = bytes_.rfind(std::string_view("PK\x05\x06"));
    if (found == std::string_view::npos) fail("it is truncated");
    return found;
  }

  std::string_view content(
      const std::string& name, uint64_t method, uint64_t packed, uint64_t size, uint64_t header) const {
    constexpr uint64_t kIn64BitField = 0xffffffff;
    if (method != 0 || packed != size) {
      throw Error(ErrorCode::unsupported,
                  source_ + ": entry '" + name + "' is compressed; save the file again with torch.save.");
    }
    if (size == kIn64BitField || header == kIn64BitField) {
      throw Error(ErrorCode::unsupported,
                  source_ + ": archives of 4 GiB and more are not read; convert it to safetensors.");
    }
    if (part(header, 30).substr(0, 4) != std::string_view("PK\x03\x04"))
      fail("the header of '" + name + "' is damaged");
    return part(header + 30 + number(header + 26, 2) + number(header + 28, 2), size);
  }

  std::string_view bytes_;
  const std::string& source_;
};

}  // namespace

std::map<std::string, std::string_view> stored_zip_entries(std::string_view bytes, const std::string& source) {
  return ZipReader(bytes, source).entries();
}

}  // namespace hepatica::nn
