#include "io/dicom_read_pixels.h"

#include <dcmtk/config/osconfig.h>
// DCMTK's configuration comes first.
#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/input_file.h"
#include "io/dicom_read_jpeg2000.h"

namespace hepatica {
namespace {

/// The image bits of a stored word: overlays may lie above HighBit, and anything below the stored bits.
struct StoredBits {
  int left, right;
  bool is_signed;

  explicit StoredBits(const DicomPixelFormat& format)
      : left(31 - format.high_bit), right(32 - format.bits_stored), is_signed(format.is_signed) {}

  int operator()(uint32_t word) const {
    const uint32_t up = word << left;
    return is_signed ? int(int32_t(up) >> right) : int(up >> right);
  }
};

/// Words of 16 bits to HU where only a whole number is added: all in 16 bits and in place, so that the compiler makes
/// one vector loop of it. Nearly all CT is so.
struct WordShift {
  uint16_t mask = 0, sign = 0;
  int16_t padding_low = 1, padding_high = 0;  ///< nothing lies within
  int16_t least = 0, most = 0;                ///< further values would leave 16 bits when shifted
  int16_t shift = 0;

  /// nullopt where values need more than this.
  static std::optional<WordShift> of(const DicomPixelFormat& format, const DicomFrame& frame) {
    const bool fits = format.is_signed || format.bits_stored < 16;
    if (frame.slope != 1 || frame.intercept != std::round(frame.intercept) || std::abs(frame.intercept) > 32767 ||
        format.bits_allocated != 16 || format.high_bit + 1 != format.bits_stored || !fits)
      return std::nullopt;
    WordShift words;
    words.mask = uint16_t((1U << format.bits_stored) - 1);
    words.sign = format.is_signed ? uint16_t(1U << format.high_bit) : uint16_t(0);
    const int shift = int(frame.intercept);
    words.shift = int16_t(shift);
    words.least = int16_t(std::max(-32768, -32768 - shift));
    words.most = int16_t(std::min(32767, 32767 - shift));
    if (format.padding && (*format.padding)[0] <= 32767) {
      words.padding_low = int16_t((*format.padding)[0]);
      words.padding_high = int16_t(std::min(32767, (*format.padding)[1]));
    }
    return words;
  }

  void apply(std::span<int16_t> values) const {
    const auto [bits, top, low, high, from, to, by] = *this;
    for (int16_t& at : values) {
      const auto value = int16_t(((uint16_t(at) & bits) ^ top) - top);
      const auto shifted = int16_t(std::max(from, std::min(to, value)) + by);
      at = value >= low && value <= high ? kPaddingHu : shifted;
    }
  }
};

/// Stored values to HU, one by one; loops are kept apart so that each has no branch inside.
template <class Stored>
void to_hu(const Stored* stored, const DicomPixelFormat& format, const DicomFrame& frame, std::span<int16_t> hu) {
  const StoredBits bits(format);
  const bool is_shift = frame.slope == 1 && frame.intercept == std::round(frame.intercept);
  const int shift = is_shift ? int(frame.intercept) : 0;
  const auto [low, high] = format.padding.value_or(std::array<int, 2>{1, 0});
  const auto shifted = [&](int value) {
    const auto result = int16_t(std::clamp(value + shift, -32768, 32767));
    return value >= low && value <= high ? kPaddingHu : result;
  };
  if (is_shift && format.is_signed) {
    for (size_t i = 0; i < hu.size(); ++i) hu[i] = shifted(int32_t(uint32_t(stored[i]) << bits.left) >> bits.right);
  } else if (is_shift) {
    for (size_t i = 0; i < hu.size(); ++i) hu[i] = shifted(int((uint32_t(stored[i]) << bits.left) >> bits.right));
  } else {
    for (size_t i = 0; i < hu.size(); ++i) {
      const int value = bits(uint32_t(stored[i]));
      const double scaled = std::clamp(value * frame.slope + frame.intercept, -32768.0, 32767.0);
      hu[i] = value >= low && value <= high ? kPaddingHu : int16_t(std::lround(scaled));
    }
  }
}

bool is_jpeg2000(const std::string& syntax) {
  return syntax == UID_JPEG2000LosslessOnlyTransferSyntax || syntax == UID_JPEG2000TransferSyntax;
}

}  // namespace

struct DicomFrameReader::Impl {
  const DicomImage& image;
  std::optional<InputFile> file;           ///< where positions are known
  std::unique_ptr<DcmFileFormat> content;  ///< otherwise
  DcmFileCache cache;
  std::vector<uint16_t> words;
  std::vector<uint8_t> bytes;

