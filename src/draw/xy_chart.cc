#include "draw/xy_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/csv.h"
#include "base/error.h"
#include "draw/palette.h"
#include "draw/plot_area.h"

namespace hepatica::draw {
namespace {

constexpr double kCountsHeight = 34, kCountsGap = 9, kMargin = 6, kMarkerSize = 4.2;

bool finite(double value) { return std::isfinite(value); }

/// The chart with all places worked out; it draws itself.
class Layout {
 public:
  explicit Layout(XyChart chart) : chart_(std::move(chart)) {
    check();
    choose_colours();
    choose_scales();
    place_frame();
    place_legend();
  }

  double width() const { return width_; }
  double height() const { return height_; }

  void draw(cairo_t* cr) const {
    fill_paper(cr, width_, height_);
    cairo_save(cr);
    // A little beyond the frame, so that lines and markers on its edge are whole.
    cairo_rectangle(cr, area_.x - 3, area_.y - 3, area_.width + 6, area_.height + 6);
    cairo_clip(cr);
    for (const bool guides : {true, false})
      for (size_t s = 0; s < chart_.series.size(); ++s)
        if (chart_.series[s].guide == guides) draw_ground(cr, s);
    for (const bool guides : {true, false})
      for (size_t s = 0; s < chart_.series.size(); ++s)
        if (chart_.series[s].guide == guides) draw_series(cr, s);
    cairo_restore(cr);
    draw_frame(cr);
    if (!chart_.counts.empty()) draw_counts(cr);
    draw_table(cr);
    draw_legend(cr, legend_, legend_at_);
  }

 private:
  void check() const {
    for ([[maybe_unused]] const Series& s : chart_.series)
      HEPATICA_ASSERT(s.x.size() == s.y.size() && s.lower.size() == s.upper.size() &&
                      (s.lower.empty() || s.lower.size() == s.x.size()) &&
                      (s.size.empty() || s.size.size() == s.x.size()));
  }

  void choose_colours() {
    size_t next = 0;
    for (const Series& s : chart_.series) {
      const size_t own = s.guide ? 0 : next++;
      colours_.push_back(s.guide ? kRule : series_colour(s.colour.value_or(own)));
    }
  }

  void choose_scales() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    double low_x = kInfinity, high_x = -kInfinity, low_y = kInfinity, high_y = -kInfinity;
    const auto widen = [](double value, bool logarithmic, double& low, double& high) {
      if (!finite(value) || (logarithmic && value <= 0)) return;
      low = std::min(low, value);
      high = std::max(high, value);
    };
    for (const Series& s : chart_.series) {
      if (s.guide) continue;
      for (const double value : s.x) widen(value, chart_.x.logarithmic, low_x, high_x);
      for (const auto* values : {&s.y, &s.lower, &s.upper})
        for (const double value : *values) widen(value, chart_.y.logarithmic, low_y, high_y);
    }
    x_ = scale_of(chart_.x, low_x, high_x);
    y_ = scale_of(chart_.y, low_y, high_y);
    x_ticks_ = ticks_of(chart_.x, x_);
    y_ticks_ = ticks_of(chart_.y, y_);
  }

  void place_frame() {
    const double label = text_height(make_text("X", {kLabelText})), tick = text_height(make_text("0", {kTickText}));
    double left = kMargin + (chart_.y.label.empty() ? 0 : label + 3) + tick_text_width(y_ticks_) + kTickLength + 2;
    if (!chart_.counts.empty())
      left = std::max(left, kMargin + label + 3 + text_width(make_text(top_count(), {kTickText})) + kTickLength + 2);
    for (const TableRow& row : chart_.table)
      left = std::max(left, kMargin + text_width(make_text(row.name, {kTickText})) + 14);
    const double top =
        kMargin + (chart_.title.empty() ? 3 : text_height(make_text(chart_.title, {kTitleText, true})) + 5);
    area_ = {left, top, chart_.plot_width, chart_.plot_height};
    axis_bottom_ = area_.bottom() + (chart_.counts.empty() ? 0 : kCountsGap + kCountsHeight);
    height_ = axis_bottom_ + kTickLength + 1 + (x_ticks_.empty() ? 0 : tick);
    if (!chart_.x.label.empty()) height_ += label + 2;
    table_top_ = height_ + 3;
    if (!chart_.table.empty())
      height_ = table_top_ + (tick + 1) * double(chart_.table.size() + (chart_.table_title.empty() ? 0 : 1));
    height_ += kMargin;
    const double overhang = x_ticks_.empty() ? 0 : text_width(make_text(x_ticks_.back().text, {kTickText})) / 2;
    width_ = area_.right() + std::max(kMargin, overhang + 2);
  }

