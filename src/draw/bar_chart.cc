#include "draw/bar_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/csv.h"
#include "base/error.h"
#include "draw/palette.h"
#include "draw/plot_area.h"

namespace hepatica::draw {
namespace {

constexpr double kMargin = 6, kValueText = 6.5, kGroupShare = 0.8;

class Layout {
 public:
  explicit Layout(BarChart chart) : chart_(std::move(chart)) {
    HEPATICA_ASSERT(chart_.bars.size() == chart_.series.size());
    double low = 0, high = 0;
    for (const auto& row : chart_.bars)
      for (const Bar& bar : row)
        for (const auto& value : {bar.value, bar.lower, bar.upper})
          if (value) low = std::min(low, *value), high = std::max(high, *value);
    scale_ = scale_of(chart_.y, low, high);
    ticks_ = ticks_of(chart_.y, scale_);
    const double label = text_height(make_text("X", {kLabelText}));
    const double title = chart_.title.empty() ? 0 : text_height(make_text(chart_.title, {kTitleText, true})) + 4;
    legend_y_ = kMargin + title;
    const double legend = chart_.series.size() > 1 ? text_height(make_text("X", {kLegendText})) + 6 : 2;
    const double names = group_names_height();
    area_ = {kMargin + (chart_.y.label.empty() ? 0 : label + 3) + tick_text_width(ticks_) + kTickLength + 2,
             legend_y_ + legend + (chart_.values ? 9 : 0),
             chart_.plot_width,
             chart_.plot_height};
    width_ = std::max(area_.right(), area_.x + legend_width()) + kMargin;
    height_ = area_.bottom() + 4 + names + (chart_.groups_label.empty() ? 0 : label + 2) + kMargin;
    label_y_ = area_.bottom() + 4 + names + 2 + label / 2;
  }

  double width() const { return width_; }
  double height() const { return height_; }

  void draw(cairo_t* cr) const {
    fill_paper(cr, width_, height_);
    for (size_t g = 0; g < chart_.groups.size(); ++g)
      for (size_t s = 0; s < chart_.series.size(); ++s) draw_bar(cr, g, s);
    draw_x_axis(cr, area_, {0, 1, false}, {});
    draw_y_axis(cr, area_, scale_, ticks_);
    if (y(0) < area_.bottom()) stroke_line(cr, {area_.x, y(0)}, {area_.right(), y(0)}, kThin, kInk);
    draw_words(cr);
  }

 private:
  double group_width() const { return area_width() / double(std::max<size_t>(1, chart_.groups.size())); }
  double area_width() const { return chart_.plot_width; }
  double bar_width() const { return kGroupShare * group_width() / double(std::max<size_t>(1, chart_.series.size())); }
  LayoutPtr group_name(size_t g) const {
    return make_text(chart_.groups[g], {kTickText, false, {}, Align::center}, group_width() - 2);
  }
  double group_names_height() const {
    double height = 0;
    for (size_t g = 0; g < chart_.groups.size(); ++g) height = std::max(height, text_height(group_name(g)));
    return height;
  }
  double legend_width() const {
    double width = 0;
    for (const std::string& name : chart_.series) width += 12 + text_width(make_text(name, {kLegendText})) + 10;
    return width;
  }
  double y(double value) const { return area_.bottom() - area_.height * std::clamp(scale_.position(value), 0.0, 1.0); }

  void draw_bar(cairo_t* cr, size_t g, size_t s) const {
    const Bar& bar = chart_.bars[s][g];
    const double left = area_.x + group_width() * (double(g) + (1 - kGroupShare) / 2) + bar_width() * double(s),
                 middle = left + bar_width() / 2;
    if (!bar.value) {
      centre_text(cr, make_text("n/a", {kValueText}), {middle, area_.bottom() - 5}, kSoft);
      return;
    }
    const double end = y(*bar.value), base = y(0), top = std::min(end, base);
    fill_rectangle(cr, {left + 0.6, top, bar_width() - 1.2, std::abs(base - end)}, tint(series_colour(s), 0.75));
    double highest = top;
    if (bar.lower && bar.upper) {
      const double low = y(*bar.lower), high = y(*bar.upper), cap = std::min(2.5, bar_width() / 4);
      stroke_line(cr, {middle, low}, {middle, high}, 0.8, kInk);
      for (const double tip : {low, high}) stroke_line(cr, {middle - cap, tip}, {middle + cap, tip}, 0.8, kInk);
      highest = std::min(top, high);
    }
    if (!chart_.values) return;
    const LayoutPtr text =
        make_text(fmt::format("{:.{}f}", *bar.value * (chart_.y.percent ? 100 : 1), chart_.digits), {kValueText});
    draw_text(cr, text, middle - text_width(text) / 2, highest - text_height(text) - 1, kInk);
  }

  void draw_words(cairo_t* cr) const {
    if (!chart_.title.empty()) draw_text(cr, make_text(chart_.title, {kTitleText, true}), area_.x, kMargin, kInk);
    double x = area_.x;
    for (size_t s = 0; s < chart_.series.size() && chart_.series.size() > 1; ++s) {
      const LayoutPtr name = make_text(chart_.series[s], {kLegendText});
      fill_rectangle(cr, {x, legend_y_ + text_height(name) / 2 - 3.5, 7, 7}, tint(series_colour(s), 0.75));
      draw_text(cr, name, x + 11, legend_y_, kInk);
      x += 12 + text_width(name) + 10;
    }
    for (size_t g = 0; g < chart_.groups.size(); ++g)
      draw_text(cr, group_name(g), area_.x + group_width() * double(g) + 1, area_.bottom() + 4, kInk);
    const double label = text_height(make_text("X", {kLabelText}));
    centre_text(cr, make_text(chart_.groups_label, {kLabelText}), {area_.x + area_.width / 2, label_y_}, kInk);
    centre_text(cr,
                make_text(chart_.y.label, {kLabelText}),
                {area_.x - kTickLength - 5 - tick_text_width(ticks_) - label / 2, area_.y + area_.height / 2},
                kInk,
                true);
  }

  BarChart chart_;
  Scale scale_;
  std::vector<Tick> ticks_;
  Rectangle area_;
  double legend_y_ = 0, label_y_ = 0, width_ = 0, height_ = 0;
};

}  // namespace

Drawing draw_bars(const BarChart& chart, const std::string& alt) {
  const Layout layout(chart);
  Drawing drawing;
  drawing.figure.width = layout.width();
  drawing.figure.height = layout.height();
  drawing.figure.pixels_per_unit = kPixelsPerPoint;
  drawing.figure.alt = alt.empty() ? chart.title : alt;
  drawing.figure.draw = [layout](cairo_t* cr) { layout.draw(cr); };
  drawing.csv = csv_line({"group", "series", "value", "lower", "upper"});
  const auto number = [](const std::optional<double>& value) { return value ? csv_number(*value) : std::string(); };
  for (size_t g = 0; g < chart.groups.size(); ++g)
    for (size_t s = 0; s < chart.series.size(); ++s) {
      const Bar& bar = chart.bars[s][g];
      drawing.csv +=
          csv_line({chart.groups[g], chart.series[s], number(bar.value), number(bar.lower), number(bar.upper)});
    }
  return drawing;
}

}  // namespace hepatica::draw
