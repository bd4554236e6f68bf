// Fuzz input as a file, for readers that take a path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/files.h"

namespace hepatica {

/// A file of the given name that holds the bytes; the same one for each call with that name.
inline fs::path input_path(const uint8_t* data, size_t size, const std::string& name) {
  static const TemporaryFolder folder;
  write_file(folder.path() / name, {reinterpret_cast<const char*>(data), size});
  return folder.path() / name;
}

/// Runs what may refuse its input.
template <class Work>
void may_refuse(const Work& work) {
  try {
    work();
  } catch (const Error&) {
  }
}

}  // namespace hepatica
