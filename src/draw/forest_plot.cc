#include "draw/forest_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/csv.h"
#include "base/error.h"
#include "draw/palette.h"
#include "draw/plot_area.h"

namespace hepatica::draw {
namespace {

constexpr double kMargin = 6, kRowHeight = 13.5, kText = 8, kColumnGap = 12, kIndent = 7, kLargestSquare = 7.5;

std::string signed_number(double value, int digits) {
  const std::string text = fmt::format("{:.{}f}", std::abs(value), digits);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  return value < 0 && !zero ? std::string("\u2212").append(text) : text;
}

std::string estimate_text(const ForestRow& row, int digits, bool percent) {
  if (!row.text.empty() || row.kind == ForestRow::Kind::heading) return row.text;
  if (!row.value) return "not estimable";
  const double factor = percent ? 100 : 1;
  const std::string value = signed_number(*row.value * factor, digits);
  if (!row.lower || !row.upper) return value + " (no interval)";
  return fmt::format(
      "{} ({} to {})", value, signed_number(*row.lower * factor, digits), signed_number(*row.upper * factor, digits));
}

class Layout {
 public:
  explicit Layout(ForestPlot plot) : plot_(std::move(plot)) {
    choose_scale();
    const double tick = text_height(make_text("0", {kTickText})), label = text_height(make_text("X", {kLabelText}));
    title_height_ = plot_.title.empty() ? 0 : text_height(make_text(plot_.title, {kTitleText, true})) + 5;
    double x = kMargin + label_width() + kColumnGap;
    for (size_t c = 0; c < plot_.column_titles.size(); ++c) {
      column_right_.push_back(x + column_width(c));
      x = column_right_.back() + kColumnGap;
    }
    area_ = {x, kMargin + title_height_ + kRowHeight + 3, plot_.plot_width, kRowHeight * double(plot_.rows.size()) + 3};
    text_x_ = area_.right() + kColumnGap;
    width_ = text_x_ + texts_width() + kMargin;
    height_ = area_.bottom() + kTickLength + 1 + tick + (plot_.x.label.empty() ? 0 : label + 2) + kMargin;
  }

  double width() const { return width_; }
  double height() const { return height_; }

  void draw(cairo_t* cr) const {
    fill_paper(cr, width_, height_);
    draw_titles(cr);
    for (size_t r = 0; r < plot_.rows.size(); ++r) draw_row_text(cr, r);
    if (plot_.reference) {
      const double at = x(*plot_.reference), dashes[] = {3, 2};
      cairo_set_dash(cr, dashes, 2, 0);
      stroke_line(cr, {at, area_.y}, {at, area_.bottom()}, 0.8, kRule);
      cairo_set_dash(cr, nullptr, 0, 0);
    }
    for (size_t r = 0; r < plot_.rows.size(); ++r) draw_estimate(cr, r);
    const std::vector<Tick> ticks = ticks_of(plot_.x, scale_);
    draw_x_axis(cr, area_, scale_, ticks);
    const double tick = text_height(make_text("0", {kTickText})), label = text_height(make_text("X", {kLabelText}));
    centre_text(cr,
                make_text(plot_.x.label, {kLabelText}),
                {area_.x + area_.width / 2, area_.bottom() + kTickLength + tick + 3 + label / 2},
                kInk);
  }

 private:
  void choose_scale() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    double low = kInfinity, high = -kInfinity;
    const auto widen = [&](const std::optional<double>& value) {
      if (!value || !std::isfinite(*value) || (plot_.x.logarithmic && *value <= 0)) return;
      low = std::min(low, *value);
      high = std::max(high, *value);
    };
    for (const ForestRow& row : plot_.rows)
      for (const auto& value : {row.value, row.lower, row.upper}) widen(value);
    widen(plot_.reference);
    scale_ = scale_of(plot_.x, low, high);
  }

  static TextStyle row_style(const ForestRow& row) { return {kText, row.kind != ForestRow::Kind::estimate}; }

  bool has_headings() const {
    return std::any_of(
        plot_.rows.begin(), plot_.rows.end(), [](const ForestRow& r) { return r.kind == ForestRow::Kind::heading; });
  }
  double indent(const ForestRow& row) const {
    return row.kind == ForestRow::Kind::estimate && has_headings() ? kIndent : 0;
  }
  double label_width() const {
    double width = text_width(make_text(plot_.label_title, {kText, true}));
    for (const ForestRow& row : plot_.rows)
      width = std::max(width, indent(row) + text_width(make_text(row.label, row_style(row))));
    return width;
  }
  double column_width(size_t c) const {
    double width = text_width(make_text(plot_.column_titles[c], {kText, true}));
    for (const ForestRow& row : plot_.rows)
      if (c < row.columns.size()) width = std::max(width, text_width(make_text(row.columns[c], row_style(row))));
    return width;
  }
  std::string text_of(const ForestRow& row) const { return estimate_text(row, plot_.digits, plot_.x.percent); }
  double texts_width() const {
    double width = text_width(make_text(plot_.text_title, {kText, true}));
    for (const ForestRow& row : plot_.rows)
      width = std::max(width, text_width(make_text(text_of(row), row_style(row))));
    return width;
  }

