// Lesions from linked boxes: their voxels, sizes, and best slices.
#pragma once

#include <array>
#include <vector>

#include "stages/detect/link.h"
#include "study/findings.h"

namespace hepatica {

/// The voxels of one lesion in one image.
struct LesionRegion {
  size_t image = 0;
  std::array<int64_t, 3> first{0, 0, 0}, size{0, 0, 0};  ///< part of the image's grid
  std::vector<uint8_t> inside;                           ///< [size[2], size[1], size[0]]
};

/// A lesion with its voxels in each image in which it was seen.
struct LesionWithRegions {
  Lesion lesion;
  std::vector<LesionRegion> regions;
};

/// The voxels within a track's boxes (interpolated on slices between) that differ from the liver around them by more
/// than half of what the lesion's core does; the ellipse in each box where the core does not stand out.
LesionRegion region_of(const Track& track, const PhaseImage& image);

/// Linked boxes -> lesions, largest long axis first. Axes and volume are those of the image in which the long axis is
/// largest; the box is that of the reference image where it was seen there.
std::vector<LesionWithRegions> find_lesions(const PreprocessedStudy& study, const std::vector<LinkedLesion>& linked);

/// The image on whose grid lesions are reported: portal venous, else the first.
size_t reference_image(const PreprocessedStudy& study);

/// Labels (lesion ids, at most 255) on the grid of one image; lesions not seen there are carried over by their world
/// position.
Mask paint_lesions(const PreprocessedStudy& study, const std::vector<LesionWithRegions>& lesions, size_t image);

/// Adds the lesions' voxels to the liver of each image, and to its volume.
void add_to_livers(PreprocessedStudy& study, const std::vector<LesionWithRegions>& lesions);

}  // namespace hepatica