  explicit Impl(const DicomImage& of) : image(of) {}

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::bad_format, fmt::format("{}: {}", image.file.string(), reason));
  }

  size_t pixels() const { return size_t(image.format.rows * image.format.columns); }
  bool wide() const { return image.format.bits_allocated == 16; }

  void read_part(uint64_t offset, char* target, uint64_t length) {
    if (!file) file.emplace(image.file);
    if (file->read(offset, target, length) != length) fail("ended before its stated size");
  }

  void read_native(int frame, void* target) {
    const auto size = uint64_t(image.format.frame_bytes());
    read_part(image.native_pixels->offset + uint64_t(frame) * size, static_cast<char*>(target), size);
  }

  /// The buffer for frames that are not read in place.
  void* buffer() {
    const size_t even = (pixels() + 1) / 2 * 2;
    if (wide())
      words.resize(even);
    else
      bytes.resize(even);
    return wide() ? static_cast<void*>(words.data()) : static_cast<void*>(bytes.data());
  }

  void read_by_dcmtk(int frame) {
    if (!content) {
      content = std::make_unique<DcmFileFormat>();
      if (const OFCondition outcome = content->loadFile(OFFilename(image.file.c_str())); outcome.bad())
        fail(outcome.text());
    }
    DcmElement* element = nullptr;
    if (content->getDataset()->findAndGetElement(DCM_PixelData, element).bad() || !element) fail("holds no pixel data");
    Uint32 fragment = 0;
    OFString color_model;
    // DCMTK asks for an even number of bytes.
    const auto size = Uint32((image.format.frame_bytes() + 1) / 2 * 2);
    const OFCondition outcome = static_cast<DcmPixelData*>(element)->getUncompressedFrame(
        content->getDataset(), Uint32(frame), fragment, buffer(), size, color_model, &cache);
    if (outcome.bad()) fail(fmt::format("its pixels cannot be decoded ({})", outcome.text()));
  }

  /// The fragments of one frame, joined (PS3.5 A.4).
  std::string codestream(int frame) {
    const auto& fragments = image.fragments;
    const size_t frames = image.frames.size();
    size_t first = 0, last = fragments.size();
    if (fragments.size() == frames) {
      first = size_t(frame), last = first + 1;
    } else if (frames > 1) {
      if (image.offset_table.size() != frames) fail("has fragments that cannot be assigned to frames");
      const uint64_t base = fragments.front().offset;
      const auto index = [&](uint32_t offset) {
        const auto found = std::find_if(
            fragments.begin(), fragments.end(), [&](const FilePart& part) { return part.offset - base >= offset; });
        return size_t(found - fragments.begin());
      };
      first = index(image.offset_table[size_t(frame)]);
      if (size_t(frame) + 1 < frames) last = index(image.offset_table[size_t(frame) + 1]);
    }
    std::string all;
    for (size_t f = first; f < last; ++f) {
      const size_t start = all.size();
      all.resize(start + fragments[f].length);
      read_part(fragments[f].offset, all.data() + start, fragments[f].length);
    }
    return all;
  }

  void read_jpeg2000(const DicomFrame& frame, std::span<int16_t> hu) {
    const Jpeg2000Image decoded = decode_jpeg2000(codestream(frame.number));
    if (decoded.rows != image.format.rows || decoded.columns != image.format.columns || decoded.components != 1)
      fail("its JPEG 2000 image has another size than its header says");
    // The header's sign counts where it and the codestream disagree; the codestream's precision counts.
    DicomPixelFormat format = image.format;
    format.bits_stored = std::clamp(decoded.precision, 1, 31);
    format.high_bit = format.bits_stored - 1;
    to_hu(decoded.values.data(), format, frame, hu);
  }
};

DicomFrameReader::DicomFrameReader(const DicomImage& image) : impl_(std::make_unique<Impl>(image)) {
  initialise_dicom();
  const DicomPixelFormat& format = image.format;
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorCode::unsupported, fmt::format("{}: {}", image.file.string(), what));
  };
  if (format.samples != 1) refuse("colour images are not CT");
  if (format.bits_allocated != 8 && format.bits_allocated != 16)
    refuse(fmt::format("{} bits a pixel are not supported, only 8 and 16", format.bits_allocated));
}

DicomFrameReader::~DicomFrameReader() = default;

void DicomFrameReader::read(const DicomFrame& frame, std::span<int16_t> hu) {
  HEPATICA_ASSERT(hu.size() == impl_->pixels());
  const DicomImage& image = impl_->image;
  if (is_jpeg2000(image.transfer_syntax_uid)) return impl_->read_jpeg2000(frame, hu);
  if (image.native_pixels && impl_->wide()) {
    // Words of 16 bits become HU where they lie: no second buffer for what is by far the most common form.
    impl_->read_native(frame.number, hu.data());
    if (const auto words = WordShift::of(image.format, frame)) return words->apply(hu);
    return to_hu(reinterpret_cast<const uint16_t*>(hu.data()), image.format, frame, hu);
  }
  if (image.native_pixels)
    impl_->read_native(frame.number, impl_->buffer());
  else
    impl_->read_by_dcmtk(frame.number);
  if (impl_->wide())
    to_hu(impl_->words.data(), image.format, frame, hu);
  else
    to_hu(impl_->bytes.data(), image.format, frame, hu);
}

}  // namespace hepatica
