#include <cairo-pdf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "stages/report/column_widths.h"
#include "stages/report/content.h"
#include "stages/report/report.h"
#include "stages/report/words.h"

namespace hepatica {
namespace report {
using namespace draw;
namespace {

// Points, 1/72 inch.
constexpr double kPageWidth = 595.28, kPageHeight = 841.89;
constexpr double kMargin = 44, kTop = 58, kBottom = kPageHeight - 52;
constexpr double kContentWidth = kPageWidth - 2 * kMargin;
constexpr double kGap = 6;
constexpr double kCellGap = 8, kTableText = 7.5, kBarText = 8.5;

constexpr Colour kInk = rgb(0x1d2733), kSoft = rgb(0x5b6876), kLine = rgb(0xd9dfe5), kTrack = rgb(0xe9edf1);
constexpr Colour kBarDark = rgb(0x2a3947), kWhite = rgb(0xffffff);

struct TonePaint {
  Colour strong, wash;
};

TonePaint paint_of(Tone tone) {
  switch (tone) {
    case Tone::malignant:
      return {rgb(0xb0412e), rgb(0xfbf2f0)};
    case Tone::benign:
      return {rgb(0x2c7a86), rgb(0xeff6f7)};
    case Tone::caution:
      return {rgb(0x8a6410), rgb(0xfdf7e8)};
    case Tone::neutral:
      break;
  }
  return {rgb(0x3c5872), rgb(0xf2f5f8)};
}

void fill_box(cairo_t* cr, double x, double y, double width, double height, const Colour& colour) {
  cairo_rectangle(cr, x, y, width, height);
  set_source(cr, colour);
  cairo_fill(cr);
}

void rule(cairo_t* cr, double x, double y, double width, double thickness, const Colour& colour) {
  fill_box(cr, x, y - 0.5 * thickness, width, thickness, colour);
}

/// Places blocks one below the other and breaks pages; draws when all pages are known.
class PdfWriter {
 public:
  PdfWriter() : pages_(1) {}

  void operator()(const Heading& heading) {
    const LayoutPtr text = make_text(heading.text, {13, true}, kContentWidth);
    need(text_height(text) + 20 + following_);  // a heading does not stand alone at the foot of a page
    if (y_ > kTop) y_ += 10;
    place(text, kMargin, kInk);
    y_ += text_height(text) + 3;
    draw([y = y_](cairo_t* cr) { rule(cr, kMargin, y, kContentWidth, 0.7, kLine); });
    y_ += 7;
  }

  void operator()(const Paragraph& paragraph) {
    const LayoutPtr text = paragraph_text(paragraph);
    need(text_height(text));
    place(text, kMargin, kSoft);
    y_ += text_height(text) + kGap;
  }

  void operator()(const Headline& headline) {
    const TonePaint paint = paint_of(headline.tone);
    const double inner = kContentWidth - 28;
    std::vector<LayoutPtr> lines{make_text(headline.title, {18, true}, inner)};
    for (const std::string& line : headline.details) lines.push_back(make_text(line, {9.5}, inner));
    boxed(lines, paint.wash, paint.strong, paint.strong);
  }

  void operator()(const Note& note) {
    std::vector<LayoutPtr> lines{make_text(note.title, {9.5, true}, kContentWidth - 28)};
    for (const std::string& line : note.lines) lines.push_back(make_text("\u2022 " + line, {8.5}, kContentWidth - 28));
    const TonePaint paint = paint_of(note.tone);
    boxed(lines, paint.wash, rgb(0xc08a15), paint.strong);
  }

  void operator()(const Facts& facts) {
    caption(facts.caption, 40);
    constexpr double kNameWidth = 96;
    for (const auto& [name, value] : facts.rows) {
      const LayoutPtr left = make_text(name, {8.5}, kNameWidth - 6);
      const LayoutPtr right = make_text(value, {8.5}, kContentWidth - kNameWidth);
      const double height = std::max(text_height(left), text_height(right)) + 4;
      need(height);
      place(left, kMargin, kSoft);
      place(right, kMargin + kNameWidth, kInk);
      end_row(height);
    }
    y_ += kGap;
  }

