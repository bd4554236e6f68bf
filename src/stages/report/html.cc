#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stages/report/content.h"
#include "stages/report/html_text.h"
#include "stages/report/report.h"
#include "stages/report/words.h"

namespace hepatica {
namespace report {
using namespace draw;
namespace {

constexpr char kStyle[] = R"css(
:root{--ink:#1d2733;--soft:#5b6876;--line:#d9dfe5;--page:#f3f5f7;--malignant:#b0412e;--benign:#2c7a86;--neutral:#3c5872;--caution:#8a6410}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
.sheet{max-width:1080px;margin:0 auto;background:#fff;padding:0 36px 28px;box-shadow:0 0 18px rgba(29,39,51,.08)}
.disclaimer{margin:0 -36px;padding:7px 36px;background:#2a3947;color:#fff;font-weight:600;font-size:14px;text-align:center;letter-spacing:.01em}
header{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:2px 24px;padding:22px 0 14px}
h1{font-size:24px;margin:0;letter-spacing:-.01em}
header p{margin:0;color:var(--soft);font-size:14px}
h2{font-size:18px;margin:34px 0 10px;padding-bottom:5px;border-bottom:1px solid var(--line)}
h3{font-size:16px;margin:22px 0 8px}
h3 span{font-weight:400;color:var(--soft);margin-left:10px}
p{margin:8px 0;max-width:82ch}
p.explain{max-width:110ch;color:var(--soft);font-size:13.5px}
.headline{border-left:6px solid var(--neutral);background:#f2f5f8;padding:14px 20px;border-radius:3px}
.headline p{margin:2px 0;overflow-wrap:anywhere}
.headline p.title{font-size:25px;font-weight:650;line-height:1.25;color:var(--neutral)}
.headline.malignant{border-color:var(--malignant);background:#fbf2f0}.headline.malignant .title{color:var(--malignant)}
.headline.benign{border-color:var(--benign);background:#eff6f7}.headline.benign .title{color:var(--benign)}
.headline.caution,.note{border-color:#c08a15;background:#fdf7e8}.headline.caution .title{color:var(--caution)}
.note{border-left:6px solid #c08a15;padding:10px 20px;border-radius:3px;margin:18px 0}
.note ul{margin:4px 0;padding-left:20px}.note li{overflow-wrap:anywhere}.note strong{color:var(--caution)}
.scroll{overflow-x:auto;margin:14px 0}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:0 0 5px}
th,td{padding:5px 12px 5px 0;white-space:nowrap;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;font-size:13px;border-bottom:1.5px solid #aeb8c2;vertical-align:bottom}
td.n,th.n{text-align:right;padding-right:14px}
td.long,.facts td{white-space:normal;overflow-wrap:anywhere}td.long{min-width:11em}
.facts th{width:11em;color:var(--soft);font-weight:500;white-space:nowrap}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(290px,1fr));gap:6px 40px;align-items:start}
.bars td,.bars th{border:0;padding:3px 0;vertical-align:middle}
.bars th{font-weight:400;width:7.2em;padding-right:.6em}.bars .chosen th,.bars .chosen td{font-weight:650}
.bars td.p{width:3.8em;text-align:right}
.track{height:14px;background:#e9edf1;border-radius:2px;overflow:hidden}
.fill{height:100%;background:var(--neutral)}.fill.malignant{background:var(--malignant)}.fill.benign{background:var(--benign)}
.figures{display:flex;flex-wrap:wrap;gap:10px;margin:8px 0 14px;align-items:flex-start}
figure{margin:0;min-width:0}
figure img{display:block;width:100%;height:auto;background:#000;border-radius:3px}
figcaption{font-size:13px;color:var(--soft);padding-top:3px}
footer{margin-top:34px;color:var(--soft);font-size:13px}
footer+.disclaimer{margin-top:10px}
@media(max-width:640px){.sheet{padding:0 16px 20px}.disclaimer{margin:0 -16px;padding:7px 16px}.headline p.title{font-size:21px}figure{flex:1 1 100%!important}.facts th{width:8.5em;white-space:normal}}
@media print{body{background:#fff;font-size:11pt}.sheet{max-width:none;box-shadow:none;padding:0}.disclaimer{margin:0}figure,.headline,.note,tr,.bars{break-inside:avoid}h2,h3{break-after:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";

std::string_view tone_class(Tone tone) {
  switch (tone) {
    case Tone::benign:
      return "benign";
    case Tone::malignant:
      return "malignant";
    case Tone::caution:
      return "caution";
    case Tone::neutral:
      break;
  }
  return "neutral";
}

/// Appends one block to a page.
class HtmlWriter {
 public:
  void operator()(const Heading& heading) { html_ += fmt::format("<h2>{}</h2>\n", escape_html(heading.text)); }

  void operator()(const Paragraph& paragraph) {
    html_ += fmt::format("<p class=\"explain\">{}</p>\n", escape_html(paragraph.text));
  }

  void operator()(const Headline& headline) {
    html_ += fmt::format("<section class=\"headline {}\" aria-label=\"Result\">\n<p class=\"title\">{}</p>\n",
                         tone_class(headline.tone),
                         escape_html(headline.title));
    for (const std::string& line : headline.details) html_ += fmt::format("<p>{}</p>\n", escape_html(line));
    html_ += "</section>\n";
  }

  void operator()(const Facts& facts) {
    html_ += fmt::format("<div class=\"scroll\"><table class=\"facts\"><caption>{}</caption><tbody>\n",
                         escape_html(facts.caption));
    for (const auto& [name, value] : facts.rows)
      html_ += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escape_html(name), escape_html(value));
    html_ += "</tbody></table></div>\n";
  }

  void operator()(const Table& table) {
    html_ += fmt::format("<div class=\"scroll\"><table><caption>{}</caption>\n<thead><tr>", escape_html(table.caption));
    for (const Column& column : table.columns)
      html_ +=
          fmt::format("<th scope=\"col\"{}>{}</th>", column.numeric ? " class=\"n\"" : "", escape_html(column.title));
    html_ += "</tr></thead>\n<tbody>\n";
    for (const auto& row : table.rows) {
      html_ += "<tr>";
      for (size_t c = 0; c < row.size(); ++c) html_ += cell(row[c], table.columns[c]);
      html_ += "</tr>\n";
    }
    html_ += "</tbody></table></div>\n";
  }

  void operator()(const Bars& bars) {
    html_ += "<div class=\"pair\">\n";
    for (const BarGroup& group : bars.groups) {
      html_ += fmt::format("<table class=\"bars\"><caption>{}</caption><tbody>\n", escape_html(group.caption));
      for (const Bar& bar : group.bars) append_bar(bar);
      html_ += "</tbody></table>\n";
    }
    html_ += "</div>\n";
  }

  void operator()(const Note& note) {
    html_ += fmt::format("<section class=\"note\"><strong>{}</strong><ul>\n", escape_html(note.title));
    for (const std::string& line : note.lines) html_ += fmt::format("<li>{}</li>\n", escape_html(line));
    html_ += "</ul></section>\n";
  }

  void operator()(const Pictures& pictures) {
    if (!pictures.title.empty())
      html_ += fmt::format("<h3>{}<span>{}</span></h3>\n", escape_html(pictures.title), escape_html(pictures.detail));
    for (const auto& row : pictures.rows) {
      html_ += "<div class=\"figures\">\n";
      for (const Figure& figure : row) append_figure(figure);
      html_ += "</div>\n";
    }
  }

  std::string take() { return std::move(html_); }

 private:
  static std::string cell(const Cell& cell, const Column& column) {
    const std::string text = escape_html(cell.text);
    const bool is_long = column.weight >= 2 && !column.numeric;
    return fmt::format("<td{}>{}</td>",
                       column.numeric ? " class=\"n\""
                       : is_long      ? " class=\"long\""
                                      : "",
                       cell.strong ? "<strong>" + text + "</strong>" : text);
  }

  void append_bar(const Bar& bar) {
    const double width = std::isfinite(bar.probability) ? 100 * std::clamp(bar.probability, 0.0, 1.0) : 0;
    html_ += fmt::format(
        "<tr{}><th scope=\"row\">{}</th><td><div class=\"track\" aria-hidden=\"true\"><div class=\"fill {}\" "
        "style=\"width:{:.1f}%\"></div></div></td><td class=\"p\">{}</td></tr>\n",
        bar.strong ? " class=\"chosen\"" : "",
        escape_html(bar.label),
        tone_class(bar.tone),
        width,
        escape_html(percent(bar.probability)));
  }

  void append_figure(const Figure& figure) {
    const double grow = figure.width / figure.height;
    html_ += fmt::format(
        "<figure style=\"flex:{:.3f} 1 0\"><img alt=\"{}\" width=\"{:.0f}\" height=\"{:.0f}\" "
        "src=\"data:image/png;base64,{}\">",
        grow,
        escape_html(figure.alt),
        figure.width * figure.pixels_per_unit,
        figure.height * figure.pixels_per_unit,
        base64(png_of(figure)));
    if (!figure.caption.empty()) html_ += fmt::format("<figcaption>{}</figcaption>", escape_html(figure.caption));
    html_ += "</figure>\n";
  }

  std::string html_;
};

}  // namespace

}  // namespace report

std::string report_html(const ReportInput& input) {
  using namespace report;
  const ReportDocument document = report_document(input);
  HtmlWriter writer;
  for (const ReportBlock& block : document.blocks) std::visit(writer, block);
  const std::string disclaimer = fmt::format("<div class=\"disclaimer\" role=\"note\">{}</div>\n", kDisclaimer);
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
      "'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += fmt::format("<title>{} \u2013 {}</title>\n<style>{}</style>\n</head>\n<body>\n<div class=\"sheet\">\n",
                      document.title,
                      escape_html(document.subject),
                      kStyle);
  html += disclaimer;
  html += fmt::format("<header><h1>{}</h1><p>{}</p></header>\n<main>\n", document.title, escape_html(document.subject));
  html += writer.take();
  html += fmt::format(
      "</main>\n<footer>{} \u00b7 {}</footer>\n", escape_html(document.program), escape_html(document.created_utc));
  html += disclaimer + "</div>\n</body>\n</html>\n";
  return html;
}

}  // namespace hepatica
