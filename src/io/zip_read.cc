#include "io/zip_read.h"

#include <fmt/format.h>
#include <zip.h>

#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/threads.h"

namespace hepatica {
namespace {

constexpr int64_t kMaxFiles = 200000;
constexpr uint64_t kMaxBytes = uint64_t(64) << 30;
constexpr uint64_t kMaxGrowth = 1000;

struct Close {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

[[noreturn]] void fail(const fs::path& archive, const std::string& reason) {
  throw Error(ErrorCode::bad_format, fmt::format("{}: {}", archive.string(), reason));
}

/// A name within the archive as a path under the folder; refused where it leads out of it.
fs::path safe_name(const fs::path& archive, const std::string& name) {
  const fs::path path(name);
  bool leaves = path.is_absolute() || name.find('\\') != std::string::npos || name.find(':') != std::string::npos;
  for (const fs::path& part : path) leaves = leaves || part == "..";
  if (leaves)
    fail(archive, fmt::format("holds the name '{}', which leads out of the archive; it is not unpacked", name));
  return path;
}

void unpack_one(
    zip_t* archive, const fs::path& archive_path, zip_uint64_t index, const fs::path& target, uint64_t& left) {
  const std::unique_ptr<zip_file_t, Close> file(zip_fopen_index(archive, index, 0));
  if (!file) fail(archive_path, fmt::format("cannot be unpacked ({})", zip_strerror(archive)));
  std::error_code code;
  fs::create_directories(target.parent_path(), code);
  std::ofstream out(target, std::ios::binary);
  std::vector<char> buffer(1 << 18);
  for (;;) {
    const zip_int64_t count = zip_fread(file.get(), buffer.data(), buffer.size());
    if (count < 0) fail(archive_path, fmt::format("is truncated or corrupt ({})", zip_file_strerror(file.get())));
    if (count == 0) break;
    // The directory's sizes may lie: what counts is what comes out.
    if (uint64_t(count) > left) fail(archive_path, "grows beyond what images do; unpack it yourself if you trust it");
    left -= uint64_t(count);
    out.write(buffer.data(), count);
  }
  out.close();
  if (!out)
    throw Error(ErrorCode::write_failed,
                fmt::format("cannot unpack {} to {}: check the free space", archive_path.string(), target.string()));
}

}  // namespace

bool is_zip(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::array<char, 4> start{};
  stream.read(start.data(), start.size());
  return stream.gcount() == 4 && start[0] == 'P' && start[1] == 'K' && (start[2] == 3 || start[2] == 5);
}

void unpack_zip(const fs::path& archive_path, const fs::path& folder) {
  int code = 0;
  const std::unique_ptr<zip_t, Close> archive(zip_open(archive_path.c_str(), ZIP_RDONLY, &code));
  if (!archive) fail(archive_path, fmt::format("is not a readable ZIP archive (libzip error {})", code));
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  if (count > kMaxFiles) fail(archive_path, fmt::format("holds {} files, more than {}", count, kMaxFiles));
  const uint64_t packed = fs::file_size(archive_path);
  uint64_t left = std::min(kMaxBytes, std::max<uint64_t>(packed * kMaxGrowth, 1 << 20));
  for (zip_int64_t i = 0; i < count; ++i) {
    check_interrupted();
    const char* name = zip_get_name(archive.get(), zip_uint64_t(i), 0);
    if (!name) fail(archive_path, "holds an entry without a name");
    const fs::path path = safe_name(archive_path, name);
    if (path.filename().empty()) continue;  // a folder
    unpack_one(archive.get(), archive_path, zip_uint64_t(i), folder / path, left);
  }
}

}  // namespace hepatica
