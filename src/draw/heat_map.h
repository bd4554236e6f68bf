// A matrix of counts as a heat map: confusion matrices, agreement of readers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "draw/drawing.h"

namespace hepatica::draw {

struct HeatMap {
  std::string title;
  std::string rows_label, columns_label;
  std::vector<std::string> rows, columns;
  std::vector<std::vector<double>> values;           ///< [row][column], the colour's base; NaN: an empty cell
  std::vector<std::vector<std::string>> text;        ///< large line of each cell
  std::vector<std::vector<std::string>> small_text;  ///< line below it; may be empty
  double low = 0, high = 1;                          ///< values of white and of the darkest blue
  std::string scale_label;                           ///< of the colour bar; empty: no bar
  bool scale_percent = false;
};

/// Rows are the truth, columns the prediction; each cell shows its count and its share of the row, which gives the
/// colour. Rows are named with their n.
HeatMap counts_heat_map(const std::vector<std::string>& rows,
                        const std::vector<std::string>& columns,
                        const std::vector<std::vector<int64_t>>& counts);

/// The CSV has "row,column,value,text,small_text".
Drawing draw_heat_map(const HeatMap& map, const std::string& alt = "");

}  // namespace hepatica::draw
