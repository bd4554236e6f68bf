#include "evaluate/reader_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "draw/heat_map.h"
#include "draw/xy_chart.h"
#include "evaluate/reader_cases.h"
#include "stats/roc.h"

namespace hepatica {
namespace {

constexpr size_t kColumns = 3;

std::string p_text(const stats::Test& test) {
  if (!test.p) return "";
  if (*test.p < 0.001) return ", P < .001";
  const std::string digits = fmt::format("{:.3f}", *test.p);
  return ", P = " + (digits[0] == '0' ? digits.substr(1) : digits);
}

std::string where(const std::string& level, const std::string& modality) {
  std::string text = level;
  if (!modality.empty()) text += (text.empty() ? "" : ", ") + modality;
  return text;
}

draw::Drawing matrix_of(const ReaderAgreement& one, const std::string& ai) {
  const int64_t counts[2][2] = {{one.counts.both, one.counts.only_first}, {one.counts.only_second, one.counts.neither}};
  draw::HeatMap map;
  const std::string of = where(one.level, one.modality);
  map.title = one.reader + p_text(one.exact);
  map.rows_label = ai;
  map.columns_label = one.reader + (of.empty() ? "" : " (" + of + ")");
  map.rows = map.columns = {"Right", "Wrong"};
  for (const auto& row : counts) {
    map.values.emplace_back();
    map.text.emplace_back();
    map.small_text.emplace_back();
    for (const int64_t count : row) {
      const double share = one.counts.n() > 0 ? double(count) / double(one.counts.n()) : 0;
      map.values.back().push_back(share);
      map.text.back().push_back(fmt::format("{}", count));
      map.small_text.back().push_back(fmt::format("{:.1f}%", 100 * share));
    }
  }
  return draw::draw_heat_map(map,
                             fmt::format("Of {} cases {} and {} were both right on {}, only {} on {}, only {} on {}, "
                                         "neither on {}",
                                         one.counts.n(),
                                         ai,
                                         one.reader,
                                         one.counts.both,
                                         ai,
                                         one.counts.only_first,
                                         one.reader,
                                         one.counts.only_second,
                                         one.counts.neither));
}

/// Sensitivity and false positive rate of a score for a class; nothing where one is not defined.
std::optional<std::pair<double, double>> point_of(const ReaderScore& score, const std::string& of_class) {
  std::optional<double> sensitivity, specificity;
  for (const stats::NamedEstimate& named : score.estimates) {
    if (named.name == of_class + ":sensitivity") sensitivity = named.estimate.value;
    if (named.name == of_class + ":specificity") specificity = named.estimate.value;
  }
  if (!sensitivity || !specificity) return std::nullopt;
  return std::make_pair(1 - *specificity, *sensitivity);
}

/// The method's curve, with two classes and confidences.
std::optional<draw::Series> curve_of(const ReaderCases& study, const std::string& name) {
  std::vector<double> ratings;
  std::vector<uint8_t> is_positive;
  for (const size_t i : study.complete({study.modalities()[0]}, {*study.ai()})) {
    const auto rating = study.rating(*study.reading(study.modalities()[0], *study.ai(), i));
    if (!rating) return std::nullopt;
    ratings.push_back(*rating);
    is_positive.push_back(size_t(study.table().truth[i]) == study.positive());
  }
  const auto positives = size_t(std::count(is_positive.begin(), is_positive.end(), uint8_t(1)));
  if (positives == 0 || positives == is_positive.size()) return std::nullopt;
  draw::Series series;
  const stats::Estimate auc = stats::auc_delong(ratings, is_positive);
  series.name = auc.lower ? fmt::format("{}, AUC {:.2f} ({:.2f} to {:.2f})", name, *auc.value, *auc.lower, *auc.upper)
                          : fmt::format("{}, AUC {:.2f}", name, *auc.value);
  series.colour = 0;
  for (const stats::RocPoint& point : stats::roc_curve(ratings, is_positive)) {
    series.x.push_back(1 - point.specificity);
    series.y.push_back(point.sensitivity);
  }
  return series;
}

draw::Drawing panel_of(const ReaderStudyResult& result,
                       const ReaderCases& study,
                       const ReaderStudyOptions& options,
                       const std::string& of_class) {
  constexpr draw::Marker kMarkers[] = {
      draw::Marker::circle, draw::Marker::triangle, draw::Marker::square, draw::Marker::plus};
  draw::XyChart chart;
  chart.title = study.binary() ? "" : of_class;
  chart.x = {"1 \u2212 specificity", 0.0, 1.0};
  chart.y = {"Sensitivity", 0.0, 1.0};
  chart.series.push_back(draw::guide_line(0, 0, 1, 1));
  std::optional<draw::Series> curve;
  if (study.ai() && study.binary()) curve = curve_of(study, options.ai);
  if (curve) chart.series.push_back(*curve);
  std::map<std::string, size_t> groups, levels, modalities;
  for (const ReaderScore& score : result.scores) {
    const auto point = point_of(score, of_class);
    if (score.reader.empty() || !point) continue;
    const bool method = score.reader == options.ai;
    const std::string of = where(score.level, score.modality);
    const std::string name = method       ? (curve ? options.ai + ", its threshold" : options.ai)
                             : of.empty() ? std::string("Readers")
                                          : "Readers, " + of;
    const auto [at, added] = groups.emplace(name, chart.series.size());
    // The colour tells the level, the marker the modality.
    if (added) {
      const size_t colour = 1 + levels.emplace(score.level, levels.size()).first->second;
      const size_t marker = modalities.emplace(score.modality, modalities.size()).first->second;
      draw::Series series;
      series.name = name;
      series.line = false;
      series.marker = method ? draw::Marker::diamond : kMarkers[marker % std::size(kMarkers)];
      series.colour = method ? 0 : colour;
      chart.series.push_back(series);
    }
    draw::Series& series = chart.series[at->second];
    if (method && !added) continue;
    series.x.push_back(point->first);
    series.y.push_back(point->second);
  }
  return draw::draw_xy(chart,
                       fmt::format("Sensitivity and specificity of each reader for {}{}",
                                   of_class,
                                   study.ai() ? ", with those of " + options.ai : ""));
}

}  // namespace

std::optional<draw::Drawing> agreement_figure(const ReaderStudyResult& result, const std::string& ai) {
  if (result.agreement.empty()) return std::nullopt;
  std::vector<draw::Drawing> panels;
  for (const ReaderAgreement& one : result.agreement) panels.push_back(matrix_of(one, ai));
  if (panels.size() == 1) return panels[0];
  return draw::sheet(panels, std::min(kColumns, panels.size()));
}

draw::Drawing readers_roc_figure(const ReaderStudyResult& result,
                                 const ReadingTable& table,
                                 const ReaderStudyOptions& options) {
  const ReaderCases study(table, options);
  if (study.binary()) return panel_of(result, study, options, table.classes[study.positive()]);
  std::vector<draw::Drawing> panels;
  for (const std::string& of_class : table.classes) panels.push_back(panel_of(result, study, options, of_class));
  return draw::sheet(panels, kColumns);
}

}  // namespace hepatica
