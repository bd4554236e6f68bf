// Reading a file at any position.
#pragma once

#include <cstdint>
#include <filesystem>

namespace hepatica {

/// A file that stays open for reads by position; several threads may read at once.
class InputFile {
 public:
  /// Error{not_found} where it cannot be opened.
  explicit InputFile(const std::filesystem::path& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Bytes that the file had when it was opened.
  uint64_t size() const { return size_; }
  /// Reads `length` bytes from `offset`; returns how many were there before the file ended or failed.
  size_t read(uint64_t offset, void* target, size_t length) const;

 private:
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

}  // namespace hepatica
