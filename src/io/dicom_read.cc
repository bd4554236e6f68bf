#include "io/dicom_read.h"

#include <dcmtk/config/osconfig.h>
// DCMTK's configuration comes first.
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcistrmf.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "base/input_file.h"
#include "io/dicom_read_elements.h"

namespace hepatica {
namespace {

using dicom::number;
using dicom::numbers;
using dicom::text;

/// Holds the header of most classic CT images.
constexpr size_t kStartBytes = 16384;

[[noreturn]] void fail(const fs::path& file, const std::string& reason) {
  throw Error(ErrorCode::bad_format, fmt::format("{}: {}; copy the file again from its source", file.string(), reason));
}

/// The part 10 preamble, or a data set that starts at once with group 2 or 8.
bool looks_like_dicom(std::string_view start) {
  if (start.size() < 132) return false;
  if (start.substr(128, 4) == "DICM") return true;
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(start[i]); };
  const bool little = (byte(0) == 8 || byte(0) == 2) && byte(1) == 0 && byte(3) == 0;
  const bool big = byte(0) == 0 && byte(1) == 8 && byte(2) == 0;
  return little || big;
}

/// A file, parsed up to the pixels.
struct ParsedHeader {
  std::unique_ptr<DcmFileFormat> content;
  OFCondition outcome;
  uint64_t stopped_at = 0;
};

ParsedHeader parse(DcmInputStream& stream) {
  ParsedHeader parsed{std::make_unique<DcmFileFormat>(), EC_Normal};
  parsed.content->transferInit();
  parsed.outcome = parsed.content->readUntilTag(stream, EXS_Unknown, EGL_noChange, DCM_MaxReadLength, DCM_PixelData);
  parsed.content->transferEnd();
  parsed.stopped_at = uint64_t(stream.tell());
  return parsed;
}

/// Headers of classic images lie within `start`, which has been read already; others are read through a stream.
ParsedHeader parse_header(const fs::path& file, const std::string& start, bool is_whole) {
  DcmInputBufferStream buffer;
  buffer.setBuffer(start.data(), offile_off_t(start.size()));
  if (is_whole) buffer.setEos();
  if (ParsedHeader parsed = parse(buffer); parsed.outcome.good()) return parsed;
  DcmInputFileStream stream{OFFilename(file.c_str())};
  if (stream.status().bad()) fail(file, "cannot be opened");
  return parse(stream);
}

void read_format(DcmItem& data, DicomPixelFormat& format) {
  format.rows = int64_t(number(data, DCM_Rows).value_or(0));
  format.columns = int64_t(number(data, DCM_Columns).value_or(0));
  format.samples = int(number(data, DCM_SamplesPerPixel).value_or(1));
  format.photometric = text(data, DCM_PhotometricInterpretation);
  format.bits_allocated = int(number(data, DCM_BitsAllocated).value_or(0));
  format.bits_stored = int(number(data, DCM_BitsStored).value_or(format.bits_allocated));
  format.high_bit = int(number(data, DCM_HighBit).value_or(format.bits_stored - 1));
  format.is_signed = number(data, DCM_PixelRepresentation).value_or(0) == 1;
  format.has_modality_lut = data.tagExistsWithValue(DCM_ModalityLUTSequence);
  if (const auto padding = number(data, DCM_PixelPaddingValue)) {
    // The value may be written as US where pixels are signed, and the other way round: compare as 16-bit patterns.
    const auto as_stored = [&](double value) {
      return format.is_signed ? int(int16_t(uint16_t(int64_t(value)))) : int(uint16_t(int64_t(value)));
    };
    const int first = as_stored(*padding);
    const int second = as_stored(number(data, DCM_PixelPaddingRangeLimit).value_or(*padding));
    format.padding = std::array<int, 2>{std::min(first, second), std::max(first, second)};
  }
}

std::optional<std::array<double, 6>> read_orientation(DcmItem& item) {
  const auto values = numbers(item, DCM_ImageOrientationPatient, 6);
  if (values.size() != 6) return std::nullopt;
  std::array<double, 6> orientation{};
  std::copy(values.begin(), values.end(), orientation.begin());
  return orientation;
}

/// What stands directly in the data set: the frame of a classic image, the defaults of a multi-frame one.
DicomFrame read_plain_frame(DcmItem& data) {
  DicomFrame frame;
  if (const auto p = numbers(data, DCM_ImagePositionPatient, 3); p.size() == 3) frame.position = Vec3{p[0], p[1], p[2]};
  frame.orientation = read_orientation(data);
  if (const auto s = numbers(data, DCM_PixelSpacing, 2); s.size() == 2) frame.spacing = {{s[0], s[1]}};
  frame.thickness = number(data, DCM_SliceThickness).value_or(0);
  frame.slope = number(data, DCM_RescaleSlope).value_or(1);
  frame.intercept = number(data, DCM_RescaleIntercept).value_or(0);
  frame.image_type = text(data, DCM_ImageType);
  frame.acquisition_time = text(data, DCM_AcquisitionDate) + text(data, DCM_AcquisitionTime);
  frame.acquisition_number = text(data, DCM_AcquisitionNumber);
  frame.temporal_position = text(data, DCM_TemporalPositionIdentifier);
  frame.trigger_time = text(data, DCM_TriggerTime);
  frame.echo_time = text(data, DCM_EchoTime);
  return frame;
}

/// Overwrites `frame` with what one item of the shared or per-frame functional groups says (PS3.3 C.7.6.16).
void apply_functional_groups(DcmItem& groups, DicomFrame& frame) {
  DcmItem* item = nullptr;
  const auto has = [&](const DcmTagKey& tag) { return groups.findAndGetSequenceItem(tag, item).good() && item; };
  if (has(DCM_PlanePositionSequence))
    if (const auto p = numbers(*item, DCM_ImagePositionPatient, 3); p.size() == 3)
      frame.position = Vec3{p[0], p[1], p[2]};
  if (has(DCM_PlaneOrientationSequence))
    if (const auto orientation = read_orientation(*item)) frame.orientation = orientation;
  if (has(DCM_PixelMeasuresSequence)) {
    if (const auto s = numbers(*item, DCM_PixelSpacing, 2); s.size() == 2) frame.spacing = {{s[0], s[1]}};
    frame.thickness = number(*item, DCM_SliceThickness).value_or(frame.thickness);
  }
  if (has(DCM_PixelValueTransformationSequence)) {
    frame.slope = number(*item, DCM_RescaleSlope).value_or(frame.slope);
    frame.intercept = number(*item, DCM_RescaleIntercept).value_or(frame.intercept);
  }
  for (const DcmTagKey& tag : {DCM_CTImageFrameTypeSequence, DCM_MRImageFrameTypeSequence})
    if (has(tag))
      if (std::string type = text(*item, DCM_FrameType); !type.empty()) frame.image_type = std::move(type);
  if (has(DCM_FrameContentSequence)) {
    const auto take = [&](const DcmTagKey& tag, std::string& into) {
      if (std::string value = text(*item, tag); !value.empty()) into = std::move(value);
    };
    take(DCM_FrameAcquisitionDateTime, frame.acquisition_time);
    take(DCM_FrameAcquisitionNumber, frame.acquisition_number);
    take(DCM_TemporalPositionIndex, frame.temporal_position);
    take(DCM_StackID, frame.stack_id);
  }
}

std::vector<DicomFrame> read_frames(DcmItem& data) {
  // A corrupt count must not allocate without bound; no scanner writes more frames than this.
  const int count = std::clamp(int(number(data, DCM_NumberOfFrames).value_or(1)), 1, 100000);
  DicomFrame shared = read_plain_frame(data);
  DcmItem* item = nullptr;
  if (data.findAndGetSequenceItem(DCM_SharedFunctionalGroupsSequence, item).good() && item)
    apply_functional_groups(*item, shared);
  DcmSequenceOfItems* per_frame = nullptr;
  data.findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, per_frame);
  std::vector<DicomFrame> frames;
  for (int f = 0; f < count; ++f) {
    DicomFrame frame = shared;
    frame.number = f;
    if (per_frame && unsigned(f) < per_frame->card())
      if (DcmItem* groups = per_frame->getItem(unsigned(f))) apply_functional_groups(*groups, frame);
    frames.push_back(std::move(frame));
  }
  return frames;
}

