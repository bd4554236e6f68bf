#include "base/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/files.h"

namespace hepatica {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Bytes of the UTF-8 character that starts at `at` (RFC 3629); 0 where there is none.
size_t utf8_length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return at + i < text.size() ? uint8_t(text[at + i]) : uint8_t(0); };
  const uint8_t first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  const size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool no_character = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || no_character ? 0 : length;
}

void check_utf8(std::string_view text, const std::string& file) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = utf8_length(text, at);
    if (length == 0)
      throw Error(ErrorCode::bad_manifest,
                  fmt::format("{}, line {}: the text is not UTF-8; save the table as UTF-8",
                              file,
                              1 + std::count(text.begin(), text.begin() + long(at), '\n')));
    at += length;
  }
}

/// Reads one record after another from the text.
class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& file) : text_(text), file_(file) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
  }

  bool done() const { return at_ >= text_.size(); }

  CsvTable::Row next() {
    CsvTable::Row row;
    row.line = line_;
    bool more = true;
    while (more) {
      row.cells.push_back(cell(row.line));
      more = at_ < text_.size() && text_[at_] == ',';
      if (more) ++at_;
    }
    end_of_line();
    return row;
  }

 private:
  std::string cell(int64_t first_line) {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    if (at_ < text_.size() && text_[at_] == '"') return quoted(first_line);
    const size_t start = at_;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
    return trimmed(std::string(text_.substr(start, at_ - start)));
  }

  std::string quoted(int64_t first_line) {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"' && at_ + 1 < text_.size() && text_[at_ + 1] == '"')
        ++at_;
      else if (text_[at_] == '"')
        break;
      if (text_[at_] == '\n') ++line_;
      value += text_[at_];
    }
    if (at_ >= text_.size())
      throw Error(
          ErrorCode::bad_manifest,
          fmt::format("{}, line {}: a quote is opened and never closed; close it, or write a quote in a cell as \"\"",
                      file_,
                      first_line));
    ++at_;
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    return value;
  }

  void end_of_line() {
    if (at_ < text_.size() && text_[at_] != '\r' && text_[at_] != '\n')
      throw Error(ErrorCode::bad_manifest,
                  fmt::format("{}, line {}: text follows a closing quote; put the whole cell in quotes", file_, line_));
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] == '\n') ++at_;
    ++line_;
  }

  std::string_view text_;
  std::string file_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

void check_header(const CsvTable& table) {
  std::set<std::string> seen;
  for (const std::string& name : table.header) {
    if (name.empty())
      throw Error(ErrorCode::bad_manifest,
                  fmt::format("{}: a column of the header has no name; name every column", table.file));
    if (!seen.insert(name).second)
      throw Error(ErrorCode::bad_manifest, fmt::format("{}: the column '{}' occurs twice; keep one", table.file, name));
  }
}

}  // namespace

std::optional<size_t> CsvTable::find(std::string_view name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) return std::nullopt;
  return size_t(found - header.begin());
}

size_t CsvTable::column(std::string_view name) const {
  if (const auto found = find(name)) return *found;
  throw Error(ErrorCode::bad_manifest,
              fmt::format("{}: there is no column '{}'; the columns are {}", file, name, fmt::join(header, ", ")));
}

std::string CsvTable::where(const Row& row) const { return fmt::format("{}, line {}", file, row.line); }

CsvTable parse_csv(std::string_view text, const std::string& file) {
  CsvTable table;
  table.file = file;
  check_utf8(text, file);
  CsvReader reader(text, file);
  while (!reader.done()) {
    CsvTable::Row row = reader.next();
    if (row.cells.size() == 1 && row.cells[0].empty()) continue;
    if (table.header.empty()) {
      table.header = std::move(row.cells);
      check_header(table);
      continue;
    }
    if (row.cells.size() != table.header.size())
      throw Error(ErrorCode::bad_manifest,
                  fmt::format("{}, line {}: {} cells where the header has {} columns; quote cells that hold a comma",
                              file,
                              row.line,
                              row.cells.size(),
                              table.header.size()));
    table.rows.push_back(std::move(row));
  }
  if (table.header.empty())
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: the table is empty; its first line must name the columns", file));
  return table;
}

CsvTable read_csv(const std::filesystem::path& path) { return parse_csv(read_file(path), path.string()); }

std::string csv_cell(std::string_view text) {
  const bool edges = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  if (!edges && text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i) line += ',';
    line += csv_cell(cells[i]);
  }
  return line + "\n";
}

}  // namespace hepatica