  void place_legend() {
    std::vector<LegendEntry> entries;
    for (size_t s = 0; s < chart_.series.size(); ++s) {
      const Series& one = chart_.series[s];
      if (one.name.empty()) continue;
      const bool band = !one.lower.empty() && one.spread == Spread::band;
      entries.push_back(
          {one.name, colours_[s], one.line || one.guide, one.dashed || one.guide, band, false, one.marker});
    }
    for (const std::string& note : chart_.notes)
      entries.push_back({note, kInk, false, false, false, false, Marker::none});
    legend_ = make_legend(entries);
    if (entries.empty()) return;
    if (const auto place = free_place(area_, legend_, covered())) {
      legend_at_ = *place;
      return;
    }
    legend_at_ = {area_.right() + 8, area_.y};
    width_ = std::max(width_, legend_at_.x + legend_.width + kMargin);
    height_ = std::max(height_, legend_at_.y + legend_.height + kMargin);
  }

  Point at(double x, double y) const {
    return {area_.x + area_.width * x_.position(x), area_.bottom() - area_.height * y_.position(y)};
  }

  /// Corners of a line through the series' values, with its steps.
  std::vector<Point> corners(const Series& s, const std::vector<double>& y) const {
    std::vector<Point> points;
    for (size_t i = 0; i < y.size(); ++i) {
      if (!finite(s.x[i]) || !finite(y[i])) continue;
      const Point next = at(s.x[i], y[i]);
      if (s.curve == Curve::steps && !points.empty()) points.push_back({next.x, points.back().y});
      points.push_back(next);
    }
    return points;
  }

  /// Points that lie densely on all that is drawn of the data.
  std::vector<Point> covered() const {
    std::vector<Point> points;
    const auto along = [&](const std::vector<Point>& line) {
      for (size_t i = 0; i + 1 < line.size(); ++i) {
        const double length = std::hypot(line[i + 1].x - line[i].x, line[i + 1].y - line[i].y);
        const int steps = std::min(1000, 1 + int(length / 2));
        for (int k = 0; k <= steps; ++k)
          points.push_back({line[i].x + (line[i + 1].x - line[i].x) * k / steps,
                            line[i].y + (line[i + 1].y - line[i].y) * k / steps});
      }
    };
    for (const Series& s : chart_.series) {
      if (s.guide) continue;
      const std::vector<Point> line = corners(s, s.y);
      points.insert(points.end(), line.begin(), line.end());
      if (s.line) along(line);
      if (s.lower.empty()) continue;
      along(corners(s, s.lower));
      along(corners(s, s.upper));
      for (size_t i = 0; i < s.x.size(); ++i)
        if (finite(s.lower[i]) && finite(s.upper[i])) along({at(s.x[i], s.lower[i]), at(s.x[i], s.upper[i])});
    }
    return points;
  }

  static void path(cairo_t* cr, const std::vector<Point>& points) {
    for (size_t i = 0; i < points.size(); ++i) (i ? cairo_line_to : cairo_move_to)(cr, points[i].x, points[i].y);
  }

  void draw_ground(cairo_t* cr, size_t index) const {
    const Series& s = chart_.series[index];
    cairo_new_path(cr);
    Colour ground = colours_[index];
    if (s.filled) {
      path(cr, corners(s, s.y));
    } else if (!s.lower.empty() && s.spread == Spread::band) {
      std::vector<Point> outline = corners(s, s.lower), back = corners(s, s.upper);
      outline.insert(outline.end(), back.rbegin(), back.rend());
      path(cr, outline);
    } else {
      return;
    }
    cairo_close_path(cr);
    ground.alpha = s.filled ? 0.12 : 0.2;
    set_source(cr, ground);
    cairo_fill(cr);
  }