void read_identity(DcmDataset& data, DicomImage& image) {
  image.transfer_syntax_uid = DcmXfer(data.getOriginalXfer()).getXferID();
  image.sop_class_uid = text(data, DCM_SOPClassUID);
  image.sop_instance_uid = text(data, DCM_SOPInstanceUID);
  image.series_uid = text(data, DCM_SeriesInstanceUID);
  image.study_uid = text(data, DCM_StudyInstanceUID);
  image.modality = text(data, DCM_Modality);
  image.instance_number = int(number(data, DCM_InstanceNumber).value_or(0));
  image.tags = dicom::kept_tags(data);
}

void check_format(const DicomImage& image) {
  const DicomPixelFormat& format = image.format;
  if (format.rows <= 0 || format.columns <= 0) fail(image.file, "its Rows or Columns are missing");
  if (format.bits_allocated <= 0 || format.bits_stored > format.bits_allocated || format.bits_stored <= 0 ||
      format.high_bit >= format.bits_allocated || format.high_bit + 1 < format.bits_stored)
    fail(image.file,
         fmt::format("its bits allocated, stored and high bit ({}, {}, {}) contradict each other",
                     format.bits_allocated,
                     format.bits_stored,
                     format.high_bit));
}

}  // namespace

void initialise_dicom() {
  static std::once_flag once;
  std::call_once(once, [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    dcmEnableUnknownVRConversion.set(OFTrue);  // known attributes that a relay wrote as UN
    DcmRLEDecoderRegistration::registerCodecs();
    DJDecoderRegistration::registerCodecs(EDC_never);
    DJLSDecoderRegistration::registerCodecs();
  });
}