  void operator()(const Table& table) {
    const auto widths = column_widths(table, kContentWidth, kTableText, kCellGap);
    caption(table.caption, 50);
    draw_header(table, widths);
    for (const auto& row : table.rows) {
      const auto cells = row_layouts(table, row, widths);
      const double height = row_height(cells) + 4;
      if (need(height)) draw_header(table, widths);
      place_row(cells, widths, kInk);
      end_row(height);
    }
    y_ += kGap;
  }

  void operator()(const Bars& bars) {
    constexpr double kColumnGap = 26, kRowHeight = 15;
    size_t rows = 0;
    for (const BarGroup& group : bars.groups) rows = std::max(rows, group.bars.size());
    need(16 + double(rows) * kRowHeight);
    const double width = (kContentWidth - kColumnGap * double(bars.groups.size() - 1)) / double(bars.groups.size());
    double x = kMargin;
    for (const BarGroup& group : bars.groups) {
      place(make_text(group.caption, {9, true}), x, kInk);
      const double labels = label_width(group, 0.6 * width);
      for (size_t n = 0; n < group.bars.size(); ++n)
        place_bar(group.bars[n], x, y_ + 16 + double(n) * kRowHeight, width, labels);
      x += width + kColumnGap;
    }
    y_ += 16 + double(rows) * kRowHeight + kGap;
  }

  void operator()(const Pictures& pictures) {
    bool first = true;
    for (const auto& row : pictures.rows) {
      const double title_height = first && !pictures.title.empty() ? kPicturesTitle : 0;
      need(title_height + figures_height(row));
      if (title_height > 0) {
        const LayoutPtr title = make_text(pictures.title, {10, true});
        place(title, kMargin, kInk);
        place(make_text(pictures.detail, {9}), kMargin + text_width(title) + 9, kSoft, 0.8);
        y_ += title_height;
      }
      place_figures(row);
      first = false;
    }
  }

  void blocks(const std::vector<ReportBlock>& all) {
    for (size_t n = 0; n < all.size(); ++n) {
      following_ = height_after({all.begin() + long(n) + 1, all.end()});
      std::visit(*this, all[n]);
    }
  }

  /// Draws all pages with header and footer.
  void finish(cairo_surface_t* surface, const ReportDocument& document) const {
    const ContextPtr cr(cairo_create(surface));
    for (size_t n = 0; n < pages_.size(); ++n) {
      draw_frame(cr.get(), document, n);
      for (const auto& command : pages_[n]) command(cr.get());
      cairo_show_page(cr.get());
    }
  }

  void title(const ReportDocument& document) {
    const LayoutPtr text = make_text(document.title, {20, true}, kContentWidth);
    place(text, kMargin, kInk);
    y_ += text_height(text) + 1;
    const LayoutPtr subject = make_text(document.subject, {9.5}, kContentWidth);
    place(subject, kMargin, kSoft);
    y_ += text_height(subject) + 9;
  }

 private:
  using Command = std::function<void(cairo_t*)>;

  void draw(Command command) { pages_.back().push_back(std::move(command)); }

  /// Starts a page where `height` does not fit on this one; says whether it did.
  bool need(double height) {
    if (y_ + height <= kBottom || y_ <= kTop) return false;
    pages_.emplace_back();
    y_ = kTop;
    return true;
  }

  void place(const LayoutPtr& text, double x, const Colour& colour, double lower = 0) {
    draw([=, y = y_ + lower](cairo_t* cr) { draw_text(cr, text, x, y, colour); });
  }

  void end_row(double height) {
    y_ += height;
    draw([y = y_](cairo_t* cr) { rule(cr, kMargin, y, kContentWidth, 0.5, kLine); });
    y_ += 2.5;
  }

  void caption(const std::string& text, double with_following) {
    need(16 + with_following);
    place(make_text(text, {9, true}), kMargin, kInk);
    y_ += 16;
  }

