#include "evaluate/study_table.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "evaluate/row_faults.h"

namespace hepatica {
namespace {

constexpr double kLargestCount = 1e9;

std::optional<size_t> name_column_of(const CsvTable& table, const std::string& wanted) {
  if (!wanted.empty()) return table.column(wanted);
  for (const char* usual : {"study", "author"})
    if (const auto column = table.find(usual)) return column;
  return std::nullopt;
}

std::optional<int64_t> count_of(const CsvTable& table, const CsvTable::Row& row, const char* name, RowFaults& faults) {
  const size_t column = table.column(name);
  const auto value = faults.number(row, column, "fill it in, or leave the study out");
  if (!value) return std::nullopt;
  if (*value >= 0 && *value <= kLargestCount && *value == std::floor(*value)) return int64_t(*value);
  faults.add(row, fmt::format("{} is {}; counts are whole numbers from 0", name, row.cells[column]));
  return std::nullopt;
}

stats::AccuracyStudy study_of(const CsvTable& table, const CsvTable::Row& row, RowFaults& faults) {
  std::array<int64_t, 4> counts{};
  bool whole = true;
  for (size_t i = 0; i < counts.size(); ++i) {
    const auto count = count_of(table, row, std::array{"TP", "FN", "FP", "TN"}[i], faults);
    whole = whole && count;
    counts[i] = count.value_or(0);
  }
  const stats::AccuracyStudy study{counts[0], counts[1], counts[2], counts[3]};
  if (whole && study.true_positive + study.false_negative == 0)
    faults.add(row, "TP + FN is 0: no diseased case, so no sensitivity; leave the study out");
  if (whole && study.false_positive + study.true_negative == 0)
    faults.add(row, "FP + TN is 0: no healthy case, so no specificity; leave the study out");
  return study;
}

/// "A", "B", "A" becomes "A (1)", "B", "A (2)".
void tell_apart(std::vector<std::string>& names) {
  std::map<std::string, int> count, seen;
  for (const std::string& name : names) count[name] += 1;
  for (std::string& name : names)
    if (count[name] > 1) {
      const int number = ++seen[name];
      name = fmt::format("{} ({})", name, number);
    }
}

}  // namespace

StudyTable studies_from_table(const CsvTable& table, const std::string& name_column) {
  const std::optional<size_t> named = name_column_of(table, name_column);
  RowFaults faults(table);
  StudyTable result;
  result.file = table.file;
  for (const CsvTable::Row& row : table.rows) {
    result.names.push_back(named && !is_missing(row.cells[*named]) ? row.cells[*named]
                                                                   : fmt::format("study {}", result.names.size() + 1));
    result.lines.push_back(row.line);
    result.studies.push_back(study_of(table, row, faults));
  }
  faults.raise();
  if (result.studies.size() < 3)
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: {} studies; the bivariate model has five parameters, give at least 3",
                            table.file,
                            result.studies.size()));
  tell_apart(result.names);
  return result;
}

StudyTable read_studies(const std::filesystem::path& path, const std::string& name_column) {
  StudyTable result = studies_from_table(read_csv(path), name_column);
  result.sha256 = sha256_of_file(path);
  return result;
}

}  // namespace hepatica
