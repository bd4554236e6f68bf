// What the scanner adds to the anatomy: blur, noise, streaks, table, the circle of reconstruction.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "phantom/anatomy.h"
#include "phantom/canvas.h"

namespace hepatica::phantom {

/// Blurs a picture [rows*columns] by a Gaussian of `sigma` pixels; edges are repeated. Nothing below 0.2 pixels.
void blur(std::vector<float>& picture, int columns, int rows, float sigma);

/// Noise of unit standard deviation with the colour of a reconstruction kernel (0 soft .. 1 sharp), [rows*columns].
std::vector<float> coloured_noise(int columns, int rows, float pixel_mm, float kernel, Rng& rng);

/// The table below the body; paint it before the body.
void paint_table(Canvas& canvas, const Anatomy& anatomy);

/// Blur, streaks, noise and circle of reconstruction on a painted slice. `world_scale` is world mm per canvas mm.
void scan(Canvas& canvas, const Anatomy& anatomy, const ScannerOptions& scanner, float world_scale, Rng& rng);

}  // namespace hepatica::phantom