  /// Lines on a wash with a bar at the left, on one page where a third of it holds them.
  void boxed(const std::vector<LayoutPtr>& lines, const Colour& wash, const Colour& bar, const Colour& first_colour) {
    constexpr double kPad = 8;
    double whole = 2 * kPad;
    for (const LayoutPtr& line : lines) whole += text_height(line) + 2;
    need(std::min(whole, (kBottom - kTop) / 3));
    size_t n = 0;
    while (n < lines.size()) {
      need(2 * kPad + text_height(lines[n]));
      size_t end = n;
      double height = 2 * kPad;
      while (end < lines.size() && (end == n || y_ + height + text_height(lines[end]) + 2 <= kBottom))
        height += text_height(lines[end++]) + 2;
      draw([=, y = y_](cairo_t* cr) {
        fill_box(cr, kMargin, y, kContentWidth, height, wash);
        fill_box(cr, kMargin, y, 4, height, bar);
      });
      double line_y = y_ + kPad;
      for (; n < end; ++n) {
        draw([text = lines[n], line_y, colour = n == 0 ? first_colour : kInk](cairo_t* cr) {
          draw_text(cr, text, kMargin + 16, line_y, colour);
        });
        line_y += text_height(lines[n]) + 2;
      }
      y_ += height + 8;
    }
  }

  static std::vector<LayoutPtr> row_layouts(const Table& table,
                                            const std::vector<Cell>& row,
                                            const std::vector<double>& widths) {
    std::vector<LayoutPtr> cells;
    for (size_t c = 0; c < row.size(); ++c)
      cells.push_back(make_text(row[c].text,
                                {kTableText, row[c].strong, {}, table.columns[c].numeric ? Align::right : Align::left},
                                widths[c] - kCellGap));
    return cells;
  }

  static double row_height(const std::vector<LayoutPtr>& cells) {
    double height = 0;
    for (const LayoutPtr& cell : cells) height = std::max(height, text_height(cell));
    return height;
  }

  void place_row(const std::vector<LayoutPtr>& cells, const std::vector<double>& widths, const Colour& colour) {
    double x = kMargin;
    for (size_t c = 0; c < cells.size(); ++c) {
      place(cells[c], x, colour);
      x += widths[c];
    }
  }

  void draw_header(const Table& table, const std::vector<double>& widths) {
    std::vector<Cell> titles;
    for (const Column& column : table.columns) titles.push_back({column.title, true});
    const auto cells = row_layouts(table, titles, widths);
    const double height = row_height(cells);
    place_row(cells, widths, kSoft);
    y_ += height + 3;
    draw([y = y_](cairo_t* cr) { rule(cr, kMargin, y, kContentWidth, 0.9, rgb(0xaeb8c2)); });
    y_ += 3;
  }

  /// What the longest label needs on one line, a gap after it; at most `most`.
  static double label_width(const BarGroup& group, double most) {
    constexpr double kLeast = 62, kAfter = 6;
    double width = kLeast;
    for (const Bar& bar : group.bars)
      width = std::max(width, text_width(make_text(bar.label, {kBarText, bar.strong})) + kAfter);
    return std::min(width, most);
  }

  void place_bar(const Bar& bar, double x, double y, double width, double labels) {
    constexpr double kValue = 32;
    const LayoutPtr label = make_text(bar.label, {kBarText, bar.strong}, labels);
    const LayoutPtr value = make_text(percent(bar.probability), {kBarText, bar.strong, {}, Align::right}, kValue);
    const double track = width - labels - kValue - 4;
    const double p = std::isfinite(bar.probability) ? std::clamp(bar.probability, 0.0, 1.0) : 0;
    draw([=, colour = paint_of(bar.tone).strong](cairo_t* cr) {
      draw_text(cr, label, x, y, kInk);
      fill_box(cr, x + labels, y + 1.5, track, 8, kTrack);
      fill_box(cr, x + labels, y + 1.5, track * p, 8, colour);
      draw_text(cr, value, x + width - kValue, y, kInk);
    });
  }

  static LayoutPtr paragraph_text(const Paragraph& paragraph) { return make_text(paragraph.text, {8}, kContentWidth); }

  /// Of what must follow a heading on its page: its paragraphs and the start of what comes after them.
  static double height_after(std::span<const ReportBlock> blocks) {
    double height = 0;
    for (const ReportBlock& block : blocks) {
      const auto* paragraph = std::get_if<Paragraph>(&block);
      if (!paragraph) return height + least_height(block);
      height += text_height(paragraph_text(*paragraph)) + kGap;
    }
    return height;
  }

  static double least_height(const ReportBlock& block) {
    const auto* pictures = std::get_if<Pictures>(&block);
    if (!pictures || pictures->rows.empty()) return 100;
    return (pictures->title.empty() ? 0 : kPicturesTitle) + figures_height(pictures->rows.front());
  }

