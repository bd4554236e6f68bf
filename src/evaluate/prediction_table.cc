#include "evaluate/prediction_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/files.h"

namespace hepatica {
namespace {

constexpr size_t kMostFaults = 10;
constexpr std::string_view kLogit = "logit_", kProbability = "prob_";

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorCode::bad_manifest, text); }

/// Which column means what.
struct Layout {
  size_t case_id = 0, truth = 0;
  std::optional<size_t> prediction;
  bool logits = false;
  std::vector<std::string> classes;
  std::vector<size_t> scores;  // column of each class; empty where only labels are known
  std::vector<size_t> others;
};

Layout layout_of(const CsvTable& table) {
  Layout layout;
  layout.case_id = table.column("case_id");
  layout.truth = table.column("truth");
  layout.prediction = table.find("prediction");
  std::vector<size_t> logits, probabilities;
  for (size_t c = 0; c < table.header.size(); ++c) {
    const std::string& name = table.header[c];
    if (name.starts_with(kLogit))
      logits.push_back(c);
    else if (name.starts_with(kProbability))
      probabilities.push_back(c);
    else if (c != layout.case_id && c != layout.truth && c != layout.prediction)
      layout.others.push_back(c);
  }
  if (!logits.empty() && !probabilities.empty())
    refuse(fmt::format("{}: the table mixes logits ('{}') and probabilities ('{}'); keep one kind",
                       table.file,
                       table.header[logits[0]],
                       table.header[probabilities[0]]));
  layout.logits = !logits.empty();
  layout.scores = layout.logits ? logits : probabilities;
  for (size_t c : layout.scores)
    layout.classes.push_back(table.header[c].substr((layout.logits ? kLogit : kProbability).size()));
  if (layout.scores.size() == 1)
    refuse(fmt::format("{}: '{}' is the only column of scores; give one for each class, at least two",
                       table.file,
                       table.header[layout.scores[0]]));
  if (layout.scores.empty() && !layout.prediction)
    refuse(fmt::format(
        "{}: there are no scores; give columns logit_<class> or prob_<class> for each class, or a column 'prediction'",
        table.file));
  return layout;
}

/// Without scores the classes are the labels that occur, sorted.
std::vector<std::string> classes_of_labels(const CsvTable& table, const Layout& layout) {
  std::vector<std::string> classes;
  for (const auto& row : table.rows)
    for (size_t c : {layout.truth, *layout.prediction})
      if (!row.cells[c].empty()) classes.push_back(row.cells[c]);
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  if (classes.size() < 2)
    refuse(
        fmt::format("{}: truth and prediction hold fewer than two classes; there is nothing to compare", table.file));
  return classes;
}

int class_number(const CsvTable& table,
                 const CsvTable::Row& row,
                 size_t column,
                 const std::vector<std::string>& classes) {
  const std::string& label = row.cells[column];
  const auto found = std::find(classes.begin(), classes.end(), label);
  if (found == classes.end())
    refuse(fmt::format("{}: {} '{}' is none of the classes {}; correct it, or add a column of scores for it",
                       table.where(row),
                       table.header[column],
                       label,
                       fmt::join(classes, ", ")));
  return int(found - classes.begin());
}

double score_of(const CsvTable& table, const CsvTable::Row& row, size_t column) {
  const std::string& text = row.cells[column];
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    refuse(fmt::format("{}: {} is '{}', not a finite number; correct the cell or leave the row out",
                       table.where(row),
                       table.header[column],
                       text));
  return value;
}

std::vector<double> scores_of(const CsvTable& table, const CsvTable::Row& row, const Layout& layout) {
  std::vector<double> scores;
  double sum = 0;
  for (size_t c : layout.scores) {
    scores.push_back(score_of(table, row, c));
    sum += scores.back();
    if (!layout.logits && (scores.back() < 0 || scores.back() > 1))
      refuse(fmt::format("{}: {} is {}; a probability lies within 0 and 1 (logits go into columns logit_<class>)",
                         table.where(row),
                         table.header[c],
                         scores.back()));
  }
  if (!layout.logits && !scores.empty() && std::abs(sum - 1) > 0.01)
    refuse(fmt::format(
        "{}: the probabilities sum to {:.4g}, not 1; give softmax probabilities, or logits in columns logit_<class>",
        table.where(row),
        sum));
  return scores;
}

/// One case while its rows are gathered.
struct Gathered {
  std::string id;
  int truth = 0;
  std::optional<int> predicted;
  std::vector<double> sum;
  int64_t rows = 0, first_line = 0;
  std::vector<std::string> others;
};

