// What charts share: the frame with its axes, markers, and the place for a legend.
#pragma once

#include <string>
#include <vector>

#include "draw/axis.h"
#include "draw/canvas.h"
#include "draw/xy_chart.h"

namespace hepatica::draw {

inline constexpr double kTickText = 7.5, kLabelText = 8.5, kTitleText = 9.5, kLegendText = 7.5;
inline constexpr double kThin = 0.7, kStroke = 1.3, kTickLength = 3;
inline constexpr double kPixelsPerPoint = 4;  ///< PNG at 288 dots per inch

struct Point {
  double x = 0, y = 0;
};

struct Rectangle {
  double x = 0, y = 0, width = 0, height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
  bool holds(const Point& p, double margin) const {
    return p.x > x - margin && p.x < right() + margin && p.y > y - margin && p.y < bottom() + margin;
  }
};

/// Fills the figure's ground with white.
void fill_paper(cairo_t* cr, double width, double height);
void fill_rectangle(cairo_t* cr, const Rectangle& r, const Colour& colour);
void stroke_line(cairo_t* cr, const Point& from, const Point& to, double width, const Colour& colour);

/// Text with its middle at `at`, upright or turned by a quarter to read upwards.
void centre_text(cairo_t* cr, const LayoutPtr& text, const Point& at, const Colour& colour, bool upwards = false);

/// A filled marker of that diameter around a place.
void draw_marker(cairo_t* cr, Marker marker, const Point& at, double diameter, const Colour& colour);

/// An axis with ticks and label along the lower or the left edge of `area`. Space that the tick text takes beside it.
double tick_text_width(const std::vector<Tick>& ticks);
void draw_x_axis(cairo_t* cr, const Rectangle& area, const Scale& scale, const std::vector<Tick>& ticks);
void draw_y_axis(cairo_t* cr, const Rectangle& area, const Scale& scale, const std::vector<Tick>& ticks);

/// One line of a legend: a sample of the series and its name, or a name alone.
struct LegendEntry {
  std::string text;
  Colour colour;
  bool line = false, dashed = false, band = false, box = false;
  Marker marker = Marker::none;
};
struct Legend {
  std::vector<LegendEntry> entries;
  double width = 0, height = 0;
};
Legend make_legend(const std::vector<LegendEntry>& entries);
void draw_legend(cairo_t* cr, const Legend& legend, const Point& corner);

/// The place within `area` nearest to one of its corners where a legend covers none of the points; nothing where there
/// is none.
std::optional<Point> free_place(const Rectangle& area, const Legend& legend, const std::vector<Point>& data);

}  // namespace hepatica::draw
