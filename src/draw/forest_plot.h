// Estimates with their intervals, one a row: strata, studies of a meta-analysis, hazard ratios.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "draw/axis.h"
#include "draw/drawing.h"

namespace hepatica::draw {

struct ForestRow {
  enum class Kind { estimate, heading, summary };  ///< a summary is drawn as a diamond from lower to upper
  Kind kind = Kind::estimate;
  std::string label;
  std::vector<std::string> columns;  ///< text left of the plot, such as n or events; one per title
  std::optional<double> value, lower, upper;
  double weight = 1;  ///< area of the square, in shares of the largest
  std::string text;   ///< right of the plot; empty: "value (lower to upper)", or "not estimable" without a value
};

struct ForestPlot {
  std::string title;
  std::string label_title;                 ///< above the labels
  std::vector<std::string> column_titles;  ///< above the columns
  std::string text_title = "Estimate (95% CI)";
  Axis x;
  std::optional<double> reference;  ///< a vertical guide, such as no effect
  std::vector<ForestRow> rows;
  int digits = 2;  ///< of the texts at the right
  double plot_width = 170;
};

/// The CSV has "label,<column titles>,value,lower,upper". Intervals beyond the axis end in an arrow.
Drawing draw_forest(const ForestPlot& plot, const std::string& alt = "");

}  // namespace hepatica::draw