void gather(const CsvTable& table, const CsvTable::Row& row, const Layout& layout, Gathered& into) {
  const int truth = class_number(table, row, layout.truth, layout.classes);
  std::optional<int> predicted;
  if (layout.prediction) predicted = class_number(table, row, *layout.prediction, layout.classes);
  const std::vector<double> scores = scores_of(table, row, layout);
  if (into.rows == 0) {
    into.truth = truth;
    into.predicted = predicted;
    into.first_line = row.line;
    into.sum.assign(scores.size(), 0.0);
    for (size_t c : layout.others) into.others.push_back(row.cells[c]);
  }
  if (truth != into.truth)
    refuse(fmt::format("{}: case '{}' has the truth '{}' here and '{}' in line {}; a case has one truth",
                       table.where(row),
                       into.id,
                       layout.classes[size_t(truth)],
                       layout.classes[size_t(into.truth)],
                       into.first_line));
  if (predicted != into.predicted)
    refuse(fmt::format(
        "{}: case '{}' has another prediction here than in line {}; give one per case, or leave the column out",
        table.where(row),
        into.id,
        into.first_line));
  if (layout.scores.empty() && into.rows > 0)
    refuse(fmt::format("{}: case '{}' occurs twice; give each case one row", table.where(row), into.id));
  for (size_t c = 0; c < scores.size(); ++c) into.sum[c] += scores[c];
  ++into.rows;
}

std::vector<double> mean_scores(const Gathered& one) {
  std::vector<double> mean = one.sum;
  for (double& value : mean) value /= double(one.rows);
  return mean;
}

/// Probabilities from the mean over the rows of the case.
std::vector<double> probabilities_of_case(std::vector<double> p, bool logits) {
  if (logits) {
    const double highest = *std::max_element(p.begin(), p.end());
    for (double& value : p) value = std::exp(value - highest);
  }
  double sum = 0;
  for (double value : p) sum += value;
  for (double& value : p) value /= sum;
  return p;
}

std::vector<Gathered> gather_cases(const CsvTable& table, const Layout& layout) {
  std::map<std::string, size_t> index;
  std::vector<Gathered> cases;
  std::vector<std::string> faults;
  for (const auto& row : table.rows) try {
      const std::string& id = row.cells[layout.case_id];
      if (id.empty()) refuse(fmt::format("{}: case_id is empty; name the case", table.where(row)));
      const auto [at, added] = index.emplace(id, cases.size());
      if (added) cases.push_back({id, 0, {}, {}, 0, 0, {}});
      gather(table, row, layout, cases[at->second]);
    } catch (const Error& fault) {
      faults.emplace_back(fault.what());
      if (faults.size() == kMostFaults) break;
    }
  if (!faults.empty()) refuse(fmt::format("{}", fmt::join(faults, "\n")));
  if (cases.empty()) refuse(fmt::format("{}: the table has no rows; there is nothing to evaluate", table.file));
  return cases;
}

}  // namespace

const PredictionTable::Column& PredictionTable::column(const std::string& name) const {
  std::vector<std::string> names;
  for (const Column& column : columns) {
    if (column.name == name) return column;
    names.push_back(column.name);
  }
  refuse(fmt::format("{}: there is no further column '{}'; there are: {}",
                     file,
                     name,
                     names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

PredictionTable predictions_from_table(const CsvTable& table) {
  Layout layout = layout_of(table);
  if (layout.scores.empty()) layout.classes = classes_of_labels(table, layout);
  PredictionTable result;
  result.file = table.file;
  result.rows = int64_t(table.rows.size());
  result.scores = layout.scores.empty() ? "labels" : layout.logits ? "logits" : "probabilities";
  result.predictions.classes = layout.classes;
  for (size_t c : layout.others) result.columns.push_back({table.header[c], {}});
  for (const Gathered& one : gather_cases(table, layout)) {
    result.case_ids.push_back(one.id);
    result.predictions.truth.push_back(one.truth);
    for (size_t c = 0; c < one.others.size(); ++c) result.columns[c].values.push_back(one.others[c]);
    if (layout.scores.empty()) {
      result.predictions.predicted.push_back(*one.predicted);
      continue;
    }
    const std::vector<double> mean = mean_scores(one), p = probabilities_of_case(mean, layout.logits);
    if (layout.logits) result.mean_logits.insert(result.mean_logits.end(), mean.begin(), mean.end());
    result.predictions.probability.insert(result.predictions.probability.end(), p.begin(), p.end());
    const auto highest = int(std::max_element(p.begin(), p.end()) - p.begin());
    result.predictions.predicted.push_back(one.predicted.value_or(highest));
  }
  return result;
}

PredictionTable read_predictions(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  PredictionTable table = predictions_from_table(parse_csv(text, path.string()));
  table.sha256 = sha256(text);
  return table;
}

}  // namespace hepatica
