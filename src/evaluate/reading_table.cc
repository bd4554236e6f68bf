#include "evaluate/reading_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/files.h"
#include "evaluate/evaluation_cases.h"
#include "evaluate/method_match.h"

namespace hepatica {
namespace {

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorCode::bad_manifest, text); }

/// Numbers names in the order in which they first occur.
struct Names {
  std::map<std::string, size_t> numbers;
  std::vector<std::string> names;

  size_t number(const std::string& name) {
    const auto [at, added] = numbers.emplace(name, names.size());
    if (added) names.push_back(name);
    return at->second;
  }
};

/// One row with its names as numbers.
struct Row {
  size_t of_case = 0, reader = 0, modality = 0;
  Reading reading;
};

class TableReader {
 public:
  TableReader(const CsvTable& table, const std::vector<std::string>& order) : table_(table), order_(order) {
    for (const char* name : {"case_id", "truth", "reader", "reading"}) columns_[name] = table.column(name);
    for (const char* name : {"confidence", "level", "modality"})
      if (const auto column = table.find(name)) columns_[name] = *column;
  }

  ReadingTable read() {
    if (table_.rows.empty()) refuse(fmt::format("{}: the table has no rows; give a row for each reading", table_.file));
    find_classes();
    for (const CsvTable::Row& row : table_.rows) add(row);
    faults_.raise();
    result_.file = table_.file;
    result_.case_ids = cases_.names;
    result_.readers = readers_.names;
    result_.modalities = modalities_.names;
    result_.readings.resize(modalities_.names.size() * readers_.names.size() * cases_.names.size());
    result_.has_confidence = true;
    for (const Row& row : rows_) {
      result_.readings[result_.place(row.modality, row.reader, row.of_case)] = row.reading;
      result_.has_confidence = result_.has_confidence && row.reading.confidence.has_value();
    }
    warn_of_classes();
    return std::move(result_);
  }

 private:
  std::string cell(const CsvTable::Row& row, const std::string& column) const {
    const auto found = columns_.find(column);
    return found == columns_.end() ? "" : row.cells[found->second];
  }

  void find_classes() {
    std::set<std::string> labels;
    for (const CsvTable::Row& row : table_.rows)
      for (const char* column : {"truth", "reading"})
        if (!cell(row, column).empty()) labels.insert(cell(row, column));
    result_.classes = order_.empty() ? std::vector<std::string>(labels.begin(), labels.end()) : order_;
    if (result_.classes.size() < 2)
      refuse(
          fmt::format("{}: truth and reading hold fewer than two classes; there is nothing to compare", table_.file));
    for (size_t c = 0; c < result_.classes.size(); ++c) class_numbers_[result_.classes[c]] = int(c);
  }

  /// Class number of a cell; a fault and nothing where it is empty or unknown.
  std::optional<int> label(const CsvTable::Row& row, const std::string& column) {
    const std::string text = cell(row, column);
    if (const auto found = class_numbers_.find(text); found != class_numbers_.end()) return found->second;
    if (text.empty())
      faults_.add(fmt::format("{}: {} is empty; fill it in, or leave the row out", table_.where(row), column));
    else
      faults_.add(fmt::format("{}: {} '{}' is none of the classes {}; correct it, or add it to --order",
                              table_.where(row),
                              column,
                              text,
                              fmt::join(result_.classes, ", ")));
    return std::nullopt;
  }

  std::optional<double> confidence(const CsvTable::Row& row) {
    const std::string text = cell(row, "confidence");
    if (text.empty()) return std::nullopt;
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem == std::errc() && end == text.data() + text.size() && std::isfinite(value)) return value;
    faults_.add(fmt::format(
        "{}: confidence is '{}', not a finite number; correct the cell or leave it empty", table_.where(row), text));
    return std::nullopt;
  }

  void add(const CsvTable::Row& row) {
    for (const char* column : {"case_id", "reader"})
      if (cell(row, column).empty()) {
        faults_.add(fmt::format("{}: {} is empty; name the {}",
                                table_.where(row),
                                column,
                                std::string_view(column) == "reader" ? "reader" : "case"));
        return;
      }
    const auto truth = label(row, "truth"), said = label(row, "reading");
    const auto sure = confidence(row);
    if (!truth || !said) return;
    Row one{cases_.number(cell(row, "case_id")),
            readers_.number(cell(row, "reader")),
            modalities_.number(cell(row, "modality")),
            {*said, sure}};
    if (!agrees(row, one, *truth)) return;
    const auto [at, added] = lines_.emplace(std::make_tuple(one.modality, one.reader, one.of_case), row.line);
    if (added)
      rows_.push_back(one);
    else
      faults_.add(
          fmt::format("{}: reader '{}' has read case '{}' already in line {}; leave one of them out, or tell "
                      "them apart with a column 'modality'",
                      table_.where(row),
                      cell(row, "reader"),
                      cell(row, "case_id"),
                      at->second));
  }

  /// Whether the case's truth and the reader's level are those of earlier rows.
  bool agrees(const CsvTable::Row& row, const Row& one, int truth) {
    if (one.of_case == result_.truth.size()) {
      result_.truth.push_back(truth);
      truth_lines_.push_back(row.line);
    }
    if (one.reader == result_.levels.size()) result_.levels.push_back(cell(row, "level"));
    if (result_.truth[one.of_case] != truth) {
      faults_.add(fmt::format("{}: case '{}' has the truth '{}' here and '{}' in line {}; a case has one truth",
                              table_.where(row),
                              cell(row, "case_id"),
                              result_.classes[size_t(truth)],
                              result_.classes[size_t(result_.truth[one.of_case])],
                              truth_lines_[one.of_case]));
      return false;
    }
    if (result_.levels[one.reader] != cell(row, "level")) {
      faults_.add(fmt::format("{}: reader '{}' has the level '{}' here and '{}' before; a reader has one level",
                              table_.where(row),
                              cell(row, "reader"),
                              cell(row, "level"),
                              result_.levels[one.reader]));
      return false;
    }
    return true;
  }

  void warn_of_classes() {
    std::vector<int> in_truth(result_.classes.size(), 0), in_readings = in_truth;
    for (const int truth : result_.truth) in_truth[size_t(truth)] = 1;
    for (const Row& row : rows_) in_readings[size_t(row.reading.said)] = 1;
    for (size_t c = 0; c < result_.classes.size(); ++c) {
      if (!in_truth[c])
        result_.warnings.push_back(fmt::format("no case has the class '{}'", result_.classes[c]));
      else if (!in_readings[c])
        result_.warnings.push_back(fmt::format("no reader ever said '{}', which cases have", result_.classes[c]));
    }
  }

  const CsvTable& table_;
  std::vector<std::string> order_;
  std::map<std::string, size_t> columns_;
  std::map<std::string, int> class_numbers_;
  Names cases_, readers_, modalities_;
  std::vector<int64_t> truth_lines_;
  std::map<std::tuple<size_t, size_t, size_t>, int64_t> lines_;
  std::vector<Row> rows_;
  FaultList faults_;
  ReadingTable result_;
};

}  // namespace

