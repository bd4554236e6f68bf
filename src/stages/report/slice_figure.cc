#include "stages/report/slice_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stages/report/words.h"

namespace hepatica::report {
using namespace draw;
namespace {

constexpr double kHeatPixelsPerUnit = 0.5;  // the map is smooth
constexpr double kTextSize = 10;
constexpr Colour kWhite = rgb(0xffffff);
constexpr Colour kShade{0, 0, 0, 0.75};
constexpr Colour kLiverColour = rgb(0x4fe0b0);
constexpr Colour kBoxColour = rgb(0xffc233);

/// Weights of the four samples around a place between the second and the third, `t` in 0..1 (Catmull-Rom spline).
std::array<double, 4> catmull_rom(double t) {
  return {0.5 * t * (-1 + t * (2 - t)),
          0.5 * (2 + t * t * (3 * t - 5)),
          0.5 * t * (1 + t * (4 - 3 * t)),
          0.5 * t * t * (t - 1)};
}

/// The same for the uniform cubic B-spline, which never overshoots.
std::array<double, 4> b_spline(double t) {
  const double s = 1 - t;
  return {s * s * s / 6, (4 - 6 * t * t + 3 * t * t * t) / 6, (4 - 6 * s * s + 3 * s * s * s) / 6, t * t * t / 6};
}

/// HU at continuous index (i, j) of slice k; `outside` beyond the slice.
double hu_at(const Volume<int16_t>& hu, int64_t k, double i, double j, double outside) {
  if (i < -0.5 || j < -0.5 || i > double(hu.nx()) - 0.5 || j > double(hu.ny()) - 0.5) return outside;
  const double low_i = std::floor(i), low_j = std::floor(j);
  const auto wi = catmull_rom(i - low_i), wj = catmull_rom(j - low_j);
  double sum = 0;
  for (int b = 0; b < 4; ++b)
    for (int a = 0; a < 4; ++a) {
      const int64_t x = std::clamp<int64_t>(int64_t(low_i) + a - 1, 0, hu.nx() - 1);
      const int64_t y = std::clamp<int64_t>(int64_t(low_j) + b - 1, 0, hu.ny() - 1);
      sum += wi[size_t(a)] * wj[size_t(b)] * hu.at(x, y, k);
    }
  return sum;
}

/// Calls colour(screen mm) for each pixel of a picture of `region` and gives the picture (premultiplied ARGB).
template <class ColourAt>
SurfacePtr raster(cairo_format_t format, const ScreenBox& region, double columns, const ColourAt& colour) {
  const int nx = std::max(1, int(std::lround(columns)));
  const int ny = std::max(1, int(std::lround(nx * region.height / region.width)));
  SurfacePtr surface(cairo_image_surface_create(format, nx, ny));
  cairo_surface_flush(surface.get());
  unsigned char* data = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < ny; ++y) {
    auto* row = reinterpret_cast<uint32_t*>(data + ptrdiff_t(y) * stride);
    for (int x = 0; x < nx; ++x)
      row[x] = colour(ScreenPoint{region.x + (x + 0.5) * region.width / nx, region.y + (y + 0.5) * region.height / ny});
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

uint32_t packed(const Colour& c) {
  const auto byte = [](double v) { return uint32_t(std::lround(255 * std::clamp(v, 0.0, 1.0))); };
  return byte(c.alpha) << 24 | byte(c.red * c.alpha) << 16 | byte(c.green * c.alpha) << 8 | byte(c.blue * c.alpha);
}

SurfacePtr grey_raster(const SlicePicture& picture, const SliceView& view, double columns) {
  const double low = picture.level - 0.5 * picture.width;
  return raster(CAIRO_FORMAT_RGB24, picture.region, columns, [&](const ScreenPoint& point) {
    const ScreenPoint pixel = view.pixel_from_screen(point);
    const double hu = hu_at(*picture.hu, picture.slice, pixel.x - 0.5, pixel.y - 0.5, low);
    const auto grey = uint32_t(std::lround(255 * std::clamp((hu - low) / picture.width, 0.0, 1.0)));
    return grey << 16 | grey << 8 | grey;
  });
}

double heat_alpha(double value) { return 0.72 * std::clamp((value - 0.12) / 0.5, 0.0, 1.0); }

SurfacePtr heat_raster(const SlicePicture& picture, const SliceView& view, double figure_width) {
  const ActivationField field(*picture.activation);
  const Box2& crop = picture.activation->crop;
  return raster(CAIRO_FORMAT_ARGB32,
                picture.region,
                figure_width * kHeatPixelsPerUnit,
                [&](const ScreenPoint& point) -> uint32_t {
                  const ScreenPoint pixel = view.pixel_from_screen(point);
                  const double u = (pixel.x - crop.x0) / crop.width(), v = (pixel.y - crop.y0) / crop.height();
                  if (u < 0 || v < 0 || u > 1 || v > 1) return 0;
                  const double value = field.at(u, v);
                  Colour colour = heat_colour(value);
                  colour.alpha = heat_alpha(value);
                  return packed(colour);
                });
}

void paint(cairo_t* cr, const SurfacePtr& image, double width, double height) {
  cairo_save(cr);
  cairo_scale(
      cr, width / cairo_image_surface_get_width(image.get()), height / cairo_image_surface_get_height(image.get()));
  cairo_set_source_surface(cr, image.get(), 0, 0);
  cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_GOOD);
  cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
  cairo_rectangle(cr, 0, 0, cairo_image_surface_get_width(image.get()), cairo_image_surface_get_height(image.get()));
  cairo_fill(cr);
  cairo_restore(cr);
}

/// Text with a dark seam, readable on any grey. (x, y) is the upper left, upper middle or upper right corner by
/// style.align.
void label(cairo_t* cr, const std::string& text, double x, double y, TextStyle style) {
  const Align align = style.align;
  style.align = Align::left;
  const LayoutPtr layout = make_text(text, style);
  const double shift = align == Align::left ? 0 : align == Align::center ? 0.5 : 1;
  const double left = x - shift * text_width(layout);
  cairo_move_to(cr, left, y);
  pango_cairo_layout_path(cr, layout.get());
  set_source(cr, kShade);
  cairo_set_line_width(cr, 2.2);
  cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
  cairo_stroke(cr);
  draw_text(cr, layout, left, y, style.colour);
}

/// Twice the same path: a dark seam below, the colour above.
template <class Path>
void seamed_stroke(cairo_t* cr, const Colour& colour, double width, const Path& path) {
  path();
  set_source(cr, {0, 0, 0, 0.5});
  cairo_set_line_width(cr, width + 1);
  cairo_stroke(cr);
  path();
  set_source(cr, colour);
  cairo_set_line_width(cr, width);
  cairo_stroke(cr);
}

/// Screen mm to units of the figure.
struct Frame {
  ScreenBox region;
  double scale;
  double x(double mm) const { return (mm - region.x) * scale; }
  double y(double mm) const { return (mm - region.y) * scale; }
};

void draw_outline(cairo_t* cr, const Frame& frame, const std::vector<ScreenLine>& lines) {
  cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
  set_source(cr, kLiverColour);
  cairo_set_line_width(cr, 1.1);
  for (const auto& [from, to] : lines) {
    cairo_move_to(cr, frame.x(from.x), frame.y(from.y));
    cairo_line_to(cr, frame.x(to.x), frame.y(to.y));
  }
  cairo_stroke(cr);
}

void draw_boxes(cairo_t* cr, const Frame& frame, const SliceView& view, const std::vector<MarkedBox>& boxes) {
  for (const MarkedBox& marked : boxes) {
    const ScreenBox box = view.screen_from_pixels(marked.box);
    const double x = frame.x(box.x), y = frame.y(box.y);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_MITER);
    seamed_stroke(
        cr, kBoxColour, 1.4, [&] { cairo_rectangle(cr, x, y, box.width * frame.scale, box.height * frame.scale); });
    if (marked.lesion <= 0) continue;
    const double right = x + box.width * frame.scale + 3, limit = frame.region.width * frame.scale - 2 * kTextSize;
    label(
        cr, std::to_string(marked.lesion), std::min(right, limit), std::max(1.0, y - 5), {kTextSize, true, kBoxColour});
  }
}

void draw_scale_bar(cairo_t* cr, const Frame& frame, double width, double height) {
  const double length_mm = scale_bar_mm(frame.region.width), length = length_mm * frame.scale;
  const double right = width - 9, left = right - length, y = height - 9;
  seamed_stroke(cr, kWhite, 1.3, [&] {
    cairo_move_to(cr, left, y);
    cairo_line_to(cr, right, y);
    for (double mm = 0; mm <= length_mm + 1e-6; mm += 10) {
      cairo_move_to(cr, left + mm * frame.scale, y - (mm == 0 || mm > length_mm - 1 ? 5 : 3));
      cairo_line_to(cr, left + mm * frame.scale, y);
    }
  });
  label(cr,
        fmt::format("{:.0f} cm", length_mm / 10),
        0.5 * (left + right),
        y - 20,
        {kTextSize, false, kWhite, Align::center});
}

void draw_colour_bar(cairo_t* cr, double width, double height) {
  const double bar = 7, x = width - 9 - bar, y0 = 0.1 * height, y1 = 0.37 * height;
  cairo_pattern_t* gradient = cairo_pattern_create_linear(0, y1, 0, y0);
  for (int s = 0; s <= 16; ++s) {
    const Colour c = heat_colour(s / 16.0);
    cairo_pattern_add_color_stop_rgb(gradient, s / 16.0, c.red, c.green, c.blue);
  }
  cairo_rectangle(cr, x, y0, bar, y1 - y0);
  cairo_set_source(cr, gradient);
  cairo_fill_preserve(cr);
  cairo_pattern_destroy(gradient);
  set_source(cr, kWhite);
  cairo_set_line_width(cr, 0.6);
  cairo_stroke(cr);
  label(cr, "high", x + bar, y0 - 15, {kTextSize - 1, false, kWhite, Align::right});
  label(cr, "low", x + bar, y1 + 2, {kTextSize - 1, false, kWhite, Align::right});
}

void draw_labels(cairo_t* cr, const SlicePicture& picture, const SliceView& view, double width, double height) {
  const auto letters = view.letters();
  const auto letter = [](char c) { return std::string(1, c); };
  const TextStyle plain{kTextSize, false, kWhite}, strong{kTextSize, true, kWhite};
  const double middle = 0.5 * height - 0.7 * kTextSize;
  label(cr, letter(letters[0]), 6, middle, strong);
  label(cr, letter(letters[1]), width - 6, middle, {kTextSize, true, kWhite, Align::right});
  label(cr, letter(letters[2]), 0.5 * width, 4, {kTextSize, true, kWhite, Align::center});
  label(cr, letter(letters[3]), 0.5 * width, height - 18, {kTextSize, true, kWhite, Align::center});
  label(cr, picture.title, 7, 4, strong);
  label(cr, fmt::format("{} mm", number(view.position_mm(), 1)), 7, height - 31, plain);
  label(cr, fmt::format("slice {}/{}", picture.slice + 1, picture.hu->nz()), 7, height - 18, plain);
}

void draw_slice(cairo_t* cr, const SlicePicture& picture, double pixels_per_unit, double width, double height) {
  const SliceView view(picture.hu->geometry(), picture.slice);
  const Frame frame{picture.region, width / picture.region.width};
  cairo_save(cr);
  cairo_rectangle(cr, 0, 0, width, height);
  cairo_clip(cr);
  cairo_set_source_rgb(cr, 0, 0, 0);
  cairo_paint(cr);
  paint(cr, grey_raster(picture, view, width * pixels_per_unit), width, height);
  if (picture.activation) paint(cr, heat_raster(picture, view, width), width, height);
  if (picture.liver && !picture.liver->empty()) draw_outline(cr, frame, outline(*picture.liver, view));
  draw_boxes(cr, frame, view, picture.boxes);
  draw_labels(cr, picture, view, width, height);
  draw_scale_bar(cr, frame, width, height);
  if (picture.activation) draw_colour_bar(cr, width, height);
  cairo_restore(cr);
}

}  // namespace

