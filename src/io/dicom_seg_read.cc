#include "io/dicom_seg_read.h"

#include <dcmtk/config/osconfig.h>
#include <fmt/format.h>
// DCMTK's configuration comes first.
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "io/dicom_read.h"
#include "io/stored_image.h"

namespace hepatica {
namespace {

constexpr char kSegmentationStorage[] = "1.2.840.10008.5.1.4.1.1.66.4";
constexpr char kLabelMapStorage[] = "1.2.840.10008.5.1.4.1.1.66.7";
constexpr double kTolerance = 1e-3;  // of directions (unitless) and, times ten, of positions (mm)

[[noreturn]] void fail(ErrorCode code, const std::string& name, const std::string& what) {
  throw Error(code, fmt::format("{}: {}", name, what));
}

std::string text(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  item.findAndGetOFString(tag, value);
  return value.c_str();
}

std::vector<double> numbers(DcmItem& item, const DcmTagKey& tag, unsigned long count) {
  std::vector<double> values(count);
  for (unsigned long i = 0; i < count; ++i)
    if (item.findAndGetFloat64(tag, values[i], i).bad() || !std::isfinite(values[i])) return {};
  return values;
}

uint16_t whole(DcmItem& item, const DcmTagKey& tag, uint16_t fallback = 0) {
  Uint16 value = fallback;
  item.findAndGetUint16(tag, value);
  return value;
}

Code code_of(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* code = nullptr;
  if (item.findAndGetSequenceItem(sequence, code, 0).bad() || !code) return {};
  return {text(*code, DCM_CodeValue), text(*code, DCM_CodingSchemeDesignator), text(*code, DCM_CodeMeaning)};
}

/// The macro of a frame: its own, else the shared one.
class FunctionalGroups {
 public:
  explicit FunctionalGroups(DcmItem& data) : data_(data) {
    data.findAndGetSequenceItem(DCM_SharedFunctionalGroupsSequence, shared_, 0);
  }
  DcmItem* find(long frame, const DcmTagKey& macro) const {
    DcmItem *own = nullptr, *found = nullptr;
    data_.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, own, frame);
    for (DcmItem* groups : {own, shared_})
      if (groups && groups->findAndGetSequenceItem(macro, found, 0).good() && found) return found;
    return nullptr;
  }

