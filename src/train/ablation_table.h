// What the runs of an ablation say: estimates, and tests of each variant against the first.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "stats/bootstrap.h"
#include "stats/hypothesis.h"
#include "train/ablation.h"

namespace hepatica::train {

/// One figure of one variant. The value is that of the seeds' mean probabilities a patient; `seed_mean` and `seed_sd`
/// are those of single seeds.
struct AblationCell {
  std::string metric;  ///< "benign_malignant:auc", "benign:auc_macro", "types:accuracy", ...
  stats::Estimate value;
  std::optional<double> seed_mean, seed_sd;
  stats::Estimate difference;  ///< less the first variant's, bootstrap over patients; undefined for the first
  stats::Test test;            ///< DeLong's of stage one's AUC, else permutation over patients
  std::optional<double> holm;  ///< p adjusted for all tests of the table
};

struct AblationRow {
  std::string variant;
  int seeds = 0;                    ///< finished
  std::vector<std::string> errors;  ///< of the others
  std::vector<AblationCell> cells;
};

/// Stage one: AUC and accuracy; the types of each class, over its own patients, and all types: macro AUC and accuracy.
/// As far as the variant's classifiers tell. Rows in the order of the runs.
std::vector<AblationRow> ablation_table(const Hierarchy& hierarchy,
                                        const std::vector<AblationRun>& runs,
                                        const stats::BootstrapOptions& options);

nlohmann::json json_from_table(const std::vector<AblationRow>& rows);
/// A line a figure.
std::string csv_from_table(const std::vector<AblationRow>& rows);
/// A row a variant: estimates with intervals, and the differences with Holm's p.
std::string markdown_from_table(const std::vector<AblationRow>& rows);

}  // namespace hepatica::train
