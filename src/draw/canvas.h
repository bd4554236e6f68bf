// Cairo and pango with owners, and the few drawing helpers that pictures, pages and charts share.
#pragma once

#include <cairo.h>
#include <pango/pangocairo.h>

#include <functional>
#include <memory>
#include <string>

namespace hepatica::draw {

struct SurfaceDeleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
struct ContextDeleter {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
struct LayoutDeleter {
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
};
using SurfacePtr = std::unique_ptr<cairo_surface_t, SurfaceDeleter>;
using ContextPtr = std::unique_ptr<cairo_t, ContextDeleter>;
using LayoutPtr = std::shared_ptr<PangoLayout>;

/// 0..1 each.
struct Colour {
  double red = 0, green = 0, blue = 0, alpha = 1;
};
void set_source(cairo_t* cr, const Colour& colour);
/// From 0xRRGGBB.
constexpr Colour rgb(unsigned hex) {
  return {double(hex >> 16 & 255) / 255, double(hex >> 8 & 255) / 255, double(hex & 255) / 255, 1};
}

enum class Align { left, center, right };

struct TextStyle {
  double size = 9;  ///< in units of the drawing
  bool bold = false;
  Colour colour{};
  Align align = Align::left;
};

/// Thread-safe. Text set in at most `width` units (unbounded where <= 0), measured the same on every surface. Chinese,
/// Japanese and Korean fall back to Noto Sans CJK. Invalid UTF-8 is replaced.
LayoutPtr make_text(const std::string& text, const TextStyle& style, double width = 0);
double text_width(const LayoutPtr& layout);
double text_height(const LayoutPtr& layout);
/// The layout with its upper left corner at (x, y).
void draw_text(cairo_t* cr, const LayoutPtr& layout, double x, double y, const Colour& colour);

/// A picture that is drawn when asked for, at any scale: into PNG, SVG, PDF or a part of a page with the same code.
struct Figure {
  double width = 0, height = 0;        ///< in units of the drawing
  double pixels_per_unit = 2;          ///< of its PNG
  std::function<void(cairo_t*)> draw;  ///< within [0, width] x [0, height]
  std::string alt;                     ///< what it shows, for those who cannot see it
  std::string caption;
};

/// The figure as a file's bytes; the same figure gives the same bytes. A unit is a point (1/72 inch) in SVG and PDF.
/// `alt` becomes the title of the SVG and of the PDF.
std::string png_of(const Figure& figure);
std::string svg_of(const Figure& figure);
std::string pdf_of(const Figure& figure);

/// `text` with what is not UTF-8 replaced by U+FFFD.
std::string valid_utf8(const std::string& text);

}  // namespace hepatica::draw