 private:
  DcmItem& data_;
  DcmItem* shared_ = nullptr;
};

/// Bytes of the frames as they would lie uncompressed; RLE frames begin at a byte of their own.
struct Pixels {
  std::string bytes;
  size_t bits_a_frame = 0;  ///< from the start of one frame to that of the next
};

/// One RLE segment (PS3.5 G.3.2).
std::string unpack_bits(std::string_view packed) {
  std::string out;
  for (size_t at = 0; at + 1 < packed.size();) {
    const int count = int8_t(packed[at++]);
    if (count >= 0) {
      out.append(packed.substr(at, size_t(count) + 1));
      at += size_t(count) + 1;
    } else if (count != -128) {
      out.append(size_t(1 - count), packed[at++]);
    }
  }
  return out;
}

Pixels read_rle(DcmPixelSequence& fragments, size_t frame_bytes, size_t frames, const std::string& name) {
  Pixels pixels{{}, frame_bytes * 8};
  if (fragments.card() != frames + 1) fail(ErrorCode::bad_format, name, "its fragments are not one a frame");
  for (unsigned long n = 1; n <= frames; ++n) {
    DcmPixelItem* fragment = nullptr;
    Uint8* data = nullptr;
    if (fragments.getItem(fragment, n).bad() || fragment->getUint8Array(data).bad() || fragment->getLength() < 64)
      fail(ErrorCode::bad_format, name, fmt::format("frame {} is cut off", n));
    const std::string_view bytes(reinterpret_cast<const char*>(data), fragment->getLength());
    const auto header = [&](size_t i) {
      return uint32_t(data[4 * i]) | uint32_t(data[4 * i + 1]) << 8 | uint32_t(data[4 * i + 2]) << 16 |
             uint32_t(data[4 * i + 3]) << 24;
    };
    if (header(0) != 1 || header(1) > bytes.size())
      fail(ErrorCode::unsupported, name, "RLE of more than 8 bits a pixel is not read here");
    std::string frame = unpack_bits(bytes.substr(header(1)));
    if (frame.size() < frame_bytes) fail(ErrorCode::bad_format, name, fmt::format("frame {} is cut off", n));
    pixels.bytes.append(frame, 0, frame_bytes);
  }
  return pixels;
}

Pixels read_pixels(DcmDataset& data, size_t bits_a_frame, size_t frames, const std::string& name) {
  const DcmXfer transfer(data.getOriginalXfer());
  DcmElement* element = nullptr;
  if (data.findAndGetElement(DCM_PixelData, element).bad() || !element)
    fail(ErrorCode::bad_format, name, "it holds no pixels");
  if (transfer.isEncapsulated()) {
    if (transfer.getXfer() != EXS_RLELossless)
      fail(ErrorCode::unsupported,
           name,
           fmt::format("segmentations compressed as {} are not read; convert it with gdcmconv --raw",
                       transfer.getXferName()));
    DcmPixelSequence* fragments = nullptr;
    auto* pixel_data = dynamic_cast<DcmPixelData*>(element);
    if (!pixel_data || pixel_data->getEncapsulatedRepresentation(EXS_RLELossless, nullptr, fragments).bad())
      fail(ErrorCode::bad_format, name, "its compressed pixels cannot be found");
    return read_rle(*fragments, (bits_a_frame + 7) / 8, frames, name);
  }
  Pixels pixels{{}, bits_a_frame};
  Uint8* bytes = nullptr;
  Uint16* words = nullptr;
  // Words are brought to this machine's order, which is that of little-endian bytes.
  if (element->getVR() == EVR_OW || element->getVR() == EVR_ox || element->getVR() == EVR_px) {
    if (element->getUint16Array(words).good() && words)
      pixels.bytes.assign(reinterpret_cast<const char*>(words), element->getLength() / 2 * 2);
  } else if (element->getUint8Array(bytes).good() && bytes) {
    pixels.bytes.assign(reinterpret_cast<const char*>(bytes), element->getLength());
  }
  if (pixels.bytes.size() * 8 < bits_a_frame * frames)
    fail(ErrorCode::bad_format,
         name,
         fmt::format("it is truncated: {} frames need {} bytes of pixels, {} are there",
                     frames,
                     (bits_a_frame * frames + 7) / 8,
                     pixels.bytes.size()));
  return pixels;
}

/// Positions of the frames and the grid that they lie on.
struct Placement {
  Geometry geometry;
  std::vector<int64_t> slice_of_frame;
};

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// Rows, columns, spacing in plane and directions, equal for all frames; the slices' spacing where it is stated, else
/// 0.
Geometry plane_geometry(DcmDataset& data, const FunctionalGroups& groups, long frames, const std::string& name) {
  Geometry g;
  g.size = {whole(data, DCM_Columns), whole(data, DCM_Rows), 1};
  check_size(g.size, name);
  std::vector<double> cosines;
  for (long n = 0; n < frames; ++n) {
    DcmItem* orientation = groups.find(n, DCM_PlaneOrientationSequence);
    const auto own = orientation ? numbers(*orientation, DCM_ImageOrientationPatient, 6) : std::vector<double>{};
    if (own.empty()) fail(ErrorCode::bad_geometry, name, fmt::format("frame {} has no orientation", n + 1));
    if (cosines.empty()) cosines = own;
    for (size_t i = 0; i < 6; ++i)
      if (std::abs(own[i] - cosines[i]) > kTolerance)
        fail(ErrorCode::bad_geometry, name, "its frames are not parallel");
  }
  DcmItem* measures = groups.find(0, DCM_PixelMeasuresSequence);
  const auto spacing = measures ? numbers(*measures, DCM_PixelSpacing, 2) : std::vector<double>{};
  if (spacing.empty()) fail(ErrorCode::bad_geometry, name, "it states no pixel spacing");
  const auto between = numbers(*measures, DCM_SpacingBetweenSlices, 1);
  const auto thickness = numbers(*measures, DCM_SliceThickness, 1);
  std::array<std::array<double, 4>, 3> affine{};
  for (size_t row = 0; row < 3; ++row) {
    const size_t a = (row + 1) % 3, b = (row + 2) % 3;
    affine[row][0] = cosines[row] * spacing[1];
    affine[row][1] = cosines[3 + row] * spacing[0];
    affine[row][2] = cosines[a] * cosines[3 + b] - cosines[b] * cosines[3 + a];
  }
  g = geometry_from_affine(affine, g.size, name);
  g.spacing[2] = !between.empty() && between[0] > 0 ? between[0] : !thickness.empty() ? thickness[0] : 0;
  return g;
}

bool is_multiple(double distance, double step) {
  return std::abs(distance - std::round(distance / step) * step) < 10 * kTolerance + 0.01 * step;
}

/// The step of which all gaps between sorted depths are multiples: the stated one, else the smallest gap.
double slice_step(const std::vector<double>& depths, double stated, const std::string& name) {
  double smallest = 0;
  for (size_t i = 1; i < depths.size(); ++i) {
    const double gap = depths[i] - depths[i - 1];
    if (smallest == 0 || gap < smallest) smallest = gap;
  }
  if (smallest == 0) return stated > 0 ? stated : 1;
  for (const double step : {stated, smallest}) {
    if (!(step > 0) || step > smallest * 1.01) continue;
    if (std::all_of(depths.begin(), depths.end(), [&](double d) { return is_multiple(d - depths[0], step); }))
      return step;
  }
  fail(ErrorCode::bad_geometry, name, "its slices are not evenly spaced");
}

Placement place(DcmDataset& data, long frames, const std::string& name) {
  const FunctionalGroups groups(data);
  Placement placement{plane_geometry(data, groups, frames, name), {}};
  Geometry& g = placement.geometry;
  const Vec3 normal{g.direction[0][2], g.direction[1][2], g.direction[2][2]};
  std::vector<Vec3> positions;
  for (long n = 0; n < frames; ++n) {
    DcmItem* plane = groups.find(n, DCM_PlanePositionSequence);
    const auto position = plane ? numbers(*plane, DCM_ImagePositionPatient, 3) : std::vector<double>{};
    if (position.empty()) fail(ErrorCode::bad_geometry, name, fmt::format("frame {} has no position", n + 1));
    positions.push_back({position[0], position[1], position[2]});
  }
  std::vector<double> depths;
  for (const Vec3& position : positions) depths.push_back(dot(position, normal));
  const size_t first = size_t(std::min_element(depths.begin(), depths.end()) - depths.begin());
  g.origin = positions[first];
  std::vector<double> sorted = depths;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end(), [](double a, double b) { return b - a < 10 * kTolerance; }),
               sorted.end());
  g.spacing[2] = slice_step(sorted, g.spacing[2], name);
  for (size_t n = 0; n < positions.size(); ++n) {
    const double depth = depths[n] - depths[first];
    for (size_t row = 0; row < 3; ++row)
      if (std::abs(positions[n][row] - g.origin[row] - depth * normal[row]) > 0.1)
        fail(ErrorCode::bad_geometry, name, "its slices are shifted against one another");
    placement.slice_of_frame.push_back(std::llround(depth / g.spacing[2]));
  }
  g.size[2] = 1 + *std::max_element(placement.slice_of_frame.begin(), placement.slice_of_frame.end());
  check_size(g.size, name);
  return placement;
}

