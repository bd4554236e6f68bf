// Variations of a slice's grey values; each is one small function.
#pragma once

#include "base/rng.h"
#include "dataset/slice.h"

namespace hepatica {

/// Values in [0, 300] HU become 300 * (gain * hu / 300)^gamma + offset (gamma 1: a line); darker ones only take offset.
void change_contrast(LearningSlice& slice, double gain, double gamma, double offset);

/// Adds noise of standard deviation `sigma` HU; `grain_px` is the blur of the noise before it is scaled (0: white).
void add_noise(LearningSlice& slice, double sigma, double grain_px, Rng& rng);

/// Gaussian blur of standard deviation `sigma_px`.
void blur(std::vector<float>& values, int64_t width, int64_t height, double sigma_px);

/// Unsharp mask: values + amount * (values - blurred).
void sharpen(LearningSlice& slice, double sigma_px, double amount);

/// Averages `factor` x `factor` pixels and interpolates them back: a scan of low resolution.
void coarsen(LearningSlice& slice, int64_t factor);

/// Adds `delta` HU to the liver with an edge softened by one pixel.
void shift_liver(LearningSlice& slice, double delta);

/// Gives the liver the look of fat and bowel (values around `hu`) and unlabels it: a slice without liver.
void erase_liver(LearningSlice& slice, double hu, Rng& rng);

/// Fills `count` rectangles of up to `side_mm` with one value each, whatever lies there; labels stay.
void occlude(LearningSlice& slice, int count, double side_mm, Rng& rng);

/// What painted blobs are like.
struct BlobOptions {
  int count = 1;
  double radius_low_mm = 4, radius_high_mm = 40;  ///< log-uniform
  double delta_low = -70, delta_high = 70;  ///< HU against what lies there (inside) or against the liver (outside)
};

/// Irregular round blobs inside the liver, which stay labelled as liver: lesions of any look. Those that show get a
/// box.
void paint_blobs_inside(LearningSlice& slice, const BlobOptions& options, Rng& rng);

/// The same in tissue outside the liver: masses that are no liver. Slices without liver take 100 HU as its value.
void paint_blobs_outside(LearningSlice& slice, const BlobOptions& options, Rng& rng);

}  // namespace hepatica
