#include "evaluate/lilnet_style.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "draw/bar_chart.h"
#include "draw/heat_map.h"
#include "evaluate/evaluation_cases.h"
#include "evaluate/number_check.h"
#include "stats/proportion.h"

namespace hepatica {
namespace {

constexpr std::string_view kReader = "reader_";
const std::vector<std::string> kBands{"<1 cm", "1-3 cm", "3-5 cm", ">5 cm"};

/// The column of sizes; nothing where there is none.
const PredictionTable::Column* size_column(const PredictionTable& table) {
  for (const auto& column : table.columns)
    if (column.name == "size_mm" || column.name == "largest_mm") return &column;
  return nullptr;
}

/// Band of a size in mm; nothing for an empty cell.
std::optional<size_t> band_of(const std::string& text, const PredictionTable::Column& column, const std::string& file) {
  if (text.empty()) return std::nullopt;
  double mm = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), mm);
  if (problem != std::errc() || end != text.data() + text.size() || !(mm >= 0))
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: {} is '{}', not a size; give millimetres", file, column.name, text));
  return mm < 10 ? 0 : mm < 30 ? 1 : mm < 50 ? 2 : 3;
}

std::string percent(const stats::Estimate& e) {
  if (!e.value) return "none";
  if (!e.lower || !e.upper) return fmt::format("{:.1f}", 100 * *e.value);
  return fmt::format("{:.1f} ({:.1f} to {:.1f})", 100 * *e.value, 100 * *e.lower, 100 * *e.upper);
}

std::string cell_text(const SizeCell& cell) {
  return cell.n ? fmt::format("{:.1f}%/{}", 100 * *cell.accuracy.value, cell.n) : "none/0";
}

std::string markdown_row(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string size_markdown(const std::vector<SizeCell>& cells, const std::vector<std::string>& classes) {
  std::vector<std::string> header{"Acc/Num"};
  header.insert(header.end(), classes.begin(), classes.end());
  header.emplace_back("Average");
  std::string text = markdown_row(header) + markdown_row(std::vector<std::string>(header.size(), "---"));
  for (size_t at = 0; at < cells.size(); at += classes.size() + 1) {
    std::vector<std::string> row{cells[at].band};
    for (size_t c = 0; c <= classes.size(); ++c) row.push_back(cell_text(cells[at + c]));
    text += markdown_row(row);
  }
  return text;
}

DiagnosisRow row_of(const std::string& who,
                    stats::Predictions p,
                    const stats::Sampling& sampling,
                    const EvaluationOptions& options,
                    const LilnetStyleOptions& style) {
  const auto all = stats::estimate_all(p, sampling, {}, options.bootstrap);
  check_numbers(all);
  const std::string average = style.macro ? "macro_" : "weighted_";
  return {who,
          int64_t(p.size()),
          find_estimate(all, "accuracy"),
          find_estimate(all, average + "recall"),
          find_estimate(all, average + "precision")};
}

/// The readers' diagnoses in place of the model's.
stats::Predictions reader_predictions(const PredictionTable& table, const PredictionTable::Column& column) {
  stats::Predictions p = table.predictions;
  p.probability.clear();
  p.ranking.clear();
  for (size_t i = 0; i < p.size(); ++i) {
    const auto found = std::find(p.classes.begin(), p.classes.end(), column.values[i]);
    if (found == p.classes.end())
      throw Error(ErrorCode::bad_manifest,
                  fmt::format("{}: {} says '{}' for case '{}'; it is none of the classes {}",
                              table.file,
                              column.name,
                              column.values[i],
                              table.case_ids[i],
                              fmt::join(p.classes, ", ")));
    p.predicted[i] = int(found - p.classes.begin());
  }
  return p;
}

/// The cases of one level of a column, evaluated by themselves.
struct Part {
  std::string level;
  PredictionTable table;
  Evaluation evaluation;
};

/// Empty where there is no such column or it has one level.
std::vector<Part> parts_of(const PredictionTable& table, const std::string& name, const EvaluationOptions& options) {
  const auto column =
      std::find_if(table.columns.begin(), table.columns.end(), [&](const auto& one) { return one.name == name; });
  if (column == table.columns.end()) return {};
  EvaluationOptions whole = options;
  whole.strata = std::vector<std::string>{};
  std::vector<Part> parts;
  const std::vector<Stratum> levels = strata_of(*column);
  if (levels.size() < 2) return {};
  for (const Stratum& level : levels) {
    const PredictionTable part = subset(table, level.cases);
    parts.push_back({level.level, part, evaluate(part, whole)});
    check_numbers(parts.back().evaluation);
  }
  return parts;
}

/// Fig. 3: ROC and confusion matrix of each centre.
NamedDrawing centre_figure(const std::vector<Part>& centres, const EvaluationOptions& options) {
  std::vector<draw::Drawing> panels;
  for (const Part& centre : centres) {
    panels.push_back(
        roc_figure(centre.table, centre.evaluation, curves_of(centre.table, options), "ROC, " + centre.level));
    panels.push_back(confusion_figure(centre.table, centre.evaluation, "Confusion matrix, " + centre.level));
  }
  return {"fig3", draw::sheet(panels, 4)};
}

/// Fig. 4a-d: the metrics by phase, and the confusion matrix of each.
NamedDrawing phase_figure(const std::vector<Part>& phases, const LilnetStyleOptions& style) {
  const std::string average = style.macro ? "macro_" : "weighted_";
  const std::string auc = phases.front().evaluation.positive.empty() ? "auc_macro" : "auc";
  const std::vector<std::pair<std::string, std::string>> metrics{{"AUC", auc},
                                                                 {"ACC", "accuracy"},
                                                                 {"F1", average + "f1"},
                                                                 {"Recall", average + "recall"},
                                                                 {"Precision", average + "precision"}};
  draw::BarChart chart;
  chart.title = "By phase";
  chart.y.label = "Percent";
  chart.y.percent = true;
  chart.y.low = 0;
  chart.y.high = 1;
  for (const auto& [name, metric] : metrics) chart.groups.push_back(name);
  std::vector<draw::Drawing> panels;
  for (const Part& phase : phases) {
    chart.series.push_back(fmt::format("{} (n = {})", readable(phase.level), phase.evaluation.n));
    chart.bars.emplace_back();
    for (const auto& [name, metric] : metrics) {
      const stats::Estimate one = find_estimate(phase.evaluation.estimates, metric);
      chart.bars.back().push_back({one.value, one.lower, one.upper});
    }
    panels.push_back(confusion_figure(phase.table, phase.evaluation, readable(phase.level)));
  }
  panels.insert(panels.begin(), draw_bars(chart, "Metrics by phase"));
  return {"fig4", draw::sheet(panels, 2)};
}

}  // namespace

