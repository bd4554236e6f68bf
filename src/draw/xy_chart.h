// Charts of y against x: lines with bands, steps, points, outlines; ROC and calibration curves, Kaplan-Meier plots,
// scatter plots.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "draw/axis.h"
#include "draw/drawing.h"

namespace hepatica::draw {

enum class Curve { straight, steps };  ///< steps: level up to the next x, then up or down
enum class Marker { none, circle, square, triangle, diamond, plus };
enum class Spread { band, bars };

/// One line, cloud of points or outline. `lower` and `upper` are empty or have one value a point; what is not finite is
/// not drawn.
struct Series {
  std::string name;  ///< in the legend; empty: none
  std::vector<double> x, y, lower, upper;
  std::vector<double> size;  ///< diameters of the markers in points; empty: the usual one
  Curve curve = Curve::straight;
  Spread spread = Spread::band;
  Marker marker = Marker::none;
  bool line = true;
  bool dashed = false;
  bool filled = false;           ///< a closed outline with a light ground
  bool guide = false;            ///< a thin grey line that helps to read the chart; not data
  std::optional<size_t> colour;  ///< of series_colour; absent: by its place among the series that are no guides
};

/// A straight guide from (x0, y0) to (x1, y1).
Series guide_line(double x0, double y0, double x1, double y1, const std::string& name = "");

/// The outline of an ellipse with that centre and covariance: all points at `radius` standard deviations (2.4477 holds
/// 95% of a normal distribution in the plane).
Series ellipse(const std::string& name,
               double x,
               double y,
               double variance_x,
               double covariance,
               double variance_y,
               double radius);

/// A bar of the counts below the chart, on its x axis.
struct CountBar {
  double low = 0, high = 0;
  double count = 0;
  std::optional<size_t> colour;  ///< absent: grey
};

/// A row of numbers below the axis, such as the numbers at risk: each stands below its x.
struct TableRow {
  std::string name;
  std::vector<double> x;
  std::vector<std::string> text;
  std::optional<size_t> colour;
};

struct XyChart {
  std::string title;
  Axis x, y;
  std::vector<Series> series;
  std::vector<std::string> notes;  ///< lines of text in the legend's box, below its entries
  std::vector<CountBar> counts;    ///< empty: no strip of counts
  std::string counts_label = "Count";
  std::vector<TableRow> table;  ///< below the x axis
  std::string table_title;
  double plot_width = 210, plot_height = 200;  ///< points
};

/// The chart. The legend stands where it covers no data, or at the right where there is no such place. The CSV has
/// "series,x,y,lower,upper" and a line for each point, then the counts and the table's rows as series of their own.
/// `alt` says in words what the chart shows; empty: the title.
Drawing draw_xy(const XyChart& chart, const std::string& alt = "");

}  // namespace hepatica::draw
