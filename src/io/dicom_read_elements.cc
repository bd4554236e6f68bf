#include "io/dicom_read_elements.h"

#include <dcmtk/dcmdata/dcspchrs.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace hepatica::dicom {
namespace {

bool is_ascii(const std::string& value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return (c & 0x80) == 0 && c != 0x1B; });
}

size_t utf8_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

/// Bytes that are not UTF-8 would break JSON: they become question marks.
std::string valid_utf8(const std::string& value) {
  std::string clean;
  for (size_t i = 0; i < value.size();) {
    const size_t length = utf8_length(static_cast<unsigned char>(value[i]));
    bool good = length > 0 && i + length <= value.size();
    for (size_t k = 1; good && k < length; ++k) good = (value[i + k] & 0xC0) == 0x80;
    clean += good ? value.substr(i, length) : "?";
    i += good ? length : 1;
  }
  return clean;
}

std::string to_utf8(const std::string& value, const std::string& character_set) {
  if (is_ascii(value)) return value;
  if (!character_set.empty() && character_set != "ISO_IR 192") {
    DcmSpecificCharacterSet converter;
    OFString converted;
    if (converter.selectCharacterSet(character_set.c_str()).good() &&
        converter.convertString(value.c_str(), converted, "\\^=").good())
      return valid_utf8(converted.c_str());
  }
  return valid_utf8(value);
}

const std::map<DcmTagKey, const char*>& tags_to_keep() {
  static const std::map<DcmTagKey, const char*> kTags{{DCM_StudyInstanceUID, "StudyInstanceUID"},
                                                      {DCM_FrameOfReferenceUID, "FrameOfReferenceUID"},
                                                      {DCM_SeriesDescription, "SeriesDescription"},
                                                      {DCM_StudyDescription, "StudyDescription"},
                                                      {DCM_ProtocolName, "ProtocolName"},
                                                      {DCM_ContrastBolusAgent, "ContrastBolusAgent"},
                                                      {DCM_ContrastBolusStartTime, "ContrastBolusStartTime"},
                                                      {DCM_AcquisitionDate, "AcquisitionDate"},
                                                      {DCM_AcquisitionTime, "AcquisitionTime"},
                                                      {DCM_AcquisitionDateTime, "AcquisitionDateTime"},
                                                      {DCM_ContentTime, "ContentTime"},
                                                      {DCM_SeriesTime, "SeriesTime"},
                                                      {DCM_SeriesNumber, "SeriesNumber"},
                                                      {DCM_ImageType, "ImageType"},
                                                      {DCM_ImageComments, "ImageComments"},
                                                      {DCM_BodyPartExamined, "BodyPartExamined"},
                                                      {DCM_KVP, "KVP"},
                                                      {DCM_Manufacturer, "Manufacturer"},
                                                      {DCM_ManufacturerModelName, "ManufacturerModelName"},
                                                      {DCM_SliceThickness, "SliceThickness"},
                                                      {DCM_ConvolutionKernel, "ConvolutionKernel"},
                                                      {DCM_GantryDetectorTilt, "GantryDetectorTilt"},
                                                      {DCM_RescaleType, "RescaleType"},
                                                      {DCM_StudyID, "StudyID"},
                                                      {DCM_AccessionNumber, "AccessionNumber"},
                                                      {DCM_ReferringPhysicianName, "ReferringPhysicianName"},
                                                      {DCM_StudyDate, "StudyDate"},
                                                      {DCM_StudyTime, "StudyTime"},
                                                      {DCM_PatientName, "PatientName"},
                                                      {DCM_PatientID, "PatientID"},
                                                      {DCM_PatientBirthDate, "PatientBirthDate"},
                                                      {DCM_PatientSex, "PatientSex"},
                                                      {DCM_PatientAge, "PatientAge"},
                                                      {DCM_SpecificCharacterSet, "SpecificCharacterSet"}};
  return kTags;
}

[[noreturn]] void fail_truncated(const DicomImage& image) {
  throw Error(ErrorCode::bad_format,
              fmt::format("{}: the pixel data are truncated or missing; copy the file again from its source",
                          image.file.string()));
}

uint32_t little_endian(const unsigned char* bytes) {
  return uint32_t(bytes[0]) | uint32_t(bytes[1]) << 8 | uint32_t(bytes[2]) << 16 | uint32_t(bytes[3]) << 24;
}

/// Reads the chain of items after an undefined length (PS3.5 A.4) without reading their contents.
void locate_fragments(DicomImage& image, const InputFile& file, uint64_t position) {
  for (bool first = true;; first = false) {
    std::array<unsigned char, 8> head{};
    const bool whole = file.read(position, head.data(), head.size()) == head.size();
    // Some writers leave out the delimiter after the last fragment: whole fragments are enough.
    if (!whole && !image.fragments.empty() && position == file.size()) return;
    if (!whole) fail_truncated(image);
    const uint32_t tag = little_endian(head.data());
    const uint64_t length = little_endian(head.data() + 4);
    position += 8;
    if (tag == 0xE0DDFFFE) break;
    if (tag != 0xE000FFFE || length > file.size() - position) fail_truncated(image);
    if (first) {
      std::vector<unsigned char> table(std::min<uint64_t>(length, 4 << 20));
      file.read(position, table.data(), table.size());
      for (size_t i = 0; i + 4 <= table.size(); i += 4) image.offset_table.push_back(little_endian(&table[i]));
    } else {
      image.fragments.push_back({position, length});
    }
    position += length;
  }
  if (image.fragments.empty()) fail_truncated(image);
}

