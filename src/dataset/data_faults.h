// What is wrong with a data set, gathered so that one message names up to ten faults.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"

namespace hepatica {

class DataFaults {
 public:
  explicit DataFaults(fs::path source) : source_(std::move(source)) {}

  /// `place` is a line of a table, a file, an image's number.
  void add(const std::string& place, const std::string& text);
  /// Error{bad_manifest}: the source, the first ten faults, and how many more there are; nothing where there is none.
  void raise() const;

 private:
  fs::path source_;
  std::vector<std::string> texts_;
  size_t count_ = 0;
};

/// The first ten of `names` in quotes, "and N more" after them.
std::string first_names(const std::vector<std::string>& names);

}  // namespace hepatica
