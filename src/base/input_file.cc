#include "base/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace hepatica {

InputFile::InputFile(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat status {};
  const bool is_open = descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0;
  if (!is_open || S_ISDIR(status.st_mode)) {
    const std::string reason = is_open ? "it is a folder" : std::strerror(errno);
    if (descriptor_ >= 0) ::close(descriptor_);
    throw Error(ErrorCode::not_found, fmt::format("cannot read {}: {}", path.string(), reason));
  }
  size_ = uint64_t(status.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

size_t InputFile::read(uint64_t offset, void* target, size_t length) const {
  size_t done = 0;
  while (done < length) {
    const ssize_t count =
        ::pread(descriptor_, static_cast<char*>(target) + done, length - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += size_t(count);
  }
  return done;
}

}  // namespace hepatica
