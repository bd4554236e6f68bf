// Comma-separated tables (RFC 4180) with the line of each row, for messages that name it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hepatica {

/// A table with a header. Every row has as many cells as the header.
struct CsvTable {
  struct Row {
    int64_t line = 0;  ///< line of the file where the row begins, from 1
    std::vector<std::string> cells;
  };

  std::string file;  ///< for messages
  std::vector<std::string> header;
  std::vector<Row> rows;

  /// Index of a column, or nothing.
  std::optional<size_t> find(std::string_view column) const;
  /// Index of a column. Error{bad_manifest} names the file, the column and those that are there.
  size_t column(std::string_view name) const;
  /// "FILE, line N": where a row stands.
  std::string where(const Row& row) const;
};

/// Reads UTF-8 text; a byte order mark and CRLF are taken, cells are trimmed of spaces unless quoted, empty lines are
/// skipped. Error{not_found}; Error{bad_manifest} where the text is not UTF-8, the header is missing or doubled, a row
/// has another number of cells, or a quote is left open.
CsvTable read_csv(const std::filesystem::path& path);
CsvTable parse_csv(std::string_view text, const std::string& file);

/// A cell as it must be written: quoted where it holds a comma, quote or line break.
std::string csv_cell(std::string_view text);
/// One line with its line break.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace hepatica