std::optional<DicomImage> read_dicom_header(const fs::path& file) {
  initialise_dicom();
  const InputFile input(file);
  std::string start(kStartBytes, '\0');
  start.resize(input.read(0, start.data(), start.size()));
  if (!looks_like_dicom(start)) return std::nullopt;
  const ParsedHeader parsed = parse_header(file, start, start.size() == input.size());
  if (parsed.outcome.bad())
    fail(file, fmt::format("the DICOM header is truncated or corrupt ({})", parsed.outcome.text()));
  DcmDataset& data = *parsed.content->getDataset();
  const bool has_pixels = data.tagExists(DCM_Rows);
  if (!has_pixels && !data.tagExistsWithValue(DCM_SOPClassUID) && !data.tagExistsWithValue(DCM_Modality))
    return std::nullopt;
  DicomImage image;
  image.file = file;
  read_identity(data, image);
  if (!has_pixels) return image;
  read_format(data, image.format);
  check_format(image);
  image.frames = read_frames(data);
  // Maps of floating point values keep them in another element: no pixels for this program.
  const bool other_pixels = data.tagExists(DCM_FloatPixelData) || data.tagExists(DCM_DoubleFloatPixelData);
  if (other_pixels)
    image.frames.clear();
  else
    dicom::locate_pixels(image, input, parsed.stopped_at);
  return image;
}

std::vector<fs::path> files_of_dicomdir(const fs::path& dicomdir) {
  initialise_dicom();
  DcmFileFormat content;
  DcmSequenceOfItems* records = nullptr;
  if (content.loadFile(OFFilename(dicomdir.c_str())).bad() ||
      content.getDataset()->findAndGetSequence(DCM_DirectoryRecordSequence, records).bad() || !records)
    fail(dicomdir, "is not a readable DICOMDIR");
  std::vector<fs::path> files;
  for (unsigned long r = 0; r < records->card(); ++r) {
    const std::string id = text(*records->getItem(r), DCM_ReferencedFileID);
    if (id.empty()) continue;
    if (auto found = dicom::resolve_without_case(dicomdir.parent_path(), id)) files.push_back(*found);
  }
  return files;
}

}  // namespace hepatica
