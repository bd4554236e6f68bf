// Files that are written whole or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace hepatica {

namespace fs = std::filesystem;

/// The whole file. Error{not_found} where it is missing or not readable.
std::string read_file(const fs::path& path);

/// Writes beside `path` and renames, so that a reader sees the old file or the whole new one.
/// Error{write_failed} names the path and the system's reason; nothing is left behind then.
void write_file(const fs::path& path, std::string_view bytes);

/// For writers that need a path of their own: calls `write(temporary)` with a path beside `path` that ends in the same
/// extensions, then renames it. Whatever `write` throws passes on, and the temporary is removed.
void write_file_with(const fs::path& path, const std::function<void(const fs::path&)>& write);

/// A set of outputs in one folder that appear together: files are written to `staging()` and moved to the folder by
/// `commit()`; without it nothing is left. Creates the folder where it is missing.
class OutputFolder {
 public:
  explicit OutputFolder(fs::path folder);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  const fs::path& staging() const { return staging_; }
  void commit();

 private:
  fs::path folder_, staging_;
  bool created_ = false;
  bool committed_ = false;
};

/// A folder that is removed with all it holds when the object goes.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Order of names as people expect it: "2.jpg" before "10.jpg".
bool natural_less(std::string_view a, std::string_view b);

/// Lower-case hexadecimal SHA-256.
std::string sha256(std::string_view bytes);
std::string sha256_of_file(const fs::path& path);

/// Folder of test data (`HEPATICA_TEST_DATA`, else ../shared/data beside the source); empty where it is missing.
fs::path test_data_folder();

}  // namespace hepatica
