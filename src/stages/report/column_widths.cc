#include "stages/report/column_widths.h"

#include <algorithm>
#include <sstream>

namespace hepatica::report {
using namespace draw;
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
  std::vector<double> natural;
  double all = 0, numbers = 0, text_weight = 0, all_weight = 0, least = 0;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const Column& column = table.columns[c];
    natural.push_back(natural_width(table, c, text_size) + gap + 1);
    all += natural.back();
    all_weight += column.weight;
    if (column.numeric) {
      numbers += natural.back();
    } else {
      text_weight += column.weight;
      least += kLeastTextWidth + gap;
    }
  }
  std::vector<double> widths;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const Column& column = table.columns[c];
    if (all <= width)
      widths.push_back(natural[c] + (width - all) / double(table.columns.size()));
    else if (numbers + least > width)
      widths.push_back(width * column.weight / all_weight);
    else
      widths.push_back(column.numeric ? natural[c] : (width - numbers) * column.weight / text_weight);
  }
  return widths;
}

}  // namespace hepatica::report
