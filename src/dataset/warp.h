// Geometric variation of a slice.
#pragma once

#include "base/rng.h"
#include "dataset/slice.h"

namespace hepatica {

/// Ranges that a geometric variation is drawn from.
struct WarpOptions {
  double rotation_deg = 12;                   ///< uniform in +/-
  double scale_low = 0.8, scale_high = 1.25;  ///< log-uniform magnification
  double stretch = 0.08;                      ///< log of the aspect, uniform in +/-
  double shift = 0.08;                        ///< of the output's side, uniform in +/- on each axis
  double flip_x = 0, flip_y = 0;              ///< probabilities
  double elastic_mm = 0;  ///< largest displacement by a smooth field; boxes follow the affine part only
};

/// Output pixel to source pixel: source = a * (u - center of the output) + center + elastic waves.
struct Warp {
  double a[2][2] = {{1, 0}, {0, 1}};
  double center_in[2] = {0, 0}, center_out[2] = {0, 0};
  /// Displacement in source pixels: sum of amplitude * sin(kx * u + ky * v + phase).
  struct Wave {
    double amplitude[2], kx, ky, phase;
  };
  std::vector<Wave> waves;
};

/// A variation that maps `slice` onto width x height pixels of `spacing_mm`; the middle stays the middle but for the
/// shift.
Warp draw_warp(
    const LearningSlice& slice, int64_t width, int64_t height, double spacing_mm, const WarpOptions& options, Rng& rng);

/// The slice under `warp`: linear for HU (after a box average where it shrinks), nearest for the liver, air outside.
/// A box follows as the box around the ellipse that it holds, clipped to the image; dropped where less than a quarter
/// is left.
LearningSlice warped(const LearningSlice& slice, const Warp& warp, int64_t width, int64_t height, double spacing_mm);

}  // namespace hepatica
