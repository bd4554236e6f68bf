// gzip in memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hepatica {

bool is_gzip(std::string_view bytes);

/// The unpacked bytes of gzip or zlib data, or only the first `at_most`. Error{bad_format} naming `name` where they are
/// cut off or corrupt.
std::string gunzip(std::string_view bytes, const std::string& name, size_t at_most = size_t(-1));

/// One gzip member without name and time, so that equal input gives equal bytes; compressed by all threads. `level` 1
/// (fast) to 9.
std::string gzip(std::string_view bytes, int level);

}  // namespace hepatica
