// A figure with the numbers behind it.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "draw/canvas.h"

namespace hepatica::draw {

struct Drawing {
  Figure figure;
  std::string csv;  ///< the numbers that the figure shows
};

/// Writes FOLDER/NAME.svg, .pdf, .png and .csv; the names of the files. Error{write_failed}.
std::vector<std::string> write_drawing(const Drawing& drawing, const fs::path& folder, const std::string& name);

/// Figures side by side in rows of `columns`, each with a bold letter (a, b, c, ...) at its upper left; its CSV holds
/// the figures' tables, each after a line that names its panel.
Drawing sheet(const std::vector<Drawing>& panels, size_t columns);

/// A cell of a CSV: nine significant digits, empty where the number is not finite.
std::string csv_number(double value);

}  // namespace hepatica::draw
