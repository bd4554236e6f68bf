#include "stages/report/column_widths.h"

#include <algorithm>
#include <sstream>

namespace hepatica::report {
namespace {

constexpr double kLeastTextWidth = 36;

double natural_width(const Table& table, size_t column, double text_size) {
  double width = 0;
  std::istringstream title(table.columns[column].title);
  for (std::string word; title >> word;) width = std::max(width, text_width(make_text(word, {text_size, true})));
  for (const auto& row : table.rows)
    width = std::max(width, text_width(make_text(row[column].text, {text_size, row[column].strong})));
  return width;
}

}  // namespace

std::vector<double> column_widths(const Table& table, double width, double text_size, double gap) {
  std::vector<double> widths;
  double taken = 0, text_weight = 0, all_weight = 0, least = 0;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const Column& column = table.columns[c];
    all_weight += column.weight;
    widths.push_back(column.numeric ? natural_width(table, c, text_size) + gap + 1 : 0);
    taken += widths.back();
    if (column.numeric) continue;
    text_weight += column.weight;
    least += kLeastTextWidth + gap;
  }
  const bool fits = taken + least <= width;
  for (size_t c = 0; c < widths.size(); ++c) {
    const Column& column = table.columns[c];
    if (!fits)
      widths[c] = width * column.weight / all_weight;
    else if (!column.numeric)
      widths[c] = (width - taken) * column.weight / text_weight;
  }
  return widths;
}

}  // namespace hepatica::report
