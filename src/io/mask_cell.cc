#include "io/mask_cell.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "io/mask_source.h"

namespace hepatica {
namespace {

std::vector<fs::path> expand(const fs::path& pattern) {
  const std::string name = pattern.filename().string();
  if (name.find_first_of("*?") == std::string::npos) {
    if (!fs::exists(pattern))
      throw Error(ErrorCode::not_found,
                  fmt::format("{}: there is no such mask; correct the manifest", pattern.string()));
    return {pattern};
  }
  std::vector<fs::path> found;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(pattern.parent_path(), problem))
    if (::fnmatch(name.c_str(), entry.path().filename().c_str(), FNM_PERIOD) == 0) found.push_back(entry.path());
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  if (found.empty())
    throw Error(ErrorCode::not_found,
                fmt::format("{}: no mask has such a name; correct the manifest", pattern.string()));
  return found;
}

/// Splits "FILE#5" into the file and its label; a '#' that no number follows belongs to the name.
MaskSource split_label(const std::string& text) {
  const size_t hash = text.rfind('#');
  if (hash == std::string::npos) return {text, 0};
  int label = 0;
  const char* end = text.data() + text.size();
  const auto [last, problem] = std::from_chars(text.data() + hash + 1, end, label);
  if (problem != std::errc() || last != end || label < 1 || label > 255) return {text, 0};
  return {text.substr(0, hash), label};
}

}  // namespace

std::vector<MaskSource> mask_sources(const std::string& text, const fs::path& folder) {
  std::vector<MaskSource> sources;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(';', start), text.size());
    const std::string item = text.substr(start, end - start);
    start = end + 1;
    if (item.empty()) continue;
    const MaskSource source = split_label(item);
    for (const fs::path& path : expand(folder / source.path)) sources.push_back({path, source.label});
  }
  return sources;
}

Mask read_mask_cell(const std::string& cell, const fs::path& folder, const Geometry& grid) {
  if (cell.empty()) return {};
  Mask all(grid);
  for (const MaskSource& source : mask_sources(cell, folder)) {
    const Mask mask = read_mask_any(source.path, grid, source.label);
    for (size_t v = 0; v < all.values().size(); ++v) all.values()[v] |= mask.values()[v] != 0;
  }
  return all;
}

Mask read_label_cell(const std::string& cell, const fs::path& folder, const Geometry& grid) {
  if (cell.empty()) return {};
  if (cell == "none") return Mask(grid);
  const std::vector<MaskSource> sources = mask_sources(cell, folder);
  if (sources.size() > 255)
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: {} lesion masks; at most 255 can be told apart", cell, sources.size()));
  if (sources.size() == 1) return read_mask_any(sources[0].path, grid, sources[0].label);
  Mask all(grid);
  for (size_t s = 0; s < sources.size(); ++s) {
    const Mask mask = read_mask_any(sources[s].path, grid, sources[s].label);
    for (size_t v = 0; v < all.values().size(); ++v)
      if (mask.values()[v]) all.values()[v] = uint8_t(s + 1);
  }
  return all;
}

}  // namespace hepatica
