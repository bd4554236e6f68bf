// Agreement of two segmentations from their voxel counts.
#pragma once

#include <cstdint>
#include <optional>

namespace hepatica::stats {

/// Voxels of a prediction and a reference on one grid.
struct OverlapCounts {
  int64_t both = 0, predicted_only = 0, reference_only = 0;
};

/// 2 both / (predicted + reference); nothing where both are empty.
std::optional<double> dice(const OverlapCounts& counts);
/// both / union; nothing where both are empty.
std::optional<double> jaccard(const OverlapCounts& counts);
/// (predicted - reference) / reference volume; nothing where the reference is empty.
std::optional<double> relative_volume_error(const OverlapCounts& counts);

}  // namespace hepatica::stats
