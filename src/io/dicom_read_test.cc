#include "io/dicom_read.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"
#include "io/dicom_read_pixels.h"

namespace hepatica {
namespace {

fs::path conformance(const std::string& name) {
  const fs::path folder = test_data_folder();
  return folder.empty() ? folder : folder / "dicom_conformance" / name;
}

std::vector<int16_t> hu_of(const fs::path& file, size_t frame = 0) {
  const auto image = read_dicom_header(file);
  EXPECT_TRUE(image.has_value()) << file;
  std::vector<int16_t> hu(size_t(image->format.rows * image->format.columns));
  DicomFrameReader(*image).read(image->frames.at(frame), hu);
  return hu;
}

/// A minimal explicit little-endian image of 2x2 pixels of 16 bits, written byte by byte (PS3.5 section 7.1.2).
class ImageBytes {
 public:
  ImageBytes() {
    bytes_ = std::string(128, '\0') + "DICM";
    text(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1");
    text(0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.2");
    text(0x0008, 0x0060, "CS", "CT");
  }

  ImageBytes& text(uint16_t group, uint16_t element, const std::string& vr, std::string value) {
    if (value.size() % 2) value += vr == "UI" ? '\0' : ' ';
    head(group, element, vr);
    word(uint16_t(value.size()));
    bytes_ += value;
    return *this;
  }
  ImageBytes& number(uint16_t group, uint16_t element, const std::string& vr, uint16_t value) {
    head(group, element, vr);
    word(2);
    word(value);
    return *this;
  }
  ImageBytes& pixels(const std::vector<uint16_t>& values) {
    head(0x7FE0, 0x0010, "OW");
    word(0), word(uint16_t(values.size() * 2)), word(0);
    for (uint16_t value : values) word(value);
    return *this;
  }
  /// Rows, columns, bits and sign of 2x2 pixels.
  ImageBytes& format(uint16_t stored, uint16_t high, uint16_t sign) {
    number(0x0028, 0x0002, "US", 1);
    number(0x0028, 0x0010, "US", 2).number(0x0028, 0x0011, "US", 2);
    number(0x0028, 0x0100, "US", 16).number(0x0028, 0x0101, "US", stored).number(0x0028, 0x0102, "US", high);
    return number(0x0028, 0x0103, "US", sign);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void word(uint16_t value) { bytes_ += char(value & 0xFF), bytes_ += char(value >> 8); }
  void head(uint16_t group, uint16_t element, const std::string& vr) { word(group), word(element), bytes_ += vr; }

  std::string bytes_;
};

std::vector<int16_t> hu_of_bytes(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder.path() / "image", bytes);
  return hu_of(folder.path() / "image");
}

TEST(DicomPixels, StoredBitsSignRescaleAndPaddingByHand) {
  // 12 bits stored, signed: 0x0800 is -2048, 0x0FFF is -1; bits above HighBit are an overlay and do not count.
  EXPECT_EQ(hu_of_bytes(ImageBytes().format(12, 11, 1).pixels({0x0800, 0x0FFF, 0xF001, 0x07FF}).bytes()),
            (std::vector<int16_t>{-2048, -1, 1, 2047}));
  // Unsigned, slope 0.5 and intercept -10: 3 -> -8.5, rounded away from 0 to -9.
  EXPECT_EQ(hu_of_bytes(ImageBytes()
                            .format(16, 15, 0)
                            .text(0x0028, 0x1052, "DS", "-10")
                            .text(0x0028, 0x1053, "DS", "0.5")
                            .pixels({0, 3, 100, 65535})
                            .bytes()),
            (std::vector<int16_t>{-10, -9, 40, 32758}));
  // Padding -2000 written as the 16-bit pattern of an unsigned value.
  EXPECT_EQ(hu_of_bytes(ImageBytes()
                            .format(16, 15, 1)
                            .number(0x0028, 0x0120, "US", uint16_t(-2000))
                            .text(0x0028, 0x1052, "DS", "-24")
                            .text(0x0028, 0x1053, "DS", "1")
                            .pixels({uint16_t(-2000), 0, 124, uint16_t(-1999)})
                            .bytes()),
            (std::vector<int16_t>{kPaddingHu, -24, 100, -2023}));
}

TEST(DicomPixels, ValuesBeyond16BitsStopAtTheirEnds) {
  const auto shifted = [](uint16_t stored, uint16_t sign, const std::string& intercept, std::vector<uint16_t> pixels) {
    return hu_of_bytes(ImageBytes()
                           .format(stored, uint16_t(stored - 1), sign)
                           .number(0x0028, 0x0120, "US", 63536)  // beyond 15 bits: padding where pixels can hold it
                           .text(0x0028, 0x1052, "DS", intercept)
                           .text(0x0028, 0x1053, "DS", "1")
                           .pixels(pixels)
                           .bytes());
  };
  EXPECT_EQ(shifted(16, 1, "-1024", {0x8000, 0x83FF, 0x8400, 0x7FFF}),
            (std::vector<int16_t>{-32768, -32768, -32768, 31743}));
  EXPECT_EQ(shifted(16, 1, "1024", {0x8000, 0x7BFF, 0x7C00, 63536}),
            (std::vector<int16_t>{-31744, 32767, 32767, kPaddingHu}));
  EXPECT_EQ(shifted(16, 0, "-1024", {0, 1024, 65535, 63536}), (std::vector<int16_t>{-1024, 0, 32767, kPaddingHu}));
  // 12 bits, unsigned: bits above are an overlay.
  EXPECT_EQ(shifted(12, 0, "-1024", {0, 0xF400, 0x0FFF, 63536}), (std::vector<int16_t>{-1024, 0, 3071, 2096 - 1024}));
  EXPECT_EQ(shifted(15, 0, "32000", {0, 767, 768, 0x7FFF}), (std::vector<int16_t>{32000, 32767, 32767, 32767}));
}

TEST(DicomPixels, LosslessSyntaxesGiveIdenticalPixels) {
  const fs::path folder = conformance("ct_all_transfer_syntaxes");
  if (folder.empty()) GTEST_SKIP() << "no test data";
  const std::vector<int16_t> expected = hu_of(folder / "CTImage.dcm");
  // pydicom 2.3: sum and extremes of stored value x slope + intercept of CTImage.dcm.
  EXPECT_EQ(std::accumulate(expected.begin(), expected.end(), int64_t(0)), -248794693);
  for (const char* name : {"BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2",
                           "DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99",
                           "JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90",
                           "JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80",
                           "JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70",
                           "JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57",
                           "LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1",
                           "LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2",
                           "RLELosslessTransferSyntax_1.2.840.10008.1.2.5"})
    EXPECT_EQ(hu_of(folder / (std::string("CTImage.dcm_") + name + ".dcm")), expected) << name;
}

TEST(DicomPixels, LossySyntaxesStayClose) {
  const fs::path folder = conformance("ct_all_transfer_syntaxes");
  if (folder.empty()) GTEST_SKIP() << "no test data";
  const std::vector<int16_t> expected = hu_of(folder / "CTImage.dcm");
  // Largest differences as measured by the data's collector with pydicom; the 8 and 12 bit JPEGs hold grey steps of 32
  // and 2 HU.
  const std::vector<std::pair<std::string, int>> kCases{{"JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91", 5},
                                                        {"JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81", 1},
                                                        {"JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50", 340},
                                                        {"JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51", 40},
                                                        {"JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53", 40},
                                                        {"JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55", 40}};
  for (const auto& [name, limit] : kCases) {
    const std::vector<int16_t> hu = hu_of(folder / ("CTImage.dcm_" + name + ".dcm"));
    int largest = 0;
    for (size_t i = 0; i < hu.size(); ++i) largest = std::max(largest, std::abs(hu[i] - expected[i]));
    EXPECT_LE(largest, limit) << name;
  }
}

TEST(DicomHeader, EnhancedMultiFrameHasAPositionPerFrame) {
  const fs::path file = conformance("pydicom_data/eCT_Supplemental.dcm");
  if (file.empty()) GTEST_SKIP() << "no test data";
  const auto image = read_dicom_header(file);
  ASSERT_TRUE(image.has_value());
  EXPECT_EQ(image->frames.size(), 2u);
  for (const DicomFrame& frame : image->frames) {
    EXPECT_TRUE(frame.position && frame.orientation && frame.spacing);
    EXPECT_EQ(frame.number, &frame - image->frames.data());
  }
  EXPECT_EQ(hu_of(file, 1).size(), size_t(image->format.rows * image->format.columns));
}

TEST(DicomHeader, OtherFilesAreNoDicom) {
  const TemporaryFolder folder;
  write_file(folder.path() / "notes.txt", std::string(500, 'a'));
  write_file(folder.path() / "empty", "");
  EXPECT_FALSE(read_dicom_header(folder.path() / "notes.txt").has_value());
  EXPECT_FALSE(read_dicom_header(folder.path() / "empty").has_value());
}

TEST(DicomHeader, TruncationAtAnyLengthIsAnErrorOrNoDicom) {
  const fs::path folder = conformance("ct_all_transfer_syntaxes");
  if (folder.empty()) GTEST_SKIP() << "no test data";
  const TemporaryFolder work;
  Rng rng(7);
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string whole = read_file(entry.path());
    for (int n = 0; n < 6; ++n) {
      const auto length = size_t(rng.integer(0, n < 3 ? 3000 : int64_t(whole.size()) - 200));
      write_file(work.path() / "cut", std::string_view(whole).substr(0, length));
      try {
        const auto image = read_dicom_header(work.path() / "cut");
        if (!image || image->frames.empty()) continue;
        std::vector<int16_t> hu(size_t(image->format.rows * image->format.columns));
        DicomFrameReader(*image).read(image->frames.front(), hu);
        // Deflated streams may hold all pixels before the end.
        EXPECT_EQ(image->transfer_syntax_uid, "1.2.840.10008.1.2.1.99") << entry.path() << " cut at " << length;
      } catch (const Error& error) {
        EXPECT_TRUE(error.code() == ErrorCode::bad_format || error.code() == ErrorCode::unsupported) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace hepatica
