// Variations of a classifier's crop on its grey values, as LiLNet trains with them (Nat Commun 2024;
// github.com/yangmeiyi/Liver, commit 2032589, transforms/my_transforms.py).
#pragma once

#include <string>
#include <vector>

#include "base/options.h"
#include "base/rng.h"
#include "image/plane.h"

namespace hepatica {

/// Done in the order of the fields. All 0 leaves a crop as it is. Known bugs of the published code that are mended
/// here, and change numbers: its noise is cast to 8 bits without a lower clip, so that black turns white; here values
/// are clipped to black and white, and not cut to whole grey values.
struct CropAugmentOptions {
  double flip_x = 0, flip_y = 0;  ///< probabilities
  /// Turned by an angle drawn uniformly in +/-, about the middle, nearest pixels, corners black.
  double rotation_deg = 0;
  double invert = 0;  ///< probability that grey values are turned round, after the turn: its corners become white
  /// Classes or labels whose crops are inverted before the turn, so that corners stay black (LiLNet: cyst).
  std::vector<std::string> invert_first;
  double noise = 0;       ///< probability of Gaussian noise, one plane for all channels
  double noise_grey = 1;  ///< its standard deviation in 255ths of the range; the code calls its 1 a variance
  double salt_pepper = 0;
  double salt_pepper_density = 0.2;  ///< part of the pixels that become black or white, half each
};

/// Error{bad_recipe} on unknown keys and values out of range.
CropAugmentOptions crop_augment_options(const Block& block);

/// Values of a crop that stand for black and white.
struct GreyRange {
  float black = 0, white = 1;
};

/// Varies `crop` by draws from `rng`. `invert_first` inverts before the turn and not after it.
void vary_crop(
    PlaneImage& crop, const GreyRange& range, bool invert_first, const CropAugmentOptions& options, Rng& rng);

/// `image` turned against the clock by `degrees` about its middle; nearest pixels as Pillow's Image.rotate takes them,
/// `fill` outside.
PlaneImage turned(const PlaneImage& image, double degrees, float fill);

}  // namespace hepatica