std::vector<SegmentInfo> read_segments(DcmDataset& data, bool label_map) {
  std::vector<SegmentInfo> segments;
  DcmItem* item = nullptr;
  for (long n = 0; data.findAndGetSequenceItem(DCM_SegmentSequence, item, n).good() && item; ++n) {
    const int number = whole(*item, DCM_SegmentNumber);
    if (label_map && number == 0) continue;
    segments.push_back({number,
                        text(*item, DCM_SegmentLabel),
                        code_of(*item, DCM_SegmentedPropertyCategoryCodeSequence),
                        code_of(*item, DCM_SegmentedPropertyTypeCodeSequence),
                        text(*item, DCM_TrackingUID)});
  }
  return segments;
}

/// Turns the frames into planes of bits.
class PlaneMaker {
 public:
  PlaneMaker(DcmDataset& data, const Placement& placement, const Pixels& pixels, const std::string& name)
      : groups_(data),
        placement_(placement),
        pixels_(pixels),
        count_(size_t(placement.geometry.size[0] * placement.geometry.size[1])),
        bits_allocated_(whole(data, DCM_BitsAllocated)),
        name_(name) {
    half_ = std::max(1, (whole(data, DCM_MaximumFractionalValue, 255) + 1) / 2);
    padding_ = whole(data, DCM_PixelPaddingValue);
  }

  /// Pixels at or above half of the largest value (binary: 1) are in the segment that the frame names.
  void add_segment_frame(long frame, std::vector<Segmentation::Plane>& planes) const {
    DcmItem* identification = groups_.find(frame, DCM_SegmentIdentificationSequence);
    if (!identification) fail(ErrorCode::bad_format, name_, fmt::format("frame {} names no segment", frame + 1));
    const int threshold = bits_allocated_ == 1 ? 1 : half_;
    add(
        frame,
        whole(*identification, DCM_ReferencedSegmentNumber),
        [&](int value) { return value >= threshold; },
        planes);
  }