  double x(double value) const { return area_.x + area_.width * scale_.position(value); }
  double middle(size_t row) const { return area_.y + kRowHeight * (double(row) + 0.5); }

  void draw_titles(cairo_t* cr) const {
    if (!plot_.title.empty()) draw_text(cr, make_text(plot_.title, {kTitleText, true}), kMargin, kMargin, kInk);
    const double y = kMargin + title_height_;
    draw_text(cr, make_text(plot_.label_title, {kText, true}), kMargin, y, kInk);
    for (size_t c = 0; c < plot_.column_titles.size(); ++c) {
      const LayoutPtr text = make_text(plot_.column_titles[c], {kText, true});
      draw_text(cr, text, column_right_[c] - text_width(text), y, kInk);
    }
    draw_text(cr, make_text(plot_.text_title, {kText, true}), text_x_, y, kInk);
    stroke_line(cr, {kMargin, y + kRowHeight}, {width_ - kMargin, y + kRowHeight}, 0.6, kInk);
  }

  void draw_row_text(cairo_t* cr, size_t r) const {
    const ForestRow& row = plot_.rows[r];
    const auto put = [&](const std::string& text, double left, bool right_aligned) {
      const LayoutPtr layout = make_text(text, row_style(row));
      draw_text(
          cr, layout, right_aligned ? left - text_width(layout) : left, middle(r) - text_height(layout) / 2, kInk);
    };
    put(row.label, kMargin + indent(row), false);
    for (size_t c = 0; c < std::min(row.columns.size(), column_right_.size()); ++c)
      put(row.columns[c], column_right_[c], true);
    put(text_of(row), text_x_, false);
  }

  /// The end of an interval, or an arrow at the axis' end where it lies beyond.
  double draw_end(cairo_t* cr, double value, double y, const Colour& colour) const {
    const double place = scale_.position(value);
    if (place >= 0 && place <= 1) return x(value);
    const double at = place < 0 ? area_.x : area_.right(), back = place < 0 ? 4 : -4;
    set_source(cr, colour);
    cairo_move_to(cr, at, y);
    cairo_line_to(cr, at + back, y - 2.2);
    cairo_line_to(cr, at + back, y + 2.2);
    cairo_close_path(cr);
    cairo_fill(cr);
    return at;
  }

  void draw_estimate(cairo_t* cr, size_t r) const {
    const ForestRow& row = plot_.rows[r];
    if (!row.value || row.kind == ForestRow::Kind::heading) return;
    const Colour colour = row.kind == ForestRow::Kind::summary ? kInk : series_colour(0);
    const double y = middle(r), at = x(std::clamp(*row.value, scale_.low, scale_.high));
    if (row.kind == ForestRow::Kind::summary && row.lower && row.upper) {
      const double low = x(std::clamp(*row.lower, scale_.low, scale_.high)),
                   high = x(std::clamp(*row.upper, scale_.low, scale_.high));
      set_source(cr, colour);
      cairo_move_to(cr, low, y);
      cairo_line_to(cr, at, y - 4);
      cairo_line_to(cr, high, y);
      cairo_line_to(cr, at, y + 4);
      cairo_close_path(cr);
      cairo_fill(cr);
      return;
    }
    if (row.lower && row.upper)
      stroke_line(cr, {draw_end(cr, *row.lower, y, colour), y}, {draw_end(cr, *row.upper, y, colour), y}, 1, colour);
    const double share = row.weight / std::max(1e-12, largest_weight());
    draw_marker(cr, Marker::square, {at, y}, std::max(2.6, kLargestSquare * std::sqrt(share)), colour);
  }

  double largest_weight() const {
    double largest = 0;
    for (const ForestRow& row : plot_.rows)
      if (row.kind == ForestRow::Kind::estimate && row.value) largest = std::max(largest, row.weight);
    return largest;
  }

  ForestPlot plot_;
  Scale scale_;
  std::vector<double> column_right_;
  Rectangle area_;
  double title_height_ = 0, text_x_ = 0, width_ = 0, height_ = 0;
};

}  // namespace

Drawing draw_forest(const ForestPlot& plot, const std::string& alt) {
  const Layout layout(plot);
  Drawing drawing;
  drawing.figure.width = layout.width();
  drawing.figure.height = layout.height();
  drawing.figure.pixels_per_unit = kPixelsPerPoint;
  drawing.figure.alt = alt.empty() ? plot.title : alt;
  drawing.figure.draw = [layout](cairo_t* cr) { layout.draw(cr); };
  std::vector<std::string> header{"label"};
  header.insert(header.end(), plot.column_titles.begin(), plot.column_titles.end());
  header.insert(header.end(), {"value", "lower", "upper"});
  drawing.csv = csv_line(header);
  const auto number = [](const std::optional<double>& value) { return value ? csv_number(*value) : std::string(); };
  for (const ForestRow& row : plot.rows) {
    std::vector<std::string> cells{row.label};
    for (size_t c = 0; c < plot.column_titles.size(); ++c)
      cells.push_back(c < row.columns.size() ? row.columns[c] : "");
    cells.insert(cells.end(), {number(row.value), number(row.lower), number(row.upper)});
    drawing.csv += csv_line(cells);
  }
  return drawing;
}

}  // namespace hepatica::draw
