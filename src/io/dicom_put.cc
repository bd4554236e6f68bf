#include "io/dicom_put.h"

#include <dcmtk/config/osconfig.h>
#include <fmt/format.h>
// DCMTK's configuration comes first.
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcwcache.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "io/dicom_read.h"

namespace hepatica {
namespace {

void check(const OFCondition& condition, const DcmTagKey& tag) {
  if (condition.bad())
    throw Error(ErrorCode::internal, fmt::format("DICOM attribute {}: {}", DcmTag(tag).getTagName(), condition.text()));
}

/// Bytes of the UTF-8 character at `at`, 0 where there is none.
size_t utf8_length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return i < text.size() ? uint8_t(text[i]) : uint8_t(0); };
  const uint8_t first = byte(at);
  const size_t length = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : (first >> 4) == 0xe           ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  return length;
}

}  // namespace

std::string uid_from_seed(std::string_view seed) {
  const std::string digest = sha256(seed);
  unsigned __int128 number = 0;
  for (size_t i = 0; i < 32; ++i) {
    unsigned digit = unsigned(digest[i] <= '9' ? digest[i] - '0' : digest[i] - 'a' + 10);
    if (i == 12) digit = 5;                // version: name-based
    if (i == 16) digit = 8 | (digit & 3);  // variant of RFC 4122
    number = number * 16 + digit;
  }
  std::string decimal;
  for (; number > 0; number /= 10) decimal += char('0' + int(number % 10));
  std::reverse(decimal.begin(), decimal.end());
  return "2.25." + decimal;
}

std::string decimal_string(double value) {
  if (value == 0) return "0";  // also -0
  for (int precision = 15; precision > 1; --precision) {
    const std::string text = fmt::format("{:.{}g}", value, precision);
    if (text.size() <= 16) return text;
  }
  return fmt::format("{:.1g}", value);
}

std::string decimal_strings(std::initializer_list<double> values) {
  std::string text;
  for (const double value : values) {
    if (!text.empty()) text += '\\';
    text += decimal_string(value);
  }
  return text;
}

std::string orientation_string(const Geometry& geometry) {
  const auto& d = geometry.direction;
  return decimal_strings({d[0][0], d[1][0], d[2][0], d[0][1], d[1][1], d[2][1]});
}

std::string age_string(double years) {
  if (!(years >= 0 && years < 1000)) return "";
  if (years < 0.25) return fmt::format("{:03d}D", int(years * 365.25));
  if (years < 2) return fmt::format("{:03d}M", int(years * 12));
  return fmt::format("{:03d}Y", int(years));
}

std::string clean_text(std::string_view text, size_t length) {
  std::string clean;
  size_t count = 0;
  for (size_t at = 0; at < text.size() && count < length; ++count) {
    const size_t bytes = utf8_length(text, at);
    const bool control = bytes == 1 && (uint8_t(text[at]) < 0x20 || text[at] == 0x7f);
    if (bytes == 0 || control)
      clean += control && text[at] == '\n' ? ' ' : '?';
    else if (text[at] == '\\')
      clean += '/';
    else
      clean += text.substr(at, bytes);
    at += std::max<size_t>(bytes, 1);
  }
  return clean;
}

void put(DcmItem& item, const DcmTagKey& tag, const std::string& value) {
  check(item.putAndInsertOFStringArray(tag, OFString(value.data(), value.size())), tag);
}

void put(DcmItem& item, const DcmTagKey& tag, uint16_t value) { check(item.putAndInsertUint16(tag, value), tag); }

void put_code(DcmItem& item, const DcmTagKey& sequence, const Code& code) {
  DcmItem& entry = add_item(item, sequence);
  put(entry, DCM_CodeValue, code.value);
  put(entry, DCM_CodingSchemeDesignator, code.scheme);
  put(entry, DCM_CodeMeaning, clean_text(code.meaning, 64));
}

DcmItem& add_item(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* entry = nullptr;
  check(item.findOrCreateSequenceItem(sequence, entry, -2), sequence);  // -2 appends
  return *entry;
}

void save_dicom(DcmFileFormat& file, const fs::path& path) {
  initialise_dicom();
  // Through memory: DCMTK's own files lose what a full disk says when they are closed.
  std::string bytes;
  std::vector<char> piece(1 << 20);
  DcmOutputBufferStream stream(piece.data(), offile_off_t(piece.size()));
  DcmWriteCache cache;
  OFCondition status = EC_StreamNotifyClient;
  file.transferInit();
  while (status == EC_StreamNotifyClient) {
    status = file.write(stream, EXS_LittleEndianExplicit, EET_ExplicitLength, &cache);
    void* written = nullptr;
    offile_off_t count = 0;
    stream.flushBuffer(written, count);
    bytes.append(static_cast<const char*>(written), size_t(count));
  }
  file.transferEnd();
  if (status.bad()) throw Error(ErrorCode::internal, fmt::format("DICOM object {}: {}", path.string(), status.text()));
  write_file(path, bytes);
}

}  // namespace hepatica