  /// One plane for each label on the frame.
  void add_label_frame(long frame, std::vector<Segmentation::Plane>& planes) const {
    std::set<int> labels;
    for (size_t i = 0; i < count_; ++i) labels.insert(value(frame, i));
    for (const int label : labels)
      if (label != 0 && label != padding_)
        add(
            frame, label, [&](int v) { return v == label; }, planes);
  }

 private:
  int value(long frame, size_t i) const {
    const size_t bit = size_t(frame) * pixels_.bits_a_frame + i * bits_allocated_;
    const auto byte = [&](size_t at) { return uint8_t(pixels_.bytes[at]); };
    if (bits_allocated_ == 1) return byte(bit / 8) >> (bit % 8) & 1;
    return bits_allocated_ == 8 ? byte(bit / 8) : byte(bit / 8) | byte(bit / 8 + 1) << 8;
  }

  template <class Test>
  void add(long frame, int segment, const Test& is_in, std::vector<Segmentation::Plane>& planes) const {
    Segmentation::Plane plane{
        segment, placement_.slice_of_frame[size_t(frame)], std::vector<uint8_t>((count_ + 7) / 8)};
    for (size_t i = 0; i < count_; ++i)
      if (is_in(value(frame, i))) plane.bits[i / 8] |= uint8_t(1u << (i % 8));
    planes.push_back(std::move(plane));
  }

  FunctionalGroups groups_;
  const Placement& placement_;
  const Pixels& pixels_;
  size_t count_;
  size_t bits_allocated_;
  int half_ = 128, padding_ = 0;
  const std::string& name_;
};

}  // namespace

Mask Segmentation::mask_of(const std::vector<int>& numbers) const {
  Mask mask(geometry);
  for (const Plane& plane : planes) {
    if (std::find(numbers.begin(), numbers.end(), plane.segment) == numbers.end()) continue;
    const auto slice = mask.slice(plane.slice);
    for (size_t i = 0; i < slice.size(); ++i)
      if (plane.bits[i / 8] >> (i % 8) & 1) slice[i] = 1;
  }
  return mask;
}

bool is_dicom_seg(const fs::path& path) {
  initialise_dicom();
  DcmFileFormat file;
  if (!fs::is_regular_file(path) ||
      file.loadFileUntilTag(OFFilename(path.c_str()), EXS_Unknown, EGL_noChange, 1024, ERM_fileOnly, DCM_StudyDate)
          .bad())
    return false;
  const std::string sop_class = text(*file.getDataset(), DCM_SOPClassUID);
  return sop_class == kSegmentationStorage || sop_class == kLabelMapStorage;
}

Segmentation read_dicom_seg(const fs::path& path) {
  const std::string name = path.string();
  if (!fs::is_regular_file(path)) throw Error(ErrorCode::not_found, fmt::format("cannot read {}: no such file", name));
  initialise_dicom();
  DcmFileFormat file;
  const OFCondition loaded = file.loadFile(OFFilename(path.c_str()));
  if (loaded.bad()) fail(ErrorCode::bad_format, name, fmt::format("it is no whole DICOM file: {}", loaded.text()));
  DcmDataset& data = *file.getDataset();
  const std::string sop_class = text(data, DCM_SOPClassUID);
  if (sop_class != kSegmentationStorage && sop_class != kLabelMapStorage)
    fail(ErrorCode::bad_format, name, "it is no DICOM segmentation");
  const bool label_map = sop_class == kLabelMapStorage || text(data, DCM_SegmentationType) == "LABELMAP";
  Sint32 frames = 0;
  data.findAndGetSint32(DCM_NumberOfFrames, frames);
  const size_t allocated = whole(data, DCM_BitsAllocated);
  if (frames < 1 || frames > 1000000 || (allocated != 1 && allocated != 8 && allocated != 16))
    fail(ErrorCode::bad_format, name, fmt::format("it states {} frames of {} bits", frames, allocated));
  const Placement placement = place(data, frames, name);
  const size_t count = size_t(placement.geometry.size[0] * placement.geometry.size[1]);
  const Pixels pixels = read_pixels(data, count * allocated, size_t(frames), name);
  const PlaneMaker maker(data, placement, pixels, name);
  Segmentation result;
  result.geometry = placement.geometry;
  result.segments = read_segments(data, label_map);
  result.frame_of_reference_uid = text(data, DCM_FrameOfReferenceUID);
  for (long n = 0; n < frames; ++n) {
    if (label_map)
      maker.add_label_frame(n, result.planes);
    else
      maker.add_segment_frame(n, result.planes);
  }
  return result;
}

}  // namespace hepatica