/// All values, without padding blanks.
std::string text_of(DcmElement& element) {
  OFString value;
  if (element.getOFStringArray(value).bad()) return {};
  const std::string result(value.c_str());
  const auto first = result.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return result.substr(first, result.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

std::string text(DcmItem& item, const DcmTagKey& tag) {
  DcmElement* element = nullptr;
  return item.findAndGetElement(tag, element).good() && element ? text_of(*element) : std::string();
}

std::optional<double> number(DcmItem& item, const DcmTagKey& tag) {
  DcmElement* element = nullptr;
  if (item.findAndGetElement(tag, element).bad() || !element || element->getVM() == 0) return std::nullopt;
  OFString string;
  if (element->getOFString(string, 0).bad() || string.empty()) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(string.c_str(), &end);
  const bool usable = end != string.c_str() && std::isfinite(value) && std::abs(value) < 1e9;
  return usable ? std::optional(value) : std::nullopt;
}

std::vector<double> numbers(DcmItem& item, const DcmTagKey& tag, size_t count) {
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) {
    double value = 0;
    if (item.findAndGetFloat64(tag, value, static_cast<unsigned long>(i)).bad() || !std::isfinite(value) ||
        std::abs(value) > 1e9)
      return {};
    values.push_back(value);
  }
  return values;
}

std::map<std::string, std::string> kept_tags(DcmDataset& data) {
  const std::string character_set = text(data, DCM_SpecificCharacterSet);
  std::map<std::string, std::string> tags;
  // One pass: each search by tag would start again at the first element.
  for (DcmObject* object = data.nextInContainer(nullptr); object; object = data.nextInContainer(object)) {
    const auto kept = tags_to_keep().find(object->getTag());
    if (kept == tags_to_keep().end()) continue;
    if (auto* element = dynamic_cast<DcmElement*>(object))
      if (std::string value = text_of(*element); !value.empty()) tags[kept->second] = to_utf8(value, character_set);
  }
  return tags;
}

void locate_pixels(DicomImage& image, const InputFile& file, uint64_t stopped_at) {
  const std::string& syntax = image.transfer_syntax_uid;
  const bool big = syntax == UID_BigEndianExplicitTransferSyntax;
  // Positions within a deflated stream mean nothing; DCMTK reads these files whole.
  if (syntax == UID_DeflatedExplicitVRLittleEndianTransferSyntax) return;
  std::array<unsigned char, 12> head{};
  if (stopped_at < head.size() || stopped_at > file.size()) fail_truncated(image);
  file.read(stopped_at - head.size(), head.data(), head.size());
  static constexpr std::array<unsigned char, 4> kLittle{0xE0, 0x7F, 0x10, 0x00}, kBig{0x7F, 0xE0, 0x00, 0x10};
  const auto& tag = big ? kBig : kLittle;
  // Explicit VR: tag, VR, 2 reserved bytes, length; implicit: tag, length.
  const bool explicit_vr = std::equal(tag.begin(), tag.end(), head.begin()) && head[4] == 'O';
  const bool implicit_vr = !explicit_vr && std::equal(tag.begin(), tag.end(), head.begin() + 4);
  const uint64_t needed = image.format.total_bytes(image.frames.size());
  if (!explicit_vr && !implicit_vr) fail_truncated(image);
  const uint32_t length = little_endian(head.data() + 8);
  if (!big && length == 0xFFFFFFFF) return locate_fragments(image, file, stopped_at);
  if (needed > file.size() - stopped_at) fail_truncated(image);
  if (!big) {
    if (length < needed) fail_truncated(image);
    image.native_pixels = FilePart{stopped_at, needed};
  }
}

std::optional<fs::path> resolve_without_case(const fs::path& folder, const std::string& id) {
  const auto lower = [](std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    while (!name.empty() && name.back() == '.') name.pop_back();
    return name;
  };
  fs::path at = folder.empty() ? fs::path(".") : folder;
  for (size_t start = 0; start <= id.size();) {
    const size_t end = std::min(id.find('\\', start), id.size());
    const std::string part = id.substr(start, end - start);
    start = end + 1;
    // A reference may not leave the folder of its DICOMDIR.
    if (part.empty() || part == "." || part == ".." || part.find('/') != std::string::npos) return std::nullopt;
    fs::path found;
    if (fs::exists(at / part)) found = at / part;
    std::error_code code;
    if (found.empty())
      for (const auto& entry : fs::directory_iterator(at, code))
        if (lower(entry.path().filename().string()) == lower(part)) found = entry.path();
    if (found.empty()) return std::nullopt;
    at = found;
  }
  return fs::is_regular_file(at) ? std::optional(at) : std::nullopt;
}

}  // namespace hepatica::dicom
