#include "evaluate/features.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <map>

#include "base/error.h"
#include "draw/xy_chart.h"

namespace hepatica {
namespace {

constexpr size_t kMostFaults = 10;

std::vector<size_t> feature_columns(const CsvTable& table) {
  std::vector<size_t> columns;
  while (const auto column = table.find(fmt::format("f{}", columns.size()))) columns.push_back(*column);
  if (columns.empty())
    throw Error(ErrorCode::bad_manifest, table.file + ": there is no column f0; name the features f0, f1, f2, ...");
  return columns;
}

}  // namespace

FeatureTable features_from_table(const CsvTable& table) {
  const size_t id = table.column("case_id"), truth = table.column("truth");
  const std::vector<size_t> columns = feature_columns(table);
  FeatureTable features;
  features.dimensions = columns.size();
  std::vector<std::string> faults;
  for (const auto& row : table.rows) {
    features.case_ids.push_back(row.cells[id]);
    features.truth.push_back(row.cells[truth]);
    for (const size_t column : columns) {
      const std::string& text = row.cells[column];
      double value = 0;
      const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
      if ((problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) &&
          faults.size() < kMostFaults)
        faults.push_back(fmt::format("{}: {} is '{}', not a finite number; correct the cell or leave the row out",
                                     table.where(row),
                                     table.header[column],
                                     text));
      features.values.push_back(value);
    }
  }
  if (!faults.empty()) throw Error(ErrorCode::bad_manifest, fmt::format("{}", fmt::join(faults, "\n")));
  return features;
}

FeatureTable read_features(const fs::path& file) { return features_from_table(read_csv(file)); }

std::vector<std::array<double, 2>> embed_features(const FeatureTable& table, const stats::TsneOptions& options) {
  std::vector<double> scaled = table.values;
  const size_t n = table.case_ids.size(), dimensions = table.dimensions;
  for (size_t d = 0; d < dimensions; ++d) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; ++i) sum += scaled[i * dimensions + d];
    const double mean = sum / double(n);
    for (size_t i = 0; i < n; ++i) squares += std::pow(scaled[i * dimensions + d] - mean, 2);
    const double deviation = std::sqrt(squares / double(n));
    for (size_t i = 0; i < n; ++i)
      scaled[i * dimensions + d] = deviation > 0 ? (scaled[i * dimensions + d] - mean) / deviation : 0;
  }
  return stats::tsne(scaled, dimensions, options);
}

std::string embedding_csv(const FeatureTable& table, const std::vector<std::array<double, 2>>& places) {
  std::string csv = csv_line({"case_id", "truth", "x", "y"});
  for (size_t i = 0; i < places.size(); ++i)
    csv +=
        csv_line({table.case_ids[i], table.truth[i], draw::csv_number(places[i][0]), draw::csv_number(places[i][1])});
  return csv;
}

draw::Drawing embedding_figure(const FeatureTable& table, const std::vector<std::array<double, 2>>& places) {
  draw::XyChart chart;
  chart.title = "t-SNE of features";
  chart.x.label = "t-SNE 1";
  chart.y.label = "t-SNE 2";
  chart.x.ticks = chart.y.ticks = false;
  constexpr draw::Marker kMarkers[] = {
      draw::Marker::circle, draw::Marker::triangle, draw::Marker::square, draw::Marker::diamond};
  std::map<std::string, draw::Series> series;
  for (size_t i = 0; i < places.size(); ++i) {
    draw::Series& one = series[table.truth[i]];
    one.x.push_back(places[i][0]);
    one.y.push_back(places[i][1]);
    one.size.push_back(places.size() > 300 ? 2.4 : 3.6);
  }
  for (auto& [name, one] : series) {
    one.name = fmt::format("{} (n = {})", name, one.x.size());
    one.line = false;
    one.marker = kMarkers[chart.series.size() % std::size(kMarkers)];
    chart.series.push_back(one);
  }
  return draw_xy(chart, fmt::format("Features of {} cases placed by t-SNE, coloured by reference", places.size()));
}

}  // namespace hepatica
