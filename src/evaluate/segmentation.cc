#include "evaluate/segmentation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "base/error.h"
#include "evaluate/lesion_match.h"
#include "evaluate/surface_distance.h"
#include "io/mask_source.h"
#include "stats/overlap.h"

namespace hepatica {
namespace {

constexpr size_t kMostFaults = 10;

using Member = std::optional<double> SegmentationResult::*;
const std::vector<std::pair<std::string, Member>> kFigures{
    {"dice", &SegmentationResult::dice},
    {"jaccard", &SegmentationResult::jaccard},
    {"volume_error", &SegmentationResult::volume_error},
    {"surface_dice", &SegmentationResult::surface_dice},
    {"hausdorff_95_mm", &SegmentationResult::hausdorff_95_mm},
    {"mean_surface_distance_mm", &SegmentationResult::mean_surface_distance_mm}};

struct Pair {
  std::string case_id, patient;
  fs::path prediction, reference;
};

std::vector<Pair> read_pairs(const fs::path& file) {
  const CsvTable table = read_csv(file);
  const size_t id = table.column("case_id"), prediction = table.column("prediction"),
               reference = table.column("reference");
  const auto patient = table.find("patient");
  std::vector<Pair> pairs;
  std::vector<std::string> faults;
  std::set<std::string> seen;
  for (const auto& row : table.rows) {
    const Pair pair{row.cells[id],
                    patient ? row.cells[*patient] : row.cells[id],
                    file.parent_path() / row.cells[prediction],
                    file.parent_path() / row.cells[reference]};
    if (!seen.insert(pair.case_id).second)
      faults.push_back(
          fmt::format("{}: case '{}' occurs twice; give each pair one row", table.where(row), pair.case_id));
    for (const size_t column : {prediction, reference})
      if (row.cells[column].empty() || !fs::exists(file.parent_path() / row.cells[column]))
        faults.push_back(fmt::format(
            "{}: {} '{}' is not there; correct the path", table.where(row), table.header[column], row.cells[column]));
    pairs.push_back(pair);
  }
  if (faults.size() > kMostFaults) faults.resize(kMostFaults);
  if (!faults.empty()) throw Error(ErrorCode::bad_manifest, fmt::format("{}", fmt::join(faults, "\n")));
  if (pairs.empty())
    throw Error(ErrorCode::bad_manifest, table.file + ": the table has no rows; there is nothing to evaluate");
  return pairs;
}

/// Mean per patient of what is defined, so that a patient counts by its cases.
stats::Estimate mean_over_patients(const std::vector<SegmentationResult>& results,
                                   Member figure,
                                   const stats::BootstrapOptions& options) {
  std::map<std::string, size_t> index;
  std::vector<double> sums, counts;
  for (const SegmentationResult& one : results) {
    if (!(one.*figure)) continue;
    const auto [at, added] = index.emplace(one.patient, sums.size());
    if (added) sums.push_back(0), counts.push_back(0);
    sums[at->second] += *(one.*figure);
    counts[at->second] += 1;
  }
  if (sums.empty()) return stats::undefined(0, "it is defined for no case");
  return stats::ratio_estimate(sums, counts, options);
}

}  // namespace

SegmentationResult compare_masks(const Mask& predicted, const Mask& reference, double tolerance_mm) {
  SegmentationResult result;
  const stats::OverlapCounts counts = overlap(predicted, reference);
  const double voxel = reference.geometry().voxel_volume_ml();
  result.predicted_ml = double(counts.both + counts.predicted_only) * voxel;
  result.reference_ml = double(counts.both + counts.reference_only) * voxel;
  result.dice = stats::dice(counts);
  result.jaccard = stats::jaccard(counts);
  result.volume_error = stats::relative_volume_error(counts);
  if (const auto distances = surface_distances(predicted, reference)) {
    result.surface_dice = surface_dice(*distances, tolerance_mm);
    result.hausdorff_95_mm = hausdorff_95(*distances);
    result.mean_surface_distance_mm = mean_surface_distance(*distances);
  }
  return result;
}

std::vector<SegmentationResult> evaluate_masks(const fs::path& table, const SegmentationOptions& options) {
  std::vector<SegmentationResult> results;
  for (const Pair& pair : read_pairs(table)) try {
      const Mask reference = read_mask_any(pair.reference);
      const Mask predicted = read_mask_any(pair.prediction, reference.geometry());
      results.push_back(compare_masks(predicted, reference, options.tolerance_mm));
      results.back().case_id = pair.case_id;
      results.back().patient = pair.patient;
    } catch (const Error& error) {
      throw error.with_context("case '" + pair.case_id + "'");
    }
  return results;
}

std::vector<stats::NamedEstimate> segmentation_means(const std::vector<SegmentationResult>& results,
                                                     const SegmentationOptions& options) {
  std::vector<stats::NamedEstimate> means;
  for (const auto& [name, figure] : kFigures)
    means.push_back({name, mean_over_patients(results, figure, options.bootstrap), {}});
  return means;
}

nlohmann::json json_from_segmentation(const std::vector<SegmentationResult>& results,
                                      const SegmentationOptions& options) {
  nlohmann::json json{
      {"n", results.size()}, {"tolerance_mm", options.tolerance_mm}, {"cases", nlohmann::json::array()}};
  for (const auto& named : segmentation_means(results, options))
    json["metrics"][named.name] = stats::json_from_estimate(named.estimate);
  for (const SegmentationResult& one : results) {
    nlohmann::json row{
        {"case_id", one.case_id}, {"predicted_ml", one.predicted_ml}, {"reference_ml", one.reference_ml}};
    for (const auto& [name, figure] : kFigures)
      row[name] = one.*figure ? nlohmann::json(*(one.*figure)) : nlohmann::json(nullptr);
    json["cases"].push_back(row);
  }
  return json;
}

std::string csv_from_segmentation(const std::vector<SegmentationResult>& results) {
  std::vector<std::string> header{"case_id", "patient", "predicted_ml", "reference_ml"};
  for (const auto& [name, figure] : kFigures) header.push_back(name);
  std::string csv = csv_line(header);
  for (const SegmentationResult& one : results) {
    std::vector<std::string> cells{
        one.case_id, one.patient, fmt::format("{:.9g}", one.predicted_ml), fmt::format("{:.9g}", one.reference_ml)};
    for (const auto& [name, figure] : kFigures)
      cells.push_back(one.*figure ? fmt::format("{:.9g}", *(one.*figure)) : std::string());
    csv += csv_line(cells);
  }
  return csv;
}

}  // namespace hepatica
