#include "draw/plot_area.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "draw/palette.h"

namespace hepatica::draw {
namespace {

constexpr double kSample = 18, kSampleGap = 5, kPadding = 4, kLeading = 1.5, kClear = 3;

LayoutPtr legend_text(const LegendEntry& entry) { return make_text(entry.text, {kLegendText}); }

bool has_sample(const LegendEntry& e) { return e.line || e.band || e.box || e.marker != Marker::none; }

void draw_sample(cairo_t* cr, const LegendEntry& e, double x, double middle) {
  if (e.band) fill_rectangle(cr, {x, middle - 3.5, kSample, 7}, tint(e.colour, 0.25));
  if (e.box) fill_rectangle(cr, {x + 5, middle - 3.5, 7, 7}, e.colour);
  if (e.line) {
    const double dashes[] = {3.5, 2.2};
    if (e.dashed) cairo_set_dash(cr, dashes, 2, 0);
    stroke_line(cr, {x, middle}, {x + kSample, middle}, kStroke, e.colour);
    cairo_set_dash(cr, nullptr, 0, 0);
  }
  draw_marker(cr, e.marker, {x + kSample / 2, middle}, 4.5, e.colour);
}

}  // namespace

void fill_paper(cairo_t* cr, double width, double height) { fill_rectangle(cr, {0, 0, width, height}, kPaper); }

void fill_rectangle(cairo_t* cr, const Rectangle& r, const Colour& colour) {
  set_source(cr, colour);
  cairo_rectangle(cr, r.x, r.y, r.width, r.height);
  cairo_fill(cr);
}

void stroke_line(cairo_t* cr, const Point& from, const Point& to, double width, const Colour& colour) {
  set_source(cr, colour);
  cairo_set_line_width(cr, width);
  cairo_move_to(cr, from.x, from.y);
  cairo_line_to(cr, to.x, to.y);
  cairo_stroke(cr);
}

void centre_text(cairo_t* cr, const LayoutPtr& text, const Point& at, const Colour& colour, bool upwards) {
  cairo_save(cr);
  cairo_translate(cr, at.x, at.y);
  if (upwards) cairo_rotate(cr, -std::numbers::pi / 2);
  draw_text(cr, text, -text_width(text) / 2, -text_height(text) / 2, colour);
  cairo_restore(cr);
}

void draw_marker(cairo_t* cr, Marker marker, const Point& at, double diameter, const Colour& colour) {
  const double r = diameter / 2;
  set_source(cr, colour);
  cairo_new_path(cr);
  switch (marker) {
    case Marker::none:
      return;
    case Marker::circle:
      cairo_arc(cr, at.x, at.y, r, 0, 2 * std::numbers::pi);
      break;
    case Marker::square:
      cairo_rectangle(cr, at.x - 0.88 * r, at.y - 0.88 * r, 1.76 * r, 1.76 * r);
      break;
    case Marker::triangle:
      cairo_move_to(cr, at.x, at.y - 1.2 * r);
      cairo_line_to(cr, at.x + 1.1 * r, at.y + 0.75 * r);
      cairo_line_to(cr, at.x - 1.1 * r, at.y + 0.75 * r);
      break;
    case Marker::diamond:
      cairo_move_to(cr, at.x, at.y - 1.25 * r);
      cairo_line_to(cr, at.x + 1.25 * r, at.y);
      cairo_line_to(cr, at.x, at.y + 1.25 * r);
      cairo_line_to(cr, at.x - 1.25 * r, at.y);
      break;
    case Marker::plus:
      stroke_line(cr, {at.x - r, at.y}, {at.x + r, at.y}, 0.9, colour);
      stroke_line(cr, {at.x, at.y - r}, {at.x, at.y + r}, 0.9, colour);
      return;
  }
  cairo_fill(cr);
}

double tick_text_width(const std::vector<Tick>& ticks) {
  double width = 0;
  for (const Tick& tick : ticks) width = std::max(width, text_width(make_text(tick.text, {kTickText})));
  return width;
}

void draw_x_axis(cairo_t* cr, const Rectangle& area, const Scale& scale, const std::vector<Tick>& ticks) {
  stroke_line(cr, {area.x - kThin / 2, area.bottom()}, {area.right(), area.bottom()}, kThin, kInk);
  for (const Tick& tick : ticks) {
    const double x = area.x + area.width * scale.position(tick.value);
    stroke_line(cr, {x, area.bottom()}, {x, area.bottom() + kTickLength}, kThin, kInk);
    const LayoutPtr text = make_text(tick.text, {kTickText});
    draw_text(cr, text, x - text_width(text) / 2, area.bottom() + kTickLength + 1, kInk);
  }
}

void draw_y_axis(cairo_t* cr, const Rectangle& area, const Scale& scale, const std::vector<Tick>& ticks) {
  stroke_line(cr, {area.x, area.y}, {area.x, area.bottom()}, kThin, kInk);
  for (const Tick& tick : ticks) {
    const double y = area.bottom() - area.height * scale.position(tick.value);
    stroke_line(cr, {area.x - kTickLength, y}, {area.x, y}, kThin, kInk);
    const LayoutPtr text = make_text(tick.text, {kTickText});
    draw_text(cr, text, area.x - kTickLength - 2 - text_width(text), y - text_height(text) / 2, kInk);
  }
}

Legend make_legend(const std::vector<LegendEntry>& entries) {
  Legend legend{entries, 0, 0};
  if (entries.empty()) return legend;
  for (const LegendEntry& entry : entries) {
    const LayoutPtr text = legend_text(entry);
    legend.width = std::max(legend.width, text_width(text) + (has_sample(entry) ? kSample + kSampleGap : 0));
    legend.height += text_height(text) + kLeading;
  }
  legend.width += 2 * kPadding;
  legend.height += 2 * kPadding - kLeading;
  return legend;
}

void draw_legend(cairo_t* cr, const Legend& legend, const Point& corner) {
  if (legend.entries.empty()) return;
  fill_rectangle(cr, {corner.x, corner.y, legend.width, legend.height}, {1, 1, 1, 0.85});
  double y = corner.y + kPadding;
  for (const LegendEntry& entry : legend.entries) {
    const LayoutPtr text = legend_text(entry);
    const double x = corner.x + kPadding, height = text_height(text);
    if (has_sample(entry)) draw_sample(cr, entry, x, y + height / 2);
    draw_text(cr, text, x + (has_sample(entry) ? kSample + kSampleGap : 0), y, kInk);
    y += height + kLeading;
  }
}

std::optional<Point> free_place(const Rectangle& area, const Legend& legend, const std::vector<Point>& data) {
  const double room_x = area.width - legend.width - 2 * kClear, room_y = area.height - legend.height - 2 * kClear;
  if (room_x < 0 || room_y < 0) return std::nullopt;
  std::optional<Point> best;
  double best_distance = 0;
  constexpr int kSteps = 24;
  for (int i = 0; i <= kSteps; ++i)
    for (int j = 0; j <= kSteps; ++j) {
      const Rectangle box{
          area.x + kClear + room_x * i / kSteps, area.y + kClear + room_y * j / kSteps, legend.width, legend.height};
      const double distance =
          std::hypot(room_x * std::min(i, kSteps - i) / kSteps, room_y * std::min(j, kSteps - j) / kSteps);
      if (best && distance >= best_distance) continue;
      if (std::any_of(data.begin(), data.end(), [&](const Point& p) { return box.holds(p, kClear); })) continue;
      best = Point{box.x, box.y};
      best_distance = distance;
    }
  return best;
}

}  // namespace hepatica::draw
