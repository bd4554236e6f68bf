// The table of diagnostic studies that a meta-analysis takes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/csv.h"
#include "stats/accuracy_study.h"

namespace hepatica {

/// Studies in the order of the file.
struct StudyTable {
  std::vector<std::string> names;
  std::vector<int64_t> lines;  ///< of the file, one a study
  std::vector<stats::AccuracyStudy> studies;
  std::string file, sha256;
};

/// Columns TP, FN, FP and TN hold whole counts; `name_column` the studies' names (empty: "study" or "author" where
/// there is one, else their numbers). Names that occur twice get a number. Error{bad_manifest} names the file, up to
/// ten lines and the mend: no such column, a count that is missing, negative or not whole, no diseased or no healthy
/// case.
StudyTable read_studies(const std::filesystem::path& path, const std::string& name_column = "");
StudyTable studies_from_table(const CsvTable& table, const std::string& name_column = "");

}  // namespace hepatica
