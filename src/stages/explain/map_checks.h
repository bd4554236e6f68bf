// Checks whether a map deserves trust: does it rest on what the network has learnt, does the network's answer hang on
// the pixels that it marks, and does it point at the lesion.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "study/stages.h"

namespace hepatica {

/// Probability of a class while the pixels of a crop are taken away or given back, the map's highest first.
struct FidelityCurve {
  std::vector<double> probability;  ///< after 0, 1/steps, 2/steps, ... 1 of the pixels
  double area = 0;                  ///< under the curve by the trapezoid rule, 0..1
};

/// Deletion (Petsiuk et al., BMVC 2018): pixels become 0, the network's mean. A faithful map makes the probability fall
/// early: a small area. `map` has one value a pixel of the crop; equal ones follow in a fixed random order.
FidelityCurve deletion_curve(
    const CropModel& model, const PlaneImage& crop, size_t chosen, std::span<const float> map, int64_t steps);

/// Insertion (same paper): pixels of the crop come back into its blurred form (Gaussian, standard deviation a twentieth
/// of the side; the paper does not say how much). A faithful map makes the probability rise early: a large area.
FidelityCurve insertion_curve(
    const CropModel& model, const PlaneImage& crop, size_t chosen, std::span<const float> map, int64_t steps);

/// Spearman's correlation of two maps of the same grid; absent where one is constant. For the parameter randomisation
/// test (Adebayo et al., NeurIPS 2018): a map that stays alike when layers forget what they learnt shows the picture,
/// not the network.
std::optional<double> map_correlation(std::span<const float> first, std::span<const float> second);

/// Pixels of a crop on which the mask is not 0, or whose distance to such a pixel is at most `tolerance` pixels, row by
/// row; 0 beyond the slice.
std::vector<uint8_t> mask_on_crop(const Mask& mask, int64_t slice, const Box2& crop, double tolerance);

/// The pixel at which the map is highest, the middle of those that share the top; absent for a constant map (which
/// points nowhere). The pointing game (Zhang et al., IJCV 2018) asks whether it lies on the lesion.
std::optional<size_t> highest_pixel(std::span<const float> map, int64_t columns);

}  // namespace hepatica
