// The variation of a slice for training, as a recipe states it.
#pragma once

#include "base/options.h"
#include "dataset/intensity.h"
#include "dataset/warp.h"

namespace hepatica {

/// Probabilities and ranges of the grey values' variations; all 0 leaves them as they are. None of these values is from
/// a paper: they spread scanners, protocols and contrast phases well beyond what the images hold.
struct IntensityOptions {
  double contrast = 0;    ///< probability
  double gain = 0.4;      ///< log of the gain, uniform in +/-
  double gamma = 0.3;     ///< log of the exponent, uniform in +/-
  double offset_hu = 15;  ///< uniform in +/-
  double noise = 0;       ///< probability
  double noise_hu = 35;   ///< largest standard deviation
  double blur = 0, blur_px = 1.2;
  double sharpen = 0, sharpen_amount = 1.5;
  double coarsen = 0;
  int coarsen_factor = 3;  ///< largest
  double occlude = 0;
  double crop_range = 0;  ///< probability of clipping to a random narrower range, as windowed pictures are
};

/// Reads these keys.
void read_intensity_options(OptionReader& reader, IntensityOptions& options);

/// Those of a slice's shape and tissue, too; all 0 leaves a slice as it is.
struct AugmentOptions : IntensityOptions {
  WarpOptions warp;
  double shift_liver = 0, shift_liver_hu = 40;
  double paint = 0;     ///< probability of synthetic lesions (phantom/painted.h) in a slice with liver
  int paint_count = 3;  ///< largest
  double blobs_inside = 0;
  int blobs_inside_count = 6;  ///< largest
  double blobs_outside = 0;
  int blobs_outside_count = 2;
  double blob_contrast_hu = 70;
  double erase_liver = 0;  ///< probability for a slice whose liver covers less than `erase_below` of the image
  double erase_below = 0.03;
  /// Slices without planes beside them get made-up ones, as for planes this far away; 0: they stay without. Into known
  /// planes the changes of tissue go on, by a random share.
  double context_mm = 0;
};

/// Error{bad_recipe} on unknown keys.
AugmentOptions augment_options(const Block& block);

/// A variation of `slice` on width x height pixels of `spacing_mm`, drawn from `rng` alone.
LearningSlice augmented(const LearningSlice& slice,
                        int64_t width,
                        int64_t height,
                        double spacing_mm,
                        const AugmentOptions& options,
                        Rng& rng);

/// The same under a geometric variation drawn before.
LearningSlice augmented(const LearningSlice& slice,
                        const Warp& warp,
                        int64_t width,
                        int64_t height,
                        double spacing_mm,
                        const AugmentOptions& options,
                        Rng& rng);

/// The planes of one lesion in several phases on side x side pixels around its box: one geometric variation of all
/// (each turned about its own box), and each phase's own of the grey values. The pixels are the slice's, or larger
/// where `field_px` of those would not fit.
std::vector<LearningSlice> augmented_planes(
    const std::vector<LearningSlice>& planes, int64_t side, double field_px, const AugmentOptions& options, Rng& rng);

/// The grey values part alone: what is done is drawn from `rng`, the noise itself from `noise` (they may be one).
/// Slices of one volume are varied alike by equal states of `rng`, with noise of their own.
void vary_intensity(LearningSlice& slice, const IntensityOptions& options, Rng& rng, Rng& noise);

}  // namespace hepatica
