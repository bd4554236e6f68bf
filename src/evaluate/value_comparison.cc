#include "evaluate/value_comparison.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "evaluate/method_match.h"
#include "evaluate/row_faults.h"

namespace hepatica {
namespace {

std::map<std::string, size_t> rows_by_case(const ValueTable& table) {
  std::map<std::string, size_t> rows;
  for (size_t i = 0; i < table.case_ids.size(); ++i) rows[table.case_ids[i]] = i;
  return rows;
}

void find_missing(const ValueTable& in, const ValueTable& of, FaultList& faults) {
  const auto rows = rows_by_case(in);
  for (const std::string& id : of.case_ids)
    if (!rows.count(id))
      faults.add(fmt::format("{}: case '{}' of {} is missing; add it, or leave it out of both", in.file, id, of.file));
}

/// The values of `table` in the order of `case_ids`.
std::vector<double> in_order(const ValueTable& table, const std::vector<std::string>& case_ids) {
  const auto rows = rows_by_case(table);
  std::vector<double> values;
  for (const std::string& id : case_ids) values.push_back(table.values[rows.at(id)]);
  return values;
}

stats::MetricDifference bootstrap_means(const std::string& name,
                                        const std::vector<double>& first,
                                        const std::vector<double>& second,
                                        const stats::Sampling& sampling,
                                        const stats::BootstrapOptions& options) {
  const stats::WeightedStatistics means = [&](std::span<const uint32_t> weights, std::span<double> values) {
    double a = 0, b = 0, n = 0;
    for (size_t i = 0; i < first.size(); ++i) {
      a += weights[i] * first[i];
      b += weights[i] * second[i];
      n += weights[i];
    }
    values[0] = a / n;
    values[1] = b / n;
    values[2] = (a - b) / n;
  };
  const stats::Bootstrap bootstrap(means, 3, sampling, options);
  const auto n = int64_t(first.size());
  return {name,
          bootstrap.best(0, n),
          bootstrap.best(1, n),
          bootstrap.best(2, n),
          {bootstrap.percentile(2, n), bootstrap.bca(2, n)}};
}

/// P(the mean of the method with the higher one is not the higher one): one side of the paired t test.
std::optional<ClaimCheck> claim_of(const PairComparison& pair, const stats::DifferenceTest& t) {
  if (!t.test.p) return std::nullopt;
  const bool first = *t.difference.value >= 0;
  return ClaimCheck{first ? pair.first : pair.second, first ? pair.second : pair.first, *t.test.p / 2};
}

}  // namespace

ValueTable values_from_table(const CsvTable& table, const std::string& column, const std::string& cluster) {
  ValueTable result;
  result.column = column;
  result.file = table.file;
  const size_t id = table.column("case_id"), value = table.column(column);
  const size_t patient = cluster.empty() ? id : table.column(cluster);
  RowFaults faults(table);
  std::set<std::string> seen;
  for (const CsvTable::Row& row : table.rows) {
    if (!seen.insert(row.cells[id]).second)
      faults.add(row, fmt::format("case '{}' stands twice; keep one row of it", row.cells[id]));
    const auto number = faults.number(row, value, "fill it in, or leave the case out of all tables");
    result.case_ids.push_back(row.cells[id]);
    result.clusters.push_back(row.cells[patient]);
    result.values.push_back(number.value_or(0));
  }
  faults.raise();
  if (result.values.empty())
    throw Error(ErrorCode::bad_manifest, fmt::format("{}: there is no case in it", table.file));
  return result;
}

ValueTable read_values(const std::filesystem::path& path, const std::string& column, const std::string& cluster) {
  ValueTable table = values_from_table(read_csv(path), column, cluster);
  table.sha256 = sha256_of_file(path);
  return table;
}

Comparison compare_values(const std::vector<ValueTable>& tables, const ComparisonOptions& options) {
  if (tables.size() < 2)
    throw Error(ErrorCode::bad_manifest, "a comparison needs two tables of values or more; name another file");
  FaultList faults;
  for (size_t t = 1; t < tables.size(); ++t) {
    find_missing(tables[t], tables[0], faults);
    find_missing(tables[0], tables[t], faults);
  }
  faults.raise();
  Comparison result;
  result.mode = "values";
  std::vector<std::string> files;
  for (const ValueTable& table : tables) files.push_back(table.file);
  const std::vector<std::string> names = method_names(files);
  std::vector<std::vector<double>> values;
  for (size_t t = 0; t < tables.size(); ++t) {
    result.methods.push_back(
        {names[t], int64_t(tables[t].values.size()), tables[t].file, tables[t].sha256, tables[t].column});
    values.push_back(in_order(tables[t], tables[0].case_ids));
  }
  const stats::Sampling sampling =
      stats::sampling_from_names(tables[0].clusters, std::vector<std::string>(tables[0].clusters.size()));
  for (size_t a = 0; a < tables.size(); ++a)
    for (size_t b = a + 1; b < tables.size(); ++b) {
      PairComparison pair{names[a], names[b], {}, {}, {}, {}};
      const std::string& metric = tables[a].column;
      pair.metrics.push_back(bootstrap_means(metric, values[a], values[b], sampling, options.bootstrap));
      const stats::DifferenceTest t = stats::paired_t(values[a], values[b], options.bootstrap.confidence);
      pair.tests.push_back({metric, t.test, t.difference, {}, {}});
      pair.tests.push_back({metric,
                            stats::permutation_of_means(values[a], values[b], sampling, options.bootstrap),
                            pair.metrics[0].difference,
                            {},
                            {}});
      pair.claim = claim_of(pair, t);
      result.pairs.push_back(std::move(pair));
    }
  adjust_tests(result.pairs);
  return result;
}

}  // namespace hepatica
