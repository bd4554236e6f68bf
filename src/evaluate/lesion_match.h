// Found lesions and livers against reference masks.
#pragma once

#include <set>
#include <vector>

#include "image/volume.h"
#include "stats/overlap.h"
#include "study/findings.h"

namespace hepatica {

/// One lesion of a reference mask.
struct ReferenceLesion {
  int label = 0;            ///< its value in the mask
  double long_axis_mm = 0;  ///< longest distance between voxel centres on one slice along k, plus one pixel
  double volume_ml = 0;
};

/// The lesions of a label mask, by label. A mask whose only value is 1 is first split into its components (26
/// neighbours), numbered from 1; at most 255, the largest are kept.
Mask separate_lesions(const Mask& mask);
std::vector<ReferenceLesion> measure_lesions(const Mask& labels);

/// Voxels of both masks that are not 0. Error{bad_geometry} where the grids differ.
stats::OverlapCounts overlap(const Mask& predicted, const Mask& reference);

/// What was found of the references of one image.
struct LesionMatch {
  std::set<int> found;                 ///< labels of reference lesions that a predicted lesion overlaps
  std::vector<std::set<int>> touched;  ///< per predicted lesion: labels of the reference lesions that it overlaps
  std::vector<uint8_t> judged;         ///< per predicted lesion: 1 where it was seen in an image with a reference
};

/// A predicted lesion overlaps a reference lesion where one of its boxes, on its own slice of its own image, holds a
/// voxel of it. `references` has one entry per image of the study: its label mask on the image's grid, or null.
LesionMatch match_lesions(const std::vector<Lesion>& predicted, const std::vector<const Mask*>& references);

}  // namespace hepatica
