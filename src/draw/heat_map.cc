#include "draw/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "base/csv.h"
#include "base/error.h"
#include "draw/axis.h"
#include "draw/palette.h"
#include "draw/plot_area.h"

namespace hepatica::draw {
namespace {

constexpr double kMargin = 6, kBar = 9, kCellText = 9, kSmallText = 7, kLeastCell = 34, kMostCell = 78;

double widest_word(const std::vector<std::string>& texts, double size) {
  double width = 0;
  for (const std::string& text : texts) {
    std::istringstream words(text);
    for (std::string word; words >> word;) width = std::max(width, text_width(make_text(word, {size})));
  }
  return width;
}

class Layout {
 public:
  explicit Layout(HeatMap map) : map_(std::move(map)) {
    HEPATICA_ASSERT(map_.values.size() == map_.rows.size() && map_.text.size() == map_.rows.size());
    double inner = widest_word(map_.columns, kTickText);
    for (const auto& row : map_.text) inner = std::max(inner, widest_word(row, kCellText));
    for (const auto& row : map_.small_text) inner = std::max(inner, widest_word(row, kSmallText));
    cell_ = std::clamp(inner + 8, kLeastCell, kMostCell);
    const double label = text_height(make_text("X", {kLabelText}));
    double row_names = 0, column_names = 0;
    for (const std::string& name : map_.rows) row_names = std::max(row_names, text_width(row_name(name)));
    for (const std::string& name : map_.columns) column_names = std::max(column_names, text_height(column_name(name)));
    const double title = map_.title.empty() ? 0 : text_height(make_text(map_.title, {kTitleText, true})) + 5;
    area_ = {kMargin + (map_.rows_label.empty() ? 0 : label + 4) + row_names + 5,
             kMargin + title,
             cell_ * double(map_.columns.size()),
             row_height() * double(map_.rows.size())};
    names_bottom_ = area_.bottom() + 3 + column_names;
    height_ = names_bottom_ + (map_.columns_label.empty() ? 0 : label + 3) + kMargin;
    width_ = area_.right() + kMargin;
    if (!map_.scale_label.empty()) width_ += 8 + kBar + kTickLength + 3 + tick_text_width(scale_ticks()) + label + 4;
    width_ = std::max(width_, area_.x + text_width(make_text(map_.title, {kTitleText, true})) + kMargin);
  }

  double width() const { return width_; }
  double height() const { return height_; }

  void draw(cairo_t* cr) const {
    fill_paper(cr, width_, height_);
    for (size_t r = 0; r < map_.rows.size(); ++r)
      for (size_t c = 0; c < map_.columns.size(); ++c) draw_cell(cr, r, c);
    cairo_rectangle(cr, area_.x, area_.y, area_.width, area_.height);
    cairo_set_line_width(cr, kThin);
    set_source(cr, kInk);
    cairo_stroke(cr);
    draw_names(cr);
    if (!map_.scale_label.empty()) draw_scale(cr);
  }

 private:
  double row_height() const { return std::max(26.0, 0.72 * cell_); }
  LayoutPtr column_name(const std::string& name) const {
    return make_text(name, {kTickText, false, {}, Align::center}, cell_ - 3);
  }
  static LayoutPtr row_name(const std::string& name) {
    return make_text(name, {kTickText, false, {}, Align::right}, 110);
  }
  Axis scale_axis() const { return {"", map_.low, map_.high, false, map_.scale_percent, true, {}, 4}; }
  std::vector<Tick> scale_ticks() const { return ticks_of(scale_axis(), {map_.low, map_.high, false}); }

  void draw_cell(cairo_t* cr, size_t r, size_t c) const {
    const Rectangle box{area_.x + cell_ * double(c), area_.y + row_height() * double(r), cell_, row_height()};
    const double value = map_.values[r][c];
    const Colour ground =
        std::isfinite(value) ? sequential_colour((value - map_.low) / (map_.high - map_.low)) : rgb(0xf2f2f2);
    fill_rectangle(cr, {box.x + 0.35, box.y + 0.35, box.width - 0.7, box.height - 0.7}, ground);
    const LayoutPtr large = make_text(map_.text[r][c], {kCellText});
    const bool two = !map_.small_text.empty() && !map_.small_text[r][c].empty();
    const LayoutPtr small = make_text(two ? map_.small_text[r][c] : "", {kSmallText});
    const double height = text_height(large) + (two ? text_height(small) : 0);
    const double top = box.y + (box.height - height) / 2;
    draw_text(cr, large, box.x + (box.width - text_width(large)) / 2, top, ink_on(ground));
    if (two)
      draw_text(cr, small, box.x + (box.width - text_width(small)) / 2, top + text_height(large), ink_on(ground));
  }