  void draw_series(cairo_t* cr, size_t index) const {
    const Series& s = chart_.series[index];
    const Colour& colour = colours_[index];
    if (s.line) {
      const double dashes[] = {3.5, 2.2};
      if (s.dashed || s.guide) cairo_set_dash(cr, dashes, 2, 0);
      cairo_new_path(cr);
      path(cr, corners(s, s.y));
      if (s.filled) cairo_close_path(cr);
      set_source(cr, colour);
      cairo_set_line_width(cr, s.guide ? 0.8 : kStroke);
      cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
      cairo_stroke(cr);
      cairo_set_dash(cr, nullptr, 0, 0);
    }
    if (!s.lower.empty() && s.spread == Spread::bars) draw_bars(cr, s, colour);
    for (size_t i = 0; i < s.x.size() && s.marker != Marker::none; ++i)
      if (finite(s.x[i]) && finite(s.y[i]))
        draw_marker(cr, s.marker, at(s.x[i], s.y[i]), s.size.empty() ? kMarkerSize : s.size[i], colour);
  }

  void draw_bars(cairo_t* cr, const Series& s, const Colour& colour) const {
    for (size_t i = 0; i < s.x.size(); ++i) {
      if (!finite(s.lower[i]) || !finite(s.upper[i])) continue;
      const Point low = at(s.x[i], s.lower[i]), high = at(s.x[i], s.upper[i]);
      stroke_line(cr, low, high, 0.9, colour);
      for (const Point& end : {low, high}) stroke_line(cr, {end.x - 2, end.y}, {end.x + 2, end.y}, 0.9, colour);
    }
  }

  void draw_frame(cairo_t* cr) const {
    const Rectangle whole{area_.x, area_.y, area_.width, axis_bottom_ - area_.y};
    if (chart_.counts.empty()) {
      draw_x_axis(cr, whole, x_, x_ticks_);
    } else {
      draw_x_axis(cr, area_, x_, {});
      draw_x_axis(cr, whole, x_, x_ticks_);
    }
    draw_y_axis(cr, area_, y_, y_ticks_);
    const double label = text_height(make_text("X", {kLabelText}));
    if (!chart_.title.empty()) draw_text(cr, make_text(chart_.title, {kTitleText, true}), area_.x, kMargin, kInk);
    if (!chart_.y.label.empty())
      centre_text(cr,
                  make_text(chart_.y.label, {kLabelText}),
                  {area_.x - kTickLength - 5 - tick_text_width(y_ticks_) - label / 2, area_.y + area_.height / 2},
                  kInk,
                  true);
    if (chart_.x.label.empty()) return;
    const double tick = x_ticks_.empty() ? 0 : text_height(make_text("0", {kTickText}));
    centre_text(cr,
                make_text(chart_.x.label, {kLabelText}),
                {area_.x + area_.width / 2, axis_bottom_ + kTickLength + tick + 3 + label / 2},
                kInk);
  }

  double largest_count() const {
    double largest = 1;
    for (const CountBar& bar : chart_.counts) largest = std::max(largest, bar.count);
    return largest;
  }
  std::string top_count() const { return tick_text(largest_count(), 1); }

  void draw_counts(cairo_t* cr) const {
    const Rectangle strip{area_.x, area_.bottom() + kCountsGap, area_.width, kCountsHeight};
    const Scale scale{0, largest_count(), false};
    for (const CountBar& bar : chart_.counts) {
      const double left = strip.x + strip.width * x_.position(bar.low),
                   right = strip.x + strip.width * x_.position(bar.high);
      const double height = strip.height * bar.count / scale.high;
      fill_rectangle(cr,
                     {left + 0.4, strip.bottom() - height, right - left - 0.8, height},
                     bar.colour ? series_colour(*bar.colour) : rgb(0x9a9a9a));
    }
    draw_y_axis(cr, strip, scale, {{0, "0"}, {scale.high, top_count()}});
    const double label = text_height(make_text("X", {kTickText}));
    centre_text(cr,
                make_text(chart_.counts_label, {kTickText}),
                {area_.x - kTickLength - 6 - text_width(make_text(top_count(), {kTickText})) - label / 2,
                 strip.y + strip.height / 2},
                kInk,
                true);
  }

