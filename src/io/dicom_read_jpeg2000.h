// JPEG 2000 codestreams, which DCMTK does not decode.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hepatica {

/// The first component of a codestream or JP2 file.
struct Jpeg2000Image {
  int64_t rows = 0, columns = 0;
  int components = 0;
  int precision = 0;  ///< bits of a value
  bool is_signed = false;
  std::vector<int32_t> values;  ///< [rows * columns]
};

/// Error{bad_format} where the bytes cannot be decoded whole.
Jpeg2000Image decode_jpeg2000(const std::string& bytes);

}  // namespace hepatica
