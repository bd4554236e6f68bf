// dciodvfy (Debian dicom3tools), the reference check of DICOM objects, for tests.
#pragma once

#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "base/files.h"

namespace hepatica {

/// Whether the program is installed.
inline bool dciodvfy_is_there() {
  for (const char* folder : {"/usr/bin/dciodvfy", "/usr/local/bin/dciodvfy"})
    if (fs::exists(folder)) return true;
  return false;
}

/// The lines in which it names an error in a file; empty where it finds none.
inline std::string dciodvfy_errors(const fs::path& path) {
  const std::string command = "dciodvfy '" + path.string() + "' 2>&1";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string errors;
  std::array<char, 4096> line;
  while (pipe && std::fgets(line.data(), int(line.size()), pipe.get()))
    if (std::string_view(line.data()).starts_with("Error")) errors += line.data();
  return errors;
}

}  // namespace hepatica