  void draw_table(cairo_t* cr) const {
    double y = table_top_;
    const double step = text_height(make_text("0", {kTickText})) + 1;
    if (!chart_.table.empty() && !chart_.table_title.empty()) {
      draw_text(cr, make_text(chart_.table_title, {kTickText, true}), kMargin, y, kInk);
      y += step;
    }
    for (const TableRow& row : chart_.table) {
      draw_text(cr, make_text(row.name, {kTickText}), kMargin, y, row.colour ? series_colour(*row.colour) : kInk);
      for (size_t i = 0; i < row.x.size(); ++i) {
        const LayoutPtr text = make_text(row.text[i], {kTickText});
        draw_text(cr, text, at(row.x[i], y_.low).x - text_width(text) / 2, y, kInk);
      }
      y += step;
    }
  }

  XyChart chart_;
  std::vector<Colour> colours_;
  Scale x_, y_;
  std::vector<Tick> x_ticks_, y_ticks_;
  Rectangle area_;
  double axis_bottom_ = 0, table_top_ = 0, width_ = 0, height_ = 0;
  Legend legend_;
  Point legend_at_;
};

std::string csv_of(const XyChart& chart) {
  std::string csv = csv_line({"series", "x", "y", "lower", "upper"});
  for (const Series& s : chart.series) {
    if (s.guide) continue;
    for (size_t i = 0; i < s.x.size(); ++i)
      csv += csv_line({s.name,
                       csv_number(s.x[i]),
                       csv_number(s.y[i]),
                       s.lower.empty() ? "" : csv_number(s.lower[i]),
                       s.upper.empty() ? "" : csv_number(s.upper[i])});
  }
  for (const CountBar& bar : chart.counts)
    csv += csv_line({chart.counts_label, csv_number((bar.low + bar.high) / 2), csv_number(bar.count), "", ""});
  for (const TableRow& row : chart.table)
    for (size_t i = 0; i < row.x.size(); ++i)
      csv += csv_line({chart.table_title + ": " + row.name, csv_number(row.x[i]), row.text[i], "", ""});
  return csv;
}

}  // namespace

Series guide_line(double x0, double y0, double x1, double y1, const std::string& name) {
  Series guide;
  guide.name = name;
  guide.x = {x0, x1};
  guide.y = {y0, y1};
  guide.guide = true;
  return guide;
}

Series ellipse(const std::string& name,
               double x,
               double y,
               double variance_x,
               double covariance,
               double variance_y,
               double radius) {
  Series outline;
  outline.name = name;
  outline.filled = true;
  // Cholesky factor of the covariance: a unit circle through it is the ellipse.
  const double a = std::sqrt(std::max(0.0, variance_x)), b = a > 0 ? covariance / a : 0,
               c = std::sqrt(std::max(0.0, variance_y - b * b));
  constexpr int kPoints = 120;
  for (int k = 0; k < kPoints; ++k) {
    const double t = 2 * std::numbers::pi * k / kPoints;
    outline.x.push_back(x + radius * a * std::cos(t));
    outline.y.push_back(y + radius * (b * std::cos(t) + c * std::sin(t)));
  }
  return outline;
}

Drawing draw_xy(const XyChart& chart, const std::string& alt) {
  const Layout layout(chart);
  Drawing drawing;
  drawing.figure.width = layout.width();
  drawing.figure.height = layout.height();
  drawing.figure.pixels_per_unit = kPixelsPerPoint;
  drawing.figure.alt = alt.empty() ? chart.title : alt;
  drawing.figure.draw = [layout](cairo_t* cr) { layout.draw(cr); };
  drawing.csv = csv_of(chart);
  return drawing;
}

}  // namespace hepatica::draw