  static double figures_scale(const std::vector<Figure>& row) {
    double width = 0;
    for (const Figure& figure : row) width += figure.width;
    const double fitting = (kContentWidth - kGap * double(row.size() - 1)) / width;
    return std::min(fitting, kLargestFigureScale);
  }

  static double figures_height(const std::vector<Figure>& row) {
    double height = 0;
    for (const Figure& figure : row) {
      const double text =
          figure.caption.empty() ? 0 : text_height(make_text(figure.caption, {7.5}, figure.width * figures_scale(row)));
      height = std::max(height, figure.height * figures_scale(row) + text + 2);
    }
    return height + kGap;
  }

  void place_figures(const std::vector<Figure>& row) {
    const double scale = figures_scale(row), height = figures_height(row);
    double x = kMargin;
    for (const Figure& figure : row) {
      draw([x, y = y_, scale, paint = figure.draw](cairo_t* cr) {
        cairo_save(cr);
        cairo_translate(cr, x, y);
        cairo_scale(cr, scale, scale);
        paint(cr);
        cairo_restore(cr);
      });
      if (!figure.caption.empty())
        place(make_text(figure.caption, {7.5}, figure.width * scale), x, kSoft, figure.height * scale + 2);
      x += figure.width * scale + kGap;
    }
    y_ += height;
  }

  void draw_frame(cairo_t* cr, const ReportDocument& document, size_t page) const {
    fill_box(cr, 0, 0, kPageWidth, 24, kBarDark);
    const LayoutPtr disclaimer = make_text(kDisclaimer, {9.5, true, {}, Align::center}, kPageWidth);
    draw_text(cr, disclaimer, 0, 0.5 * (24 - text_height(disclaimer)), kWhite);
    const double y = kPageHeight - 40;
    rule(cr, kMargin, y - 4, kContentWidth, 0.5, kLine);
    draw_text(cr, make_text(document.subject, {8}, 0.62 * kContentWidth), kMargin, y, kSoft);
    const std::string right = fmt::format("{} \u00b7 page {} of {}", document.program, page + 1, pages_.size());
    draw_text(cr,
              make_text(right, {8, false, {}, Align::right}, 0.36 * kContentWidth),
              kMargin + 0.64 * kContentWidth,
              y,
              kSoft);
    draw_text(cr, make_text(kDisclaimer, {8, true, {}, Align::center}, kContentWidth), kMargin, y + 13, kSoft);
  }

  static constexpr double kLargestFigureScale = 0.78, kPicturesTitle = 18;

  std::vector<std::vector<Command>> pages_;
  double y_ = kTop;
  double following_ = 0;  // height that must stay with a heading
};

void set_metadata(cairo_surface_t* surface, const ReportDocument& document) {
  const auto set = [&](cairo_pdf_metadata_t key, const std::string& text) {
    cairo_pdf_surface_set_metadata(surface, key, valid_utf8(text).c_str());
  };
  set(CAIRO_PDF_METADATA_TITLE, document.title + " \u2013 " + document.subject);
  set(CAIRO_PDF_METADATA_SUBJECT, kDisclaimer);
  set(CAIRO_PDF_METADATA_CREATOR, document.program);
  set(CAIRO_PDF_METADATA_CREATE_DATE, document.created_utc);
  set(CAIRO_PDF_METADATA_MOD_DATE, document.created_utc);
}

}  // namespace
}  // namespace report

void write_report_pdf(const ReportInput& input, const fs::path& path) {
  using namespace report;
  const ReportDocument document = report_document(input);
  PdfWriter writer;
  writer.title(document);
  writer.blocks(document.blocks);

  std::string bytes;
  const auto append = [](void* target, const unsigned char* data, unsigned length) {
    static_cast<std::string*>(target)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
  };
  const SurfacePtr surface(cairo_pdf_surface_create_for_stream(append, &bytes, kPageWidth, kPageHeight));
  set_metadata(surface.get(), document);
  writer.finish(surface.get(), document);
  cairo_surface_finish(surface.get());
  const cairo_status_t status = cairo_surface_status(surface.get());
  if (status != CAIRO_STATUS_SUCCESS)
    throw Error(ErrorCode::internal,
                fmt::format("the PDF report could not be drawn: {}", cairo_status_to_string(status)));
  write_file(path, bytes);
}

}  // namespace hepatica
