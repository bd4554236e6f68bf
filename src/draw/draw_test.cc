// Charts: axes, determinism of every format, the legend's place, the numbers behind a figure.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/csv.h"
#include "base/files.h"
#include "draw/bar_chart.h"
#include "draw/forest_plot.h"
#include "draw/heat_map.h"
#include "draw/plot_area.h"
#include "draw/xy_chart.h"

namespace hepatica::draw {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> texts(const Axis& axis, double low, double high) {
  std::vector<std::string> result;
  for (const Tick& tick : ticks_of(axis, scale_of(axis, low, high))) result.push_back(tick.text);
  return result;
}

TEST(Axis, TicksAreRoundAndToldApart) {
  EXPECT_EQ(texts({}, 0, 1), (std::vector<std::string>{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(texts({}, -3, 3000), (std::vector<std::string>{"\u22121,000", "0", "1,000", "2,000", "3,000"}));
  Axis percent;
  percent.percent = true;
  EXPECT_EQ(texts(percent, 0, 1), (std::vector<std::string>{"0", "20", "40", "60", "80", "100"}));
  Axis ratio;
  ratio.logarithmic = true;
  EXPECT_EQ(texts(ratio, 0.1, 10), (std::vector<std::string>{"0.1", "0.2", "0.5", "1", "2", "5", "10"}));
}

TEST(Axis, NeverEmptyWhateverTheData) {
  for (const auto& [low, high] : std::vector<std::pair<double, double>>{
           {1, 1}, {0, 0}, {kNaN, kNaN}, {std::numeric_limits<double>::infinity(), -1}, {-1e9, -1e9}}) {
    const Scale scale = scale_of({}, low, high);
    EXPECT_LT(scale.low, scale.high);
    EXPECT_FALSE(ticks_of({}, scale).empty());
  }
  EXPECT_EQ((Scale{0.1, 10, true}.position(0)), -1);
  EXPECT_NEAR((Scale{0.1, 10, true}.position(1)), 0.5, 1e-12);
}

/// A chart of every element.
XyChart everything() {
  XyChart chart;
  chart.title = "ROC";
  chart.x = {"1 \u2212 specificity", 0.0, 1.0};
  chart.y = {"Sensitivity", 0.0, 1.0};
  Series curve;
  curve.name = "Malignant, AUC 0.93 (0.90 to 0.96)";
  Series points;
  points.name = "Readers";
  points.line = false;
  points.marker = Marker::circle;
  for (int i = 0; i <= 20; ++i) {
    const double x = i / 20.0, y = std::pow(x, 0.15);
    curve.x.push_back(x);
    curve.y.push_back(y);
    curve.lower.push_back(std::max(0.0, y - 0.05));
    curve.upper.push_back(std::min(1.0, y + 0.05));
  }
  points.x = {0.1, 0.2, kNaN};
  points.y = {0.6, 0.8, 0.5};
  chart.series = {guide_line(0, 0, 1, 1), curve, points, ellipse("95% region", 0.3, 0.8, 0.004, 0.002, 0.004, 2.4477)};
  chart.counts = {{0, 0.5, 10, {}}, {0.5, 1, 1200, {}}};
  chart.table_title = "Number at risk";
  chart.table = {{"Low risk", {0, 0.5, 1}, {"120", "80", "12"}, 0}};
  chart.notes = {"P = .01"};
  return chart;
}

TEST(Drawing, SameFigureSameBytesInEveryFormat) {
  const Drawing one = draw_xy(everything()), other = draw_xy(everything());
  EXPECT_EQ(svg_of(one.figure), svg_of(other.figure));
  EXPECT_EQ(pdf_of(one.figure), pdf_of(other.figure));
  EXPECT_EQ(png_of(one.figure), png_of(other.figure));
  EXPECT_NE(svg_of(one.figure).find("<title>ROC</title>"), std::string::npos);
  EXPECT_TRUE(pdf_of(one.figure).starts_with("%PDF"));
}

TEST(Drawing, CsvHoldsWhatIsShown) {
  const CsvTable table = parse_csv(draw_xy(everything()).csv, "figure");
  EXPECT_EQ(table.header, (std::vector<std::string>{"series", "x", "y", "lower", "upper"}));
  EXPECT_EQ(table.rows.size(), 21 + 3 + 120 + 2 + 3u);
  EXPECT_EQ(table.rows[23].cells[1], "");  // a point that is no number
}

TEST(Drawing, FourFilesAreWritten) {
  const TemporaryFolder folder;
  const auto names = write_drawing(draw_xy(everything()), folder.path(), "roc");
  EXPECT_EQ(names, (std::vector<std::string>{"roc.svg", "roc.pdf", "roc.png", "roc.csv"}));
  for (const std::string& name : names) EXPECT_TRUE(fs::exists(folder.path() / name)) << name;
}

TEST(Legend, CoversNoPoint) {
  const Legend legend = make_legend({{"A rather long name of a series", {}, true}});
  const Rectangle area{0, 0, 200, 200};
  std::vector<Point> diagonal;
  for (int i = 0; i <= 200; ++i) diagonal.push_back({double(i), double(i)});
  const auto place = free_place(area, legend, diagonal);
  ASSERT_TRUE(place);
  const Rectangle box{place->x, place->y, legend.width, legend.height};
  for (const Point& point : diagonal) EXPECT_FALSE(box.holds(point, 0));
  std::vector<Point> full;
  for (int i = 0; i <= 200; i += 4)
    for (int j = 0; j <= 200; j += 4) full.push_back({double(i), double(j)});
  EXPECT_FALSE(free_place(area, legend, full));
}

TEST(HeatMap, EmptyRowHasNoShare) {
  const HeatMap map = counts_heat_map({"A", "B"}, {"A", "B"}, {{3, 1}, {0, 0}});
  EXPECT_EQ(map.text[0][0], "3");
  EXPECT_EQ(map.small_text[0][0], "75.0%");
  EXPECT_EQ(map.small_text[1][0], "");
  EXPECT_EQ(map.rows[1], "B (n = 0)");
  EXPECT_NE(draw_heat_map(map).csv.find("A (n = 4),A,0.75,3,75.0%"), std::string::npos);
}

TEST(Forest, RowsWithoutAnEstimateAreSaid) {
  ForestPlot plot;
  plot.column_titles = {"n"};
  plot.rows = {{ForestRow::Kind::heading, "Size", {}, {}, {}, {}, 1, ""},
               {ForestRow::Kind::estimate, "< 1 cm", {"4"}, 0.75, 0.3, 0.95, 4, ""},
               {ForestRow::Kind::estimate, "none", {"0"}, {}, {}, {}, 1, ""}};
  const Drawing drawing = draw_forest(plot);
  EXPECT_NE(drawing.csv.find("< 1 cm,4,0.75,0.3,0.95"), std::string::npos);
  EXPECT_EQ(svg_of(drawing.figure), svg_of(draw_forest(plot).figure));
}

TEST(Bars, MissingValueLeavesItsPlace) {
  BarChart chart;
  chart.groups = {"0.1", "0.3"};
  chart.series = {"Recall", "Precision"};
  chart.bars = {{{0.9, 0.8, 0.95}, {}}, {{0.7, {}, {}}, {0.6, 0.5, 0.7}}};
  EXPECT_NE(draw_bars(chart).csv.find("0.3,Recall,,,"), std::string::npos);
  EXPECT_EQ(pdf_of(draw_bars(chart).figure), pdf_of(draw_bars(chart).figure));
}

TEST(Sheet, NamesItsPanels) {
  const Drawing one = draw_xy(everything()), both = sheet({one, one}, 2);
  EXPECT_GT(both.figure.width, 2 * one.figure.width);
  EXPECT_NE(both.csv.find("panel b,ROC"), std::string::npos);
  EXPECT_EQ(png_of(both.figure), png_of(sheet({one, one}, 2).figure));
}

}  // namespace
}  // namespace hepatica::draw
