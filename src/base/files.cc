#include "base/files.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "base/source_folder.h"

namespace hepatica {
namespace {

[[noreturn]] void fail_to_write(const fs::path& path, const std::string& reason) {
  throw Error(ErrorCode::write_failed,
              fmt::format("cannot write {}: {}; check the folder's rights and the free space", path.string(), reason));
}

fs::path beside(const fs::path& path) {
  return path.parent_path() / fmt::format(".{}.{}", ::getpid(), path.filename().string());
}

std::string hexadecimal(const unsigned char* bytes, unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file || fs::is_directory(path))
    throw Error(ErrorCode::not_found, fmt::format("cannot read {}: no such readable file", path.string()));
  std::string bytes(size_t(file.tellg()), '\0');
  file.seekg(0);
  file.read(bytes.data(), std::streamsize(bytes.size()));
  if (!file) throw Error(ErrorCode::bad_format, fmt::format("{} ended before its stated size", path.string()));
  return bytes;
}

void write_file(const fs::path& path, std::string_view bytes) {
  write_file_with(path, [&](const fs::path& temporary) {
    errno = 0;
    std::ofstream file(temporary, std::ios::binary);
    file.write(bytes.data(), std::streamsize(bytes.size()));
    file.close();
    if (!file) fail_to_write(path, std::strerror(errno));
  });
}

void write_file_with(const fs::path& path, const std::function<void(const fs::path&)>& write) {
  std::error_code code;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), code);
  if (code) fail_to_write(path, code.message());
  const fs::path temporary = beside(path);
  try {
    write(temporary);
  } catch (...) {
    fs::remove(temporary, code);
    throw;
  }
  fs::rename(temporary, path, code);
  if (code) {
    const std::string reason = code.message();
    fs::remove(temporary, code);
    fail_to_write(path, reason);
  }
}

OutputFolder::OutputFolder(fs::path folder) : folder_(std::move(folder)) {
  std::error_code code;
  created_ = fs::create_directories(folder_, code);
  if (code) fail_to_write(folder_, code.message());
  staging_ = folder_ / fmt::format(".staging.{}", ::getpid());
  fs::create_directories(staging_, code);
  if (code) fail_to_write(staging_, code.message());
}

OutputFolder::~OutputFolder() {
  std::error_code code;
  fs::remove_all(staging_, code);
  if (created_ && !committed_) fs::remove(folder_, code);
}

void OutputFolder::commit() {
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(staging_)) {
    const fs::path target = folder_ / entry.path().filename();
    if (entry.is_directory()) fs::remove_all(target, code);
    fs::rename(entry.path(), target, code);
    if (code) fail_to_write(target, code.message());
  }
  committed_ = true;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "hepatica-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) fail_to_write(pattern, std::strerror(errno));
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code code;
  fs::remove_all(path_, code);
}

bool natural_less(std::string_view a, std::string_view b) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      size_t end_a = i, end_b = j;
      while (end_a < a.size() && digit(a[end_a])) ++end_a;
      while (end_b < b.size() && digit(b[end_b])) ++end_b;
      const auto strip = [](std::string_view number) {
        const size_t first = number.find_first_not_of('0');
        return first == std::string_view::npos ? std::string_view{} : number.substr(first);
      };
      const std::string_view number_a = strip(a.substr(i, end_a - i)), number_b = strip(b.substr(j, end_b - j));
      if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
      if (number_a != number_b) return number_a < number_b;
      i = end_a;
      j = end_b;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;
}

std::string sha256(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr);
  return hexadecimal(digest, length);
}

std::string sha256_of_file(const fs::path& path) { return sha256(read_file(path)); }

fs::path test_data_folder() {
  const char* variable = std::getenv("HEPATICA_TEST_DATA");
  const fs::path folder = variable ? fs::path(variable) : fs::path(kSourceFolder) / ".." / "shared" / "data";
  return fs::is_directory(folder) ? folder : fs::path();
}

}  // namespace hepatica
