// A network's features of the cases, placed in the plane.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/csv.h"
#include "base/files.h"
#include "evaluate/figures.h"
#include "stats/tsne.h"

namespace hepatica {

/// Columns case_id, truth, f0, f1, ... of numbers; one row a case or an image.
struct FeatureTable {
  std::vector<std::string> case_ids, truth;
  size_t dimensions = 0;
  std::vector<double> values;  ///< [cases * dimensions]
};

/// Error{bad_manifest} names file, line and mend, up to ten at once: a missing column, a number that is none.
FeatureTable read_features(const fs::path& file);
FeatureTable features_from_table(const CsvTable& table);

/// The t-SNE of the features, each dimension scaled to mean 0 and standard deviation 1 (one that never varies to 0).
std::vector<std::array<double, 2>> embed_features(const FeatureTable& table, const stats::TsneOptions& options);

/// "case_id,truth,x,y".
std::string embedding_csv(const FeatureTable& table, const std::vector<std::array<double, 2>>& places);
draw::Drawing embedding_figure(const FeatureTable& table, const std::vector<std::array<double, 2>>& places);

}  // namespace hepatica
