// Pixels of DICOM frames as HU.
#pragma once

#include <memory>
#include <span>

#include "io/dicom_read.h"

namespace hepatica {

/// Value given to padding pixels: air, the lowest value of the usual CT scale.
inline constexpr int16_t kPaddingHu = -1024;

/// Reads frames of one file one after the other, so that a multi-frame file is parsed once. Not thread-safe; use one
/// per thread. Handles uncompressed (little, big endian), deflated, RLE, JPEG baseline, extended and lossless, JPEG-LS
/// and JPEG 2000 data of one sample a pixel and 8 or 16 bits allocated.
class DicomFrameReader {
 public:
  /// `image` must outlive the reader. Error{unsupported} for pixels of another kind.
  explicit DicomFrameReader(const DicomImage& image);
  ~DicomFrameReader();
  DicomFrameReader(const DicomFrameReader&) = delete;
  DicomFrameReader& operator=(const DicomFrameReader&) = delete;

  /// Writes stored value x slope + intercept, rounded, to `hu` [rows * columns]; padding becomes kPaddingHu.
  /// Error{bad_format} where the data cannot be decoded.
  void read(const DicomFrame& frame, std::span<int16_t> hu);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hepatica