std::vector<SizeCell> size_table(const PredictionTable& table, double confidence) {
  const PredictionTable::Column* column = size_column(table);
  if (!column) return {};
  const auto& p = table.predictions;
  std::vector<std::optional<size_t>> bands;
  for (const std::string& size : column->values) bands.push_back(band_of(size, *column, table.file));
  std::vector<SizeCell> cells;
  for (size_t band = 0; band < kBands.size(); ++band) {
    SizeCell all{kBands[band], "Average", 0, 0, {}};
    int64_t added = 0;
    for (size_t c = 0; c < p.classes.size(); ++c) {
      SizeCell cell{kBands[band], p.classes[c], 0, 0, {}};
      for (size_t i = 0; i < p.size(); ++i) {
        if (p.truth[i] != int(c) || bands[i] != band) continue;
        ++cell.n;
        cell.right += p.predicted[i] == p.truth[i];
      }
      cell.accuracy = stats::wilson(cell.right, cell.n, confidence);
      all.right += cell.right;
      added += cell.n;
      cells.push_back(cell);
    }
    all.n = std::count(bands.begin(), bands.end(), std::optional<size_t>(band));
    if (all.n != added)
      throw Error(ErrorCode::internal, fmt::format("the classes of {} add up to {}, not {}", all.band, added, all.n));
    all.accuracy = stats::wilson(all.right, all.n, confidence);
    cells.push_back(all);
  }
  return cells;
}

std::vector<DiagnosisRow> diagnosis_table(const PredictionTable& table,
                                          const EvaluationOptions& options,
                                          const LilnetStyleOptions& style) {
  const EvaluationCases cases = cases_of(table, options);
  std::vector<DiagnosisRow> rows{row_of("Model", cases.predictions, cases.sampling, options, style)};
  for (const auto& column : table.columns)
    if (column.name.starts_with(kReader))
      rows.push_back(row_of(
          column.name.substr(kReader.size()), reader_predictions(table, column), cases.sampling, options, style));
  return rows;
}

std::string lilnet_tables(const PredictionTable& table,
                          const EvaluationOptions& options,
                          const LilnetStyleOptions& style) {
  std::string text;
  if (const auto cells = size_table(table, options.bootstrap.confidence); !cells.empty())
    text += "Table 2. Accuracy by size and class, with the number of cases.\n\n" +
            size_markdown(cells, table.predictions.classes) + "\n";
  text += fmt::format("Table 3. Accuracy, {0} recall and {0} precision (%), with {1:g}% intervals.\n\n",
                      style.macro ? "macro" : "weighted",
                      100 * options.bootstrap.confidence);
  text += markdown_row({"Diagnosis", "Radiologist", "n", "Accuracy (%)", "Recall (%)", "Precision (%)"}) +
          markdown_row(std::vector<std::string>(6, "---"));
  const std::string diagnosis = fmt::format("{}", fmt::join(table.predictions.classes, ", "));
  for (const DiagnosisRow& row : diagnosis_table(table, options, style))
    text += markdown_row({diagnosis,
                          row.who,
                          fmt::format("{}", row.n),
                          percent(row.accuracy),
                          percent(row.recall),
                          percent(row.precision)});
  return text;
}

std::vector<NamedDrawing> lilnet_figures(const PredictionTable& table,
                                         const Evaluation& e,
                                         const EvaluationCurves& curves,
                                         const EvaluationOptions& options,
                                         const LilnetStyleOptions& style) {
  std::vector<NamedDrawing> all;
  if (!table.predictions.probability.empty())
    all.push_back({"fig2", draw::sheet({roc_figure(table, e, curves), confusion_figure(table, e)}, 2)});
  if (const auto centres = parts_of(table, "center", options); !centres.empty())
    all.push_back(centre_figure(centres, options));
  if (const auto phases = parts_of(table, "phase", options); !phases.empty())
    all.push_back(phase_figure(phases, style));
  return all;
}

}  // namespace hepatica
