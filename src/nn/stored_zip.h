// Entries of a zip archive that are stored without compression, as PyTorch writes them.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace hepatica::nn {

/// Contents by name, as views into `bytes` (PKWARE APPNOTE 4.3). Error{bad_format} naming `source` where the archive is
/// damaged, Error{unsupported} where an entry is compressed or needs 64-bit offsets.
std::map<std::string, std::string_view> stored_zip_entries(std::string_view bytes, const std::string& source);

}  // namespace hepatica::nn
