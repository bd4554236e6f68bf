// Maps of crops on the grid of the image that they were cut from.
#pragma once

#include "study/findings.h"

namespace hepatica {

/// The maps of a stage's crops of image `index` on its grid: 0 outside the crops and on slices without one, the largest
/// where crops overlap, linear between the cells of a map. 0..1.
Volume<float> voxel_map(const StagePrediction& stage, const PreprocessedStudy& study, size_t index);

}  // namespace hepatica
