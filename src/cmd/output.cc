#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cmd/command.h"

namespace hepatica::cmd {
namespace {

/// Columns on a terminal: continuation bytes of UTF-8 take none.
size_t display_width(const std::string& text) {
  return size_t(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

void print_json(const nlohmann::json& document) {
  std::fputs((document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n").c_str(), stdout);
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows)
    for (size_t c = 0; c < row.size(); ++c) {
      if (c == widths.size()) widths.push_back(0);
      widths[c] = std::max(widths[c], display_width(row[c]));
    }
  for (size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (size_t c = 0; c < rows[r].size(); ++c)
      line += rows[r][c] + std::string(widths[c] - display_width(rows[r][c]) + 2, ' ');
    while (!line.empty() && line.back() == ' ') line.pop_back();
    std::fputs((line + "\n").c_str(), stdout);
    if (r == 0) {
      std::string rule;
      for (size_t width : widths) rule += std::string(width, '-') + "  ";
      std::fputs((rule + "\n").c_str(), stdout);
    }
  }
}

}  // namespace hepatica::cmd
