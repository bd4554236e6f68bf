// Pairs of masks: overlap, volume and distances of their surfaces.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/csv.h"
#include "base/files.h"
#include "image/volume.h"
#include "stats/classification.h"

namespace hepatica {

/// What one pair of masks gives; what is not defined is absent (Dice of two empty masks, distances to an empty one).
struct SegmentationResult {
  std::string case_id, patient;
  double predicted_ml = 0, reference_ml = 0;
  std::optional<double> dice, jaccard, volume_error, surface_dice, hausdorff_95_mm, mean_surface_distance_mm;
};

struct SegmentationOptions {
  double tolerance_mm = 2;  ///< of the surface Dice
  stats::BootstrapOptions bootstrap;
};

/// Any label other than 0 counts.
SegmentationResult compare_masks(const Mask& predicted, const Mask& reference, double tolerance_mm);

/// A table with the columns case_id, prediction, reference and optional patient; paths are absolute or relative to the
/// table's folder, of NIfTI, NRRD, MetaImage or DICOM masks. The prediction is read onto the reference's grid. Errors
/// name file, line and mend, up to ten missing files at once.
std::vector<SegmentationResult> evaluate_masks(const fs::path& table, const SegmentationOptions& options);

/// Means over the cases where each is defined, with bootstrap intervals over patients.
std::vector<stats::NamedEstimate> segmentation_means(const std::vector<SegmentationResult>& results,
                                                     const SegmentationOptions& options);

nlohmann::json json_from_segmentation(const std::vector<SegmentationResult>& results,
                                      const SegmentationOptions& options);
/// One row a case.
std::string csv_from_segmentation(const std::vector<SegmentationResult>& results);

}  // namespace hepatica
