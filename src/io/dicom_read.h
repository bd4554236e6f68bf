// Headers of DICOM images: everything but the pixels, and where in the file the pixels lie.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "image/geometry.h"

namespace hepatica {

/// How pixels are stored (PS3.3 C.7.6.3).
struct DicomPixelFormat {
  int64_t rows = 0, columns = 0;
  int samples = 1;
  std::string photometric;
  int bits_allocated = 0, bits_stored = 0, high_bit = 0;
  bool is_signed = false;
  /// Stored values between these (both included) are padding, not image (PS3.3 C.7.5.1.1.2).
  std::optional<std::array<int, 2>> padding;
  bool has_modality_lut = false;  ///< values are mapped by a table, not by slope and intercept

  int64_t frame_bytes() const { return rows * columns * samples * ((bits_allocated + 7) / 8); }
  /// All frames together; masks of 1 bit are packed across frames.
  uint64_t total_bytes(size_t frames) const {
    if (bits_allocated == 1) return (uint64_t(rows * columns) * frames + 7) / 8;
    return uint64_t(frame_bytes()) * frames;
  }
  bool operator==(const DicomPixelFormat&) const = default;
};

/// One frame of an instance; classic images have one.
struct DicomFrame {
  int number = 0;                                    ///< 0-based
  std::optional<Vec3> position;                      ///< ImagePositionPatient, mm
  std::optional<std::array<double, 6>> orientation;  ///< ImageOrientationPatient: row, then column cosines
  std::optional<std::array<double, 2>> spacing;      ///< mm between rows, then between columns
  double thickness = 0;                              ///< mm; 0 where unknown
  double slope = 1, intercept = 0;
  std::string image_type;        ///< ImageType or FrameType, values joined by a backslash
  std::string acquisition_time;  ///< YYYYMMDDHHMMSS.F or HHMMSS.F; empty where unknown
  std::string temporal_position, acquisition_number, trigger_time, echo_time, stack_id;
};

/// A piece of a file.
struct FilePart {
  uint64_t offset = 0, length = 0;
};

/// One SOP instance without its pixels.
struct DicomImage {
  fs::path file;
  std::string sop_class_uid, sop_instance_uid, series_uid, study_uid, modality, transfer_syntax_uid;
  int instance_number = 0;
  DicomPixelFormat format;
  std::vector<DicomFrame> frames;           ///< empty where the object holds no pixels (reports, plans)
  std::map<std::string, std::string> tags;  ///< kept attributes by keyword, UTF-8
  /// Where uncompressed little-endian pixels lie; absent where DCMTK has to find them.
  std::optional<FilePart> native_pixels;
  /// Where the fragments of compressed pixels lie, without the offset table.
  std::vector<FilePart> fragments;
  std::vector<uint32_t> offset_table;  ///< basic offset table; may be empty
};

/// Reads up to the pixels. nullopt where the file is not DICOM. Error{bad_format} where it is but is truncated or
/// corrupt. Thread-safe.
std::optional<DicomImage> read_dicom_header(const fs::path& file);

/// The files that a DICOMDIR refers to and that exist, found without regard to case. Error{bad_format}.
std::vector<fs::path> files_of_dicomdir(const fs::path& dicomdir);

/// Registers decoders and silences DCMTK's own log; called by every reader here.
void initialise_dicom();

}  // namespace hepatica
