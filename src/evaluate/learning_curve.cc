#include "evaluate/learning_curve.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/csv.h"
#include "base/error.h"
#include "draw/xy_chart.h"

namespace hepatica {
namespace {

constexpr size_t kFewEpochs = 30;  ///< up to so many each point has its mark

/// A cell's number; NaN, which is not drawn, where an epoch was not validated.
double number_of(const CsvTable& table, const CsvTable::Row& row, size_t column) {
  const std::string& cell = row.cells[column];
  if (cell.empty()) return std::numeric_limits<double>::quiet_NaN();
  try {
    return std::stod(cell);
  } catch (const std::exception&) {
    throw Error(
        ErrorCode::bad_manifest,
        fmt::format("{}: column '{}' holds '{}', which is no number", table.where(row), table.header[column], cell));
  }
}

draw::Series series_of(const CsvTable& table, size_t column, const std::string& name) {
  draw::Series series;
  series.name = name;
  series.marker = table.rows.size() <= kFewEpochs ? draw::Marker::circle : draw::Marker::none;
  for (const CsvTable::Row& row : table.rows) {
    const double value = number_of(table, row, column);
    if (std::isnan(value)) continue;
    series.x.push_back(number_of(table, row, table.column("epoch")));
    series.y.push_back(value);
  }
  return series;
}

draw::XyChart chart_of(const std::string& title, std::vector<draw::Series> series) {
  draw::XyChart chart;
  chart.title = title;
  chart.x.label = "Epoch";
  chart.y.label = title;
  chart.series = std::move(series);
  return chart;
}

}  // namespace

void write_learning_curve(const std::string& role, const fs::path& folder) {
  const CsvTable table = read_csv(folder / "metrics.csv");
  if (table.rows.empty()) return;
  const size_t loss = table.column("loss"), rate = table.column("learning_rate");
  std::vector<draw::Series> figures;
  for (size_t column = 0; column < table.header.size(); ++column) {
    if (column != loss && column != rate && column != table.column("epoch"))
      figures.push_back(series_of(table, column, table.header[column]));
  }
  std::vector<draw::Drawing> panels{draw::draw_xy(chart_of("Loss", {series_of(table, loss, "")})),
                                    draw::draw_xy(chart_of("Learning rate", {series_of(table, rate, "")}))};
  if (!figures.empty()) panels.push_back(draw::draw_xy(chart_of("Validation", std::move(figures))));
  draw::Drawing sheet = draw::sheet(panels, panels.size());
  sheet.figure.alt = fmt::format("Training of {}: loss {} at epoch {}, {} at epoch {}",
                                 role,
                                 table.rows.front().cells[loss],
                                 table.rows.front().cells[table.column("epoch")],
                                 table.rows.back().cells[loss],
                                 table.rows.back().cells[table.column("epoch")]);
  write_file(folder / "learning_curve.svg", draw::svg_of(sheet.figure));
  write_file(folder / "learning_curve.png", draw::png_of(sheet.figure));
}

}  // namespace hepatica
