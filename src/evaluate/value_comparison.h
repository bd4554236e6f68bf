// One value a case, such as Dice, of two or more methods on the same cases.
#pragma once

#include "evaluate/comparison.h"

namespace hepatica {

/// One value a case of one method, in the order of the file.
struct ValueTable {
  std::string column;  ///< name of the value
  std::vector<std::string> case_ids;
  std::vector<double> values;
  std::vector<std::string> clusters;  ///< patient of each case; the case itself where no column names one
  std::string file, sha256;
};

/// Reads `case_id`, the column `column` and, unless empty, the column `cluster`, such as from the cases.csv of
/// `evaluate`. Error{bad_manifest} names file, line and mend, up to ten rows at once: no such column, a value that is
/// missing or no finite number, a case that stands twice.
ValueTable read_values(const std::filesystem::path& path, const std::string& column, const std::string& cluster);
ValueTable values_from_table(const CsvTable& table, const std::string& column, const std::string& cluster);

/// Every pair of methods on the same cases, matched by case_id: paired t and permutation test of the means, bootstrap
/// of their difference over patients, and the probability that the method with the higher mean is not the better one
/// (Christodoulou et al. 2025: Student's t on the paired differences, exact since they are known). Larger values count
/// as better. Mode "values". Error{bad_manifest} with fewer than two tables, and where a table lacks a case of another.
Comparison compare_values(const std::vector<ValueTable>& tables, const ComparisonOptions& options);

}  // namespace hepatica