Figure slice_figure(const SlicePicture& picture, double figure_width, double pixels_per_unit) {
  Figure figure;
  figure.pixels_per_unit = pixels_per_unit;
  figure.width = figure_width;
  figure.height = std::round(figure_width * picture.region.height / picture.region.width);
  figure.draw = [picture, pixels_per_unit, width = figure.width, height = figure.height](cairo_t* cr) {
    draw_slice(cr, picture, pixels_per_unit, width, height);
  };
  return figure;
}

Colour heat_colour(double value) {
  static constexpr std::array<unsigned, 7> kStops{0x10082c, 0x4a0c6b, 0x8f2469, 0xcf4446, 0xf2771a, 0xfbb61a, 0xfcffa4};
  const double place = std::clamp(value, 0.0, 1.0) * double(kStops.size() - 1);
  const size_t low = std::min(size_t(place), kStops.size() - 2);
  const double t = place - double(low);
  const Colour a = rgb(kStops[low]), b = rgb(kStops[low + 1]);
  return {a.red + t * (b.red - a.red), a.green + t * (b.green - a.green), a.blue + t * (b.blue - a.blue), 1};
}

ActivationField::ActivationField(const ImagePrediction& prediction)
    : rows_(prediction.activation_rows), columns_(prediction.activation_columns), values_(prediction.activation) {
  if (values_.empty()) return;
  const auto [low, high] = std::minmax_element(values_.begin(), values_.end());
  const float offset = *low, range = *high - *low;
  for (float& value : values_) value = range > 0 ? (value - offset) / range : 0.0f;
}

double ActivationField::cell(int64_t row, int64_t column) const {
  row = std::clamp<int64_t>(row, 0, rows_ - 1);
  column = std::clamp<int64_t>(column, 0, columns_ - 1);
  return double(values_[size_t(row * columns_ + column)]);
}

double ActivationField::at(double u, double v) const {
  if (values_.empty()) return 0;
  const double x = u * double(columns_) - 0.5, y = v * double(rows_) - 0.5;
  const double low_x = std::floor(x), low_y = std::floor(y);
  const auto wx = b_spline(x - low_x), wy = b_spline(y - low_y);
  double sum = 0;
  for (int b = 0; b < 4; ++b)
    for (int a = 0; a < 4; ++a)
      sum += wx[size_t(a)] * wy[size_t(b)] * cell(int64_t(low_y) + b - 1, int64_t(low_x) + a - 1);
  return sum;
}

double scale_bar_mm(double visible_mm) {
  double best = 10;
  for (const double length : {20.0, 50.0})
    if (length <= 0.4 * visible_mm) best = length;
  return best;
}

}  // namespace hepatica::report
