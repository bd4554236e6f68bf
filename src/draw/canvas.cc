#include "draw/canvas.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include <cctype>
#include <cmath>
#include <map>

#include "base/error.h"

namespace hepatica::draw {
namespace {

constexpr char kFamilies[] = "Noto Sans CJK SC, Noto Sans, DejaVu Sans, sans-serif";
constexpr float kLineSpacing = 0.88f;  // Noto Sans CJK asks for 1.45 em, too loose for tables

struct ContextOwner {
  void operator()(PangoContext* context) const { g_object_unref(context); }
};

/// One font map a thread, as pango asks for; without hinting, so that a line breaks at the same place on every surface.
PangoContext* text_context() {
  thread_local const std::unique_ptr<PangoContext, ContextOwner> kContext = [] {
    PangoFontMap* map = pango_cairo_font_map_new();
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map), 72);
    std::unique_ptr<PangoContext, ContextOwner> context(pango_font_map_create_context(map));
    g_object_unref(map);
    cairo_font_options_t* options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context.get(), options);
    cairo_font_options_destroy(options);
    pango_context_set_language(context.get(), pango_language_from_string("en"));
    pango_context_set_round_glyph_positions(context.get(), FALSE);
    return context;
  }();
  return kContext.get();
}

cairo_status_t append_bytes(void* target, const unsigned char* data, unsigned length) {
  static_cast<std::string*>(target)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

void require_success(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS)
    throw Error(ErrorCode::internal, std::string("a figure could not be drawn: ") + cairo_status_to_string(status));
}

/// Cairo numbers its surfaces over the whole run; here they are numbered anew, so that a figure's bytes are its own.
std::string with_own_numbers(const std::string& svg) {
  constexpr std::string_view kWord = "surface";
  std::string text;
  std::map<std::string, size_t> numbers;
  size_t done = 0;
  for (size_t at = svg.find(kWord); at != std::string::npos; at = svg.find(kWord, done)) {
    size_t end = at + kWord.size();
    while (end < svg.size() && std::isdigit(static_cast<unsigned char>(svg[end]))) ++end;
    text.append(svg, done, at - done).append(kWord);
    const std::string number = svg.substr(at + kWord.size(), end - at - kWord.size());
    if (!number.empty()) text += std::to_string(numbers.emplace(number, numbers.size() + 1).first->second);
    done = end;
  }
  return text.append(svg, done);
}

std::string escaped(const std::string& text) {
  char* markup = g_markup_escape_text(text.c_str(), -1);
  std::string result(markup);
  g_free(markup);
  return result;
}

void finish(const SurfacePtr& surface, const ContextPtr& cr) {
  require_success(cairo_status(cr.get()));
  cairo_surface_finish(surface.get());
  require_success(cairo_surface_status(surface.get()));
}

}  // namespace

void set_source(cairo_t* cr, const Colour& colour) {
  cairo_set_source_rgba(cr, colour.red, colour.green, colour.blue, colour.alpha);
}

std::string valid_utf8(const std::string& text) {
  char* valid = g_utf8_make_valid(text.data(), gssize(text.size()));
  std::string result(valid);
  g_free(valid);
  return result;
}

LayoutPtr make_text(const std::string& text, const TextStyle& style, double width) {
  LayoutPtr layout(pango_layout_new(text_context()), LayoutDeleter{});
  PangoFontDescription* font = pango_font_description_new();
  pango_font_description_set_family(font, kFamilies);
  pango_font_description_set_absolute_size(font, style.size * PANGO_SCALE);
  pango_font_description_set_weight(font, style.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description(layout.get(), font);
  pango_font_description_free(font);
  pango_layout_set_line_spacing(layout.get(), kLineSpacing);
  if (width > 0) {
    pango_layout_set_width(layout.get(), int(std::lround(width * PANGO_SCALE)));
    pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  }
  pango_layout_set_alignment(layout.get(),
                             style.align == Align::left     ? PANGO_ALIGN_LEFT
                             : style.align == Align::center ? PANGO_ALIGN_CENTER
                                                            : PANGO_ALIGN_RIGHT);
  // Without it the Chinese font sets quotes, dots and the times sign in the width of an ideograph.
  PangoAttrList* attributes = pango_attr_list_new();
  pango_attr_list_insert(attributes, pango_attr_font_features_new("pwid=1"));
  pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));  // a broken hash must not gain any
  pango_layout_set_attributes(layout.get(), attributes);
  pango_attr_list_unref(attributes);
  const std::string valid = valid_utf8(text);
  pango_layout_set_text(layout.get(), valid.data(), int(valid.size()));
  return layout;
}

double text_width(const LayoutPtr& layout) {
  int width = 0;
  pango_layout_get_size(layout.get(), &width, nullptr);
  return double(width) / PANGO_SCALE;
}

double text_height(const LayoutPtr& layout) {
  int height = 0;
  pango_layout_get_size(layout.get(), nullptr, &height);
  return double(height) / PANGO_SCALE;
}

void draw_text(cairo_t* cr, const LayoutPtr& layout, double x, double y, const Colour& colour) {
  set_source(cr, colour);
  cairo_move_to(cr, x, y);
  pango_cairo_show_layout(cr, layout.get());
}

std::string png_of(const Figure& figure) {
  const double scale = figure.pixels_per_unit;
  const SurfacePtr surface(cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, int(std::lround(figure.width * scale)), int(std::lround(figure.height * scale))));
  const ContextPtr cr(cairo_create(surface.get()));
  cairo_scale(cr.get(), scale, scale);
  figure.draw(cr.get());
  std::string bytes;
  require_success(cairo_status(cr.get()));
  require_success(cairo_surface_write_to_png_stream(surface.get(), append_bytes, &bytes));
  return bytes;
}

std::string svg_of(const Figure& figure) {
  std::string bytes;
  const SurfacePtr surface(cairo_svg_surface_create_for_stream(append_bytes, &bytes, figure.width, figure.height));
  const ContextPtr cr(cairo_create(surface.get()));
  figure.draw(cr.get());
  finish(surface, cr);
  std::string svg = with_own_numbers(bytes);
  const size_t root = svg.find("<svg"), inside = svg.find('>', root);
  if (!figure.alt.empty() && root != std::string::npos && inside != std::string::npos)
    svg.insert(inside + 1, "\n<title>" + escaped(valid_utf8(figure.alt)) + "</title>");
  return svg;
}

std::string pdf_of(const Figure& figure) {
  std::string bytes;
  const SurfacePtr surface(cairo_pdf_surface_create_for_stream(append_bytes, &bytes, figure.width, figure.height));
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE, valid_utf8(figure.alt).c_str());
  // Without a date of its own the file would hold the time of drawing.
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
  const ContextPtr cr(cairo_create(surface.get()));
  figure.draw(cr.get());
  cairo_show_page(cr.get());
  finish(surface, cr);
  return bytes;
}

}  // namespace hepatica::draw
