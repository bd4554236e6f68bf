#include "stages/ingest/sources.h"

#include <fmt/format.h>

#include <algorithm>

namespace hepatica {

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied, code);
  for (; walk != fs::recursive_directory_iterator(); walk.increment(code)) {
    if (code) break;
    const std::string name = walk->path().filename().string();
    const bool hidden = name.starts_with(".") || name == "__MACOSX";
    if (walk->is_directory(code)) {
      if (hidden) walk.disable_recursion_pending();
    } else if (walk->is_regular_file(code) && !hidden) {
      files.push_back(walk->path());
    }
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.string(), b.string());
  });
  return files;
}

void add_capped(std::vector<std::string>& warnings, const std::vector<std::string>& texts) {
  const size_t kept = std::min(texts.size(), kMaxFileWarnings);
  warnings.insert(warnings.end(), texts.begin(), texts.begin() + std::ptrdiff_t(kept));
  if (kept < texts.size()) warnings.push_back(fmt::format("and {} more files with such problems", texts.size() - kept));
}

}  // namespace hepatica
