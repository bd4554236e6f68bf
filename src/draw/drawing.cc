#include "draw/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/csv.h"
#include "draw/palette.h"
#include "draw/plot_area.h"

namespace hepatica::draw {
namespace {

constexpr double kGap = 14, kLetter = 11;

/// "a" to "z", then "aa", "ab", ...
std::string letter(size_t index) {
  const std::string last(1, char('a' + index % 26));
  return index < 26 ? last : letter(index / 26 - 1).append(last);
}

}  // namespace

std::string csv_number(double value) { return std::isfinite(value) ? fmt::format("{:.9g}", value) : ""; }

std::vector<std::string> write_drawing(const Drawing& drawing, const fs::path& folder, const std::string& name) {
  const std::vector<std::pair<std::string, std::string>> files{{name + ".svg", svg_of(drawing.figure)},
                                                               {name + ".pdf", pdf_of(drawing.figure)},
                                                               {name + ".png", png_of(drawing.figure)},
                                                               {name + ".csv", drawing.csv}};
  std::vector<std::string> names;
  for (const auto& [file, bytes] : files) {
    write_file(folder / file, bytes);
    names.push_back(file);
  }
  return names;
}

Drawing sheet(const std::vector<Drawing>& panels, size_t columns) {
  const size_t rows = (panels.size() + columns - 1) / columns;
  std::vector<double> widths(columns, 0.0), heights(rows, 0.0);
  for (size_t i = 0; i < panels.size(); ++i) {
    widths[i % columns] = std::max(widths[i % columns], panels[i].figure.width);
    heights[i / columns] = std::max(heights[i / columns], panels[i].figure.height);
  }
  Drawing result;
  for (const double width : widths) result.figure.width += width + kGap;
  for (const double height : heights) result.figure.height += height + kGap;
  for (size_t i = 0; i < panels.size(); ++i) {
    result.csv += csv_line({"panel " + letter(i), panels[i].figure.alt}) + panels[i].csv;
    result.figure.pixels_per_unit = std::max(result.figure.pixels_per_unit, panels[i].figure.pixels_per_unit);
    result.figure.alt += fmt::format("{}{}: {}", i ? " " : "", letter(i), panels[i].figure.alt);
  }
  std::vector<Figure> figures;
  for (const Drawing& panel : panels) figures.push_back(panel.figure);
  result.figure.draw = [figures, widths, heights, columns, whole = result.figure](cairo_t* cr) {
    fill_paper(cr, whole.width, whole.height);
    double x = 0, y = 0;
    for (size_t i = 0; i < figures.size(); ++i) {
      if (i && i % columns == 0) x = 0, y += heights[i / columns - 1] + kGap;
      cairo_save(cr);
      cairo_translate(cr, x + kGap / 2, y + kGap / 2);
      figures[i].draw(cr);
      draw_text(cr, make_text(letter(i), {kLetter, true}), 0, 0, kInk);
      cairo_restore(cr);
      x += widths[i % columns] + kGap;
    }
  };
  return result;
}

}  // namespace hepatica::draw
