// What is wrong in the rows of a table, gathered so that one message names up to ten faults.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/csv.h"

namespace hepatica {

class RowFaults {
 public:
  explicit RowFaults(const CsvTable& table) : table_(table) {}

  void add(const CsvTable::Row& row, const std::string& text);
  /// A cell as a finite number; absent after an added fault where it is none. An empty cell, "NA" and "?" are missing:
  /// the fault says `mend`.
  std::optional<double> number(const CsvTable::Row& row, size_t column, const std::string& mend);
  bool empty() const { return count_ == 0; }
  /// Error{bad_manifest} with the faults, where there are any.
  void raise() const;

 private:
  const CsvTable& table_;
  std::vector<std::string> texts_;
  size_t count_ = 0;
};

/// Whether a cell holds nothing: empty, "NA", "NaN" or "?".
bool is_missing(const std::string& cell);
/// A cell as a finite number, or nothing.
std::optional<double> number_of(const std::string& cell);

}  // namespace hepatica
