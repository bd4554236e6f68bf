#include "evaluate/survival_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "evaluate/row_faults.h"

namespace hepatica {
namespace {

const std::string kFill = "fill it in, leave the row out, or pass --complete-cases";

/// Indices of the columns that are used.
struct Layout {
  size_t time = 0, event = 0;
  std::vector<size_t> group, institution, risk, strata, covariates;

  std::vector<size_t> optional_ones() const {
    std::vector<size_t> all;
    for (const auto* part : {&group, &institution, &risk, &strata, &covariates})
      all.insert(all.end(), part->begin(), part->end());
    return all;
  }
};

Layout layout_of(const CsvTable& table, const SurvivalColumns& columns) {
  Layout layout;
  layout.time = table.column(columns.time);
  const bool is_status = columns.event.empty() && !table.find("event") && table.find("status");
  layout.event = table.column(is_status ? "status" : columns.event.empty() ? "event" : columns.event);
  const auto one = [&](const std::string& name) {
    return name.empty() ? std::vector<size_t>{} : std::vector<size_t>{table.column(name)};
  };
  layout.group = one(columns.group);
  layout.institution = one(columns.institution);
  layout.risk = one(columns.risk);
  for (const std::string& name : columns.strata) layout.strata.push_back(table.column(name));
  for (const std::string& name : columns.covariates) layout.covariates.push_back(table.column(name));
  for (const size_t c : layout.covariates)
    if (c == layout.time || c == layout.event)
      throw Error(ErrorCode::bad_manifest,
                  fmt::format("{}: '{}' is the outcome; it cannot be a covariate too", table.file, table.header[c]));
  return layout;
}

bool is_complete(const CsvTable::Row& row, const Layout& layout) {
  if (is_missing(row.cells[layout.time]) || is_missing(row.cells[layout.event])) return false;
  return std::ranges::none_of(layout.optional_ones(), [&](size_t c) { return is_missing(row.cells[c]); });
}

using Rows = std::vector<const CsvTable::Row*>;

stats::SurvivalData outcomes(const CsvTable& table, const Rows& rows, const Layout& layout, RowFaults& faults) {
  stats::SurvivalData data;
  for (const CsvTable::Row* row : rows) {
    const double time = faults.number(*row, layout.time, kFill).value_or(0);
    const std::optional<double> event = faults.number(*row, layout.event, kFill);
    if (time < 0)
      faults.add(*row,
                 fmt::format("{} is {}; a time is 0 or more", table.header[layout.time], row->cells[layout.time]));
    if (event && *event != 0 && *event != 1)
      faults.add(*row,
                 fmt::format("{} is '{}'; write 1 where the event happened and 0 where follow-up ended without it",
                             table.header[layout.event],
                             row->cells[layout.event]));
    data.time.push_back(time);
    data.event.push_back(event == 1);
  }
  return data;
}

/// Levels of the combined cells of some columns; cells that are missing are faults.
Factor factor_of(const CsvTable& table, const Rows& rows, const std::vector<size_t>& columns, RowFaults& faults) {
  Factor factor;
  if (columns.empty()) return factor;
  std::vector<std::string> names;
  for (const CsvTable::Row* row : rows) {
    std::vector<std::string> parts;
    for (const size_t c : columns) {
      if (is_missing(row->cells[c])) faults.add(*row, fmt::format("{} is missing; {}", table.header[c], kFill));
      parts.push_back(row->cells[c]);
    }
    names.push_back(fmt::format("{}", fmt::join(parts, ", ")));
  }
  factor.levels = names;
  std::ranges::sort(factor.levels, natural_less);
  factor.levels.erase(std::unique(factor.levels.begin(), factor.levels.end()), factor.levels.end());
  for (const std::string& name : names)
    factor.level_of_case.push_back(uint32_t(std::ranges::find(factor.levels, name) - factor.levels.begin()));
  return factor;
}

/// One covariate with its values.
struct Covariate {
  std::string name, column;
  std::vector<double> values;
};

std::vector<Covariate> covariates_of(const CsvTable& table, const Rows& rows, size_t column, RowFaults& faults) {
  const bool numeric = std::ranges::all_of(
      rows, [&](const CsvTable::Row* row) { return is_missing(row->cells[column]) || number_of(row->cells[column]); });
  const std::string& name = table.header[column];
  if (numeric) {
    Covariate covariate{name, name, {}};
    for (const CsvTable::Row* row : rows) covariate.values.push_back(faults.number(*row, column, kFill).value_or(0));
    return {covariate};
  }
  const Factor factor = factor_of(table, rows, {column}, faults);
  if (factor.levels.size() > 20)
    throw Error(
        ErrorCode::bad_manifest,
        fmt::format("{}: the column '{}' has {} levels that are no numbers (such as '{}'); correct its cells, or "
                    "do not use it as a covariate",
                    table.file,
                    name,
                    factor.levels.size(),
                    factor.levels.back()));
  std::vector<Covariate> covariates;
  for (uint32_t level = 1; level < factor.levels.size(); ++level) {
    covariates.push_back({name + "=" + factor.levels[level], name, {}});
    for (const uint32_t of_case : factor.level_of_case) covariates.back().values.push_back(of_case == level);
  }
  return covariates;
}

void add_covariates(const std::vector<Covariate>& covariates, SurvivalTable& into) {
  into.covariates = stats::Matrix(into.data.size(), covariates.size());
  for (size_t j = 0; j < covariates.size(); ++j) {
    into.covariate_names.push_back(covariates[j].name);
    into.covariate_columns.push_back(covariates[j].column);
    for (size_t i = 0; i < into.data.size(); ++i) into.covariates(i, j) = covariates[j].values[i];
  }
}

}  // namespace

SurvivalTable survival_from_table(const CsvTable& table, const SurvivalColumns& columns) {
  const Layout layout = layout_of(table, columns);
  RowFaults faults(table);
  SurvivalTable result;
  result.file = table.file;
  result.event_column = table.header[layout.event];
  Rows rows;
  for (const CsvTable::Row& row : table.rows)
    if (!columns.complete_cases || is_complete(row, layout)) rows.push_back(&row);
  result.left_out = int64_t(table.rows.size() - rows.size());
  if (rows.empty())
    throw Error(ErrorCode::bad_manifest,
                fmt::format("{}: {}", table.file, table.rows.empty() ? "the table has no row" : "no row is complete"));
  for (const CsvTable::Row* row : rows) result.lines.push_back(row->line);
  result.data = outcomes(table, rows, layout, faults);
  result.group = factor_of(table, rows, layout.group, faults);
  result.institution = factor_of(table, rows, layout.institution, faults);
  result.strata = factor_of(table, rows, layout.strata, faults);
  for (const size_t c : layout.risk)
    for (const CsvTable::Row* row : rows) result.risk.push_back(faults.number(*row, c, kFill).value_or(0));
  std::vector<Covariate> covariates;
  for (const size_t c : layout.covariates)
    for (Covariate& covariate : covariates_of(table, rows, c, faults)) covariates.push_back(std::move(covariate));
  faults.raise();
  add_covariates(covariates, result);
  return result;
}

SurvivalTable read_survival(const std::filesystem::path& path, const SurvivalColumns& columns) {
  SurvivalTable result = survival_from_table(read_csv(path), columns);
  result.sha256 = sha256_of_file(path);
  return result;
}

}  // namespace hepatica
