// Slices kept on disk, so that what was rendered once is only read afterwards.
#pragma once

#include "base/files.h"
#include "dataset/slice.h"

namespace hepatica {

/// The slice as bytes: a JSON line, then HU rounded to int16 and the liver mask. Lossless but for the rounding.
std::string bytes_of_slice(const LearningSlice& slice);

/// The inverse. Error{bad_format} naming `source` where truncated.
LearningSlice slice_from_bytes(const std::string& bytes, const std::string& source);

}  // namespace hepatica
