// Patches of volumes on a network's grid, with their variation.
//
// Places after Isensee et al., nnU-Net, Nat Methods 2021 (Methods, "Training"): a third of the patches holds liver for
// certain, the others lie anywhere in the volume.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/options.h"
#include "dataset/augment.h"

namespace hepatica {

/// Voxels along D (slices), H, W.
using Size3 = std::array<int64_t, 3>;

/// A volume on the network's grid, of voxels as long as wide and high.
struct GridVolume {
  Size3 size{0, 0, 0};
  std::vector<float> values;          ///< [D, H, W], 0..1
  std::vector<uint8_t> liver;         ///< [D, H, W], the fraction of the voxel that is liver, in 255ths
  std::vector<int64_t> liver_before;  ///< [D + 1]: voxels that are half liver or more in the slices before

  /// Sets `liver_before`.
  void count_liver();
};

/// How patches are varied. The probabilities are 0 by default, which leaves a patch as it is.
struct PatchAugmentOptions : IntensityOptions {
  double warp = 0;                            ///< probability of a turn and a magnification
  double rotation_deg = 30;                   ///< about each axis, uniform in +/- (nnU-Net)
  double scale_low = 0.7, scale_high = 1.4;   ///< log-uniform magnification (nnU-Net; there uniform)
  double flip_x = 0, flip_y = 0, flip_z = 0;  ///< probabilities
};

/// Error{bad_recipe} on unknown keys.
PatchAugmentOptions patch_augment_options(const Block& block);

struct PatchOptions {
  Size3 size{128, 128, 128};
  double foreground = 1.0 / 3;  ///< share of the patches of a batch that hold liver (nnU-Net)
  /// Such a patch lies around a voxel of the liver, off its middle by up to this part of its sides (our choice;
  /// nnU-Net: 0), so that the middle is not always liver. Below .5, so that the voxel stays inside.
  double jitter = 0.25;
  PatchAugmentOptions augment;
};

/// Patches of a batch of two or more that hold liver: the share of them, rounded, at least one where the share is above
/// 0 (nnU-Net). They are the last ones.
size_t foreground_patches(size_t batch, double share);

/// First voxel of a patch anywhere in the volume. Where an axis is shorter than the patch, the volume lies anywhere in
/// the patch.
Size3 draw_start(const GridVolume& volume, const Size3& patch, Rng& rng);

/// Of one that holds a voxel of the liver, drawn alike from all; of any where the volume has none.
Size3 draw_liver_start(const GridVolume& volume, const Size3& patch, double jitter, Rng& rng);

struct Patch {
  std::vector<float> values, liver;  ///< [D, H, W], 0..1; 0 outside the volume
};

/// The voxels from `start` on, as inference looks at them.
Patch cut_patch(const GridVolume& volume, const Size3& start, const Size3& size);

/// Grey values as HU, for variations that are stated in HU.
struct HuRange {
  double low = 0, high = 1;  ///< HU of the values 0 and 1
};

/// The same, turned and magnified about its middle (linear), flipped, and with its grey values varied: all slices alike
/// (augment.h), each with its own noise.
Patch varied_patch(const GridVolume& volume,
                   const Size3& start,
                   const Size3& size,
                   double spacing_mm,
                   const HuRange& hu,
                   const PatchAugmentOptions& options,
                   const Rng& rng);

}  // namespace hepatica