  void draw_names(cairo_t* cr) const {
    const double label = text_height(make_text("X", {kLabelText}));
    for (size_t r = 0; r < map_.rows.size(); ++r) {
      const LayoutPtr name = row_name(map_.rows[r]);
      const double middle = area_.y + row_height() * (double(r) + 0.5);
      // A layout of a fixed width sets right-aligned text at that width's end.
      draw_text(cr, name, area_.x - 5 - 110, middle - text_height(name) / 2, kInk);
    }
    for (size_t c = 0; c < map_.columns.size(); ++c)
      draw_text(cr, column_name(map_.columns[c]), area_.x + cell_ * double(c) + 1.5, area_.bottom() + 3, kInk);
    if (!map_.title.empty()) draw_text(cr, make_text(map_.title, {kTitleText, true}), area_.x, kMargin, kInk);
    if (!map_.rows_label.empty())
      centre_text(
          cr, make_text(map_.rows_label, {kLabelText}), {kMargin + label / 2, area_.y + area_.height / 2}, kInk, true);
    if (!map_.columns_label.empty())
      centre_text(cr,
                  make_text(map_.columns_label, {kLabelText}),
                  {area_.x + area_.width / 2, names_bottom_ + 3 + label / 2},
                  kInk);
  }

  void draw_scale(cairo_t* cr) const {
    const Rectangle bar{area_.right() + 8, area_.y, kBar, area_.height};
    constexpr int kSteps = 64;
    for (int k = 0; k < kSteps; ++k) {
      const double top = bar.bottom() - bar.height * (k + 1) / kSteps;
      fill_rectangle(cr, {bar.x, top, bar.width, bar.height / kSteps + 0.3}, sequential_colour((k + 0.5) / kSteps));
    }
    cairo_rectangle(cr, bar.x, bar.y, bar.width, bar.height);
    cairo_set_line_width(cr, 0.5);
    set_source(cr, kInk);
    cairo_stroke(cr);
    for (const Tick& tick : scale_ticks()) {
      const double y = bar.bottom() - bar.height * (tick.value - map_.low) / (map_.high - map_.low);
      stroke_line(cr, {bar.right(), y}, {bar.right() + kTickLength, y}, 0.5, kInk);
      const LayoutPtr text = make_text(tick.text, {kTickText});
      draw_text(cr, text, bar.right() + kTickLength + 2, y - text_height(text) / 2, kInk);
    }
    const LayoutPtr label = make_text(map_.scale_label, {kTickText});
    centre_text(cr,
                label,
                {bar.right() + kTickLength + 5 + tick_text_width(scale_ticks()) + text_height(label) / 2,
                 bar.y + bar.height / 2},
                kInk,
                true);
  }

  HeatMap map_;
  Rectangle area_;
  double cell_ = 0, names_bottom_ = 0, width_ = 0, height_ = 0;
};

}  // namespace

HeatMap counts_heat_map(const std::vector<std::string>& rows,
                        const std::vector<std::string>& columns,
                        const std::vector<std::vector<int64_t>>& counts) {
  HeatMap map;
  map.columns = columns;
  map.scale_label = "Share of row (%)";
  map.scale_percent = true;
  for (size_t r = 0; r < rows.size(); ++r) {
    int64_t n = 0;
    for (const int64_t count : counts[r]) n += count;
    map.rows.push_back(fmt::format("{} (n = {})", rows[r], n));
    map.values.emplace_back();
    map.text.emplace_back();
    map.small_text.emplace_back();
    for (const int64_t count : counts[r]) {
      const double share = n ? double(count) / double(n) : std::numeric_limits<double>::quiet_NaN();
      map.values.back().push_back(share);
      map.text.back().push_back(fmt::format("{}", count));
      map.small_text.back().push_back(n ? fmt::format("{:.1f}%", 100 * share) : "");
    }
  }
  return map;
}

Drawing draw_heat_map(const HeatMap& map, const std::string& alt) {
  const Layout layout(map);
  Drawing drawing;
  drawing.figure.width = layout.width();
  drawing.figure.height = layout.height();
  drawing.figure.pixels_per_unit = kPixelsPerPoint;
  drawing.figure.alt = alt.empty() ? map.title : alt;
  drawing.figure.draw = [layout](cairo_t* cr) { layout.draw(cr); };
  drawing.csv = csv_line({"row", "column", "value", "text", "small_text"});
  for (size_t r = 0; r < map.rows.size(); ++r)
    for (size_t c = 0; c < map.columns.size(); ++c)
      drawing.csv += csv_line({map.rows[r],
                               map.columns[c],
                               csv_number(map.values[r][c]),
                               map.text[r][c],
                               map.small_text.empty() ? "" : map.small_text[r][c]});
  return drawing;
}

}  // namespace hepatica::draw