ReadingTable readings_from_table(const CsvTable& table, const std::vector<std::string>& order) {
  return TableReader(table, order).read();
}

ReadingTable read_readings(const std::filesystem::path& path, const std::vector<std::string>& order) {
  const std::string text = read_file(path);
  ReadingTable table = readings_from_table(parse_csv(text, path.string()), order);
  table.sha256 = sha256(text);
  return table;
}

size_t reader_number(const ReadingTable& table, const std::string& name) {
  const auto found = std::find(table.readers.begin(), table.readers.end(), name);
  if (found == table.readers.end())
    refuse(fmt::format("{}: there is no reader '{}'; there are: {}", table.file, name, fmt::join(table.readers, ", ")));
  return size_t(found - table.readers.begin());
}

std::string positive_name(const ReadingTable& table, const std::string& wanted) {
  return table.classes[size_t(positive_class(table.classes, wanted, table.file))];
}

namespace {

/// Row of the predictions for each case of the readings.
std::vector<size_t> rows_for(const ReadingTable& table, const PredictionTable& predictions) {
  std::map<std::string, size_t> rows;
  for (size_t i = 0; i < predictions.case_ids.size(); ++i) rows[predictions.case_ids[i]] = i;
  FaultList faults;
  std::vector<size_t> of_case;
  for (size_t i = 0; i < table.case_ids.size(); ++i) {
    const auto found = rows.find(table.case_ids[i]);
    if (found == rows.end()) {
      faults.add(fmt::format(
          "{}: case '{}' of {} is missing; add its prediction", predictions.file, table.case_ids[i], table.file));
      continue;
    }
    const auto& p = predictions.predictions;
    const std::string &here = p.classes[size_t(p.truth[found->second])], &there = table.classes[size_t(table.truth[i])];
    if (here != there)
      faults.add(fmt::format("{}: case '{}' has the truth '{}', and '{}' in {}; a case has one truth",
                             predictions.file,
                             table.case_ids[i],
                             here,
                             there,
                             table.file));
    of_case.push_back(found->second);
  }
  faults.raise();
  return of_case;
}

int class_in(const ReadingTable& table, const std::string& name, const std::string& file) {
  const auto found = std::find(table.classes.begin(), table.classes.end(), name);
  if (found == table.classes.end())
    refuse(fmt::format("{}: the class '{}' is none of the readings' classes {}; name all classes with --order",
                       file,
                       name,
                       fmt::join(table.classes, ", ")));
  return int(found - table.classes.begin());
}

}  // namespace

ReadingTable with_method(const ReadingTable& table,
                         const PredictionTable& predictions,
                         const std::string& name,
                         const std::string& confidence_class) {
  if (std::count(table.readers.begin(), table.readers.end(), name) > 0)
    refuse(fmt::format("{}: there is a reader '{}' already; give the predictions of {} another name",
                       table.file,
                       name,
                       predictions.file));
  const std::vector<size_t> rows = rows_for(table, predictions);
  const stats::Predictions& p = predictions.predictions;
  const auto asked = std::find(p.classes.begin(), p.classes.end(), confidence_class);
  if (!confidence_class.empty() && asked == p.classes.end())
    refuse(fmt::format("{}: there is no class '{}'", predictions.file, confidence_class));
  ReadingTable more = table;
  more.has_confidence = table.has_confidence && !p.probability.empty();
  more.readers.push_back(name);
  more.levels.emplace_back();
  more.readings.assign(more.modalities.size() * more.readers.size() * more.case_ids.size(), std::nullopt);
  for (size_t m = 0; m < table.modalities.size(); ++m)
    for (size_t i = 0; i < table.case_ids.size(); ++i) {
      for (size_t r = 0; r < table.readers.size(); ++r) more.readings[more.place(m, r, i)] = table.at(m, r, i);
      Reading reading{class_in(table, p.classes[size_t(p.predicted[rows[i]])], predictions.file), {}};
      const size_t c = confidence_class.empty() ? size_t(p.predicted[rows[i]]) : size_t(asked - p.classes.begin());
      if (!p.probability.empty()) reading.confidence = p.probability[rows[i] * p.classes.size() + c];
      more.readings[more.place(m, table.readers.size(), i)] = reading;
    }
  return more;
}

}  // namespace hepatica
