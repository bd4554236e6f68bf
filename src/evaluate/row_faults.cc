#include "evaluate/row_faults.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>

#include "base/error.h"

namespace hepatica {

bool is_missing(const std::string& cell) { return cell.empty() || cell == "NA" || cell == "NaN" || cell == "?"; }

std::optional<double> number_of(const std::string& cell) {
  double value = 0;
  const auto [end, problem] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (problem != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

void RowFaults::add(const CsvTable::Row& row, const std::string& text) {
  if (count_++ < 10) texts_.push_back(fmt::format("line {}: {}", row.line, text));
}

std::optional<double> RowFaults::number(const CsvTable::Row& row, size_t column, const std::string& mend) {
  const std::string& cell = row.cells[column];
  if (is_missing(cell)) {
    add(row, fmt::format("{} is missing; {}", table_.header[column], mend));
    return std::nullopt;
  }
  const std::optional<double> value = number_of(cell);
  if (!value) add(row, fmt::format("{} is '{}', not a finite number; correct the cell", table_.header[column], cell));
  return value;
}

void RowFaults::raise() const {
  if (count_ == 0) return;
  const std::string more = count_ > texts_.size() ? fmt::format("; and {} more", count_ - texts_.size()) : "";
  throw Error(ErrorCode::bad_manifest, fmt::format("{}: {}{}", table_.file, fmt::join(texts_, "; "), more));
}

}  // namespace hepatica
