// Where patches lie and what they hold. Expected values are worked out by hand.
#include "dataset/patch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace hepatica {
namespace {

/// Voxel v holds v / count; the liver is a box of voxels.
GridVolume counted(const Size3& size, const Size3& low, const Size3& high) {
  GridVolume volume;
  volume.size = size;
  const int64_t count = size[0] * size[1] * size[2];
  for (int64_t v = 0; v < count; ++v) {
    const int64_t z = v / (size[1] * size[2]), y = v / size[2] % size[1], x = v % size[2];
    volume.values.push_back(float(v) / float(count));
    const bool inside = z >= low[0] && z < high[0] && y >= low[1] && y < high[1] && x >= low[2] && x < high[2];
    volume.liver.push_back(inside ? 255 : 0);
  }
  volume.count_liver();
  return volume;
}

double sum(const std::vector<float>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// nnU-Net: a third, rounded, at least one; one of two with its batch of two.
TEST(Patches, AThirdOfABatchHoldsLiver) {
  EXPECT_EQ(foreground_patches(2, 1.0 / 3), 1u);
  EXPECT_EQ(foreground_patches(6, 1.0 / 3), 2u);
  EXPECT_EQ(foreground_patches(9, 1.0 / 3), 3u);
  EXPECT_EQ(foreground_patches(4, 0), 0u);
  EXPECT_EQ(foreground_patches(4, 1), 4u);
}

TEST(Patches, ThoseOfTheLiverHoldItAwayFromTheMiddleToo) {
  const GridVolume volume = counted({20, 24, 28}, {3, 4, 5}, {4, 6, 8});  // 6 voxels
  EXPECT_EQ(volume.liver_before[3], 0);
  EXPECT_EQ(volume.liver_before[4], 6);
  const Size3 size{8, 8, 8};
  int middle = 0, random = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    const Size3 start = draw_liver_start(volume, size, 0.25, rng);
    for (size_t a = 0; a < 3; ++a) {
      EXPECT_GE(start[a], 0);
      EXPECT_LE(start[a] + 8, volume.size[a]);
    }
    const Patch patch = cut_patch(volume, start, size);
    EXPECT_GE(sum(patch.liver), 1);
    middle += patch.liver[(4 * 8 + 4) * 8 + 4] > 0;
    random += sum(cut_patch(volume, draw_start(volume, size, rng), size).liver) > 0;
  }
  EXPECT_LT(middle, 100);
  // Of 13 x 17 x 21 places 4 x 6 x 8 (starts 0..3, 0..5, 0..7) show a part of the liver: 4 %.
  EXPECT_LT(random, 30);
}

TEST(Patches, WithoutVariationTheyAreTheVolume) {
  const GridVolume volume = counted({4, 5, 6}, {1, 1, 1}, {3, 3, 3});
  const Patch patch = varied_patch(volume, {1, 2, 3}, {2, 2, 2}, 1.6, {-100, 200}, {}, Rng(1));
  const auto at = [](int z, int y, int x) { return float((z * 5 + y) * 6 + x) / 120; };
  EXPECT_EQ(
      patch.values,
      (std::vector<float>{
          at(1, 2, 3), at(1, 2, 4), at(1, 3, 3), at(1, 3, 4), at(2, 2, 3), at(2, 2, 4), at(2, 3, 3), at(2, 3, 4)}));
  EXPECT_EQ(sum(patch.liver), 0);
  EXPECT_EQ(sum(cut_patch(volume, {0, 0, 0}, {4, 5, 6}).liver), 8);
}

// As the sliding window fills what is missing (stages/segment/sliding_window.h).
TEST(Patches, BeyondASmallVolumeLiesZero) {
  const GridVolume volume = counted({2, 3, 4}, {0, 0, 0}, {2, 3, 4});
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    const Size3 start = draw_start(volume, {8, 8, 8}, rng);
    const Patch patch = cut_patch(volume, start, {8, 8, 8});
    EXPECT_EQ(sum(patch.liver), 24);
    EXPECT_NEAR(sum(patch.values), 23.0 / 2, 1e-4);  // (0 + ... + 23) / 24
  }
}

TEST(Patches, FlipsTurnImageAndLiverAlike) {
  const GridVolume volume = counted({2, 2, 2}, {0, 0, 0}, {1, 1, 1});
  PatchAugmentOptions options;
  options.flip_z = options.flip_x = 1;
  const Patch patch = varied_patch(volume, {0, 0, 0}, {2, 2, 2}, 1, {0, 1}, options, Rng(1));
  EXPECT_EQ(patch.values, (std::vector<float>{5 / 8.f, 4 / 8.f, 7 / 8.f, 6 / 8.f, 1 / 8.f, 0 / 8.f, 3 / 8.f, 2 / 8.f}));
  EXPECT_EQ(patch.liver, (std::vector<float>{0, 0, 0, 0, 0, 1, 0, 0}));
}

// A ball of 515 voxels (radius 5) in the middle: a turn leaves it, a magnification of 1.25 makes it 1.95 times as
// large.
TEST(Patches, AreTurnedAndMagnifiedAboutTheirMiddle) {
  GridVolume volume = counted({21, 21, 21}, {0, 0, 0}, {0, 0, 0});
  for (int64_t v = 0; v < 9261; ++v) {
    const double z = double(v / 441) - 10, y = double(v / 21 % 21) - 10, x = double(v % 21) - 10;
    const bool inside = z * z + y * y + x * x <= 25;
    volume.liver[size_t(v)] = inside ? 255 : 0;
    volume.values[size_t(v)] = inside ? 1.0f : 0.0f;
  }
  volume.count_liver();
  const double before = double(volume.liver_before.back());
  PatchAugmentOptions options;
  options.warp = 1;
  options.scale_low = options.scale_high = 1;
  const Patch turned = varied_patch(volume, {0, 0, 0}, {21, 21, 21}, 1, {0, 1}, options, Rng(3));
  EXPECT_NE(turned.values, volume.values);
  EXPECT_NEAR(sum(turned.liver), before, 0.02 * before);
  options.rotation_deg = 0;
  options.scale_low = options.scale_high = 1.25;
  const Patch larger = varied_patch(volume, {0, 0, 0}, {21, 21, 21}, 1, {0, 1}, options, Rng(3));
  EXPECT_NEAR(sum(larger.liver), before * 1.953125, 0.04 * before);
  for (size_t v = 0; v < 9261; ++v) ASSERT_NEAR(larger.values[v], larger.liver[v], 1e-5);
}

TEST(Patches, GreyValuesVaryAlikeInAllSlicesWithNoiseOfTheirOwn) {
  GridVolume volume = counted({6, 16, 16}, {0, 0, 0}, {0, 0, 0});
  std::fill(volume.values.begin(), volume.values.end(), 0.5f);  // 50 HU of 0..100
  PatchAugmentOptions options;
  options.contrast = 1;
  const auto slice_mean = [](const Patch& patch, size_t z) {
    return std::accumulate(
               patch.values.begin() + int64_t(z * 256), patch.values.begin() + int64_t((z + 1) * 256), 0.0) /
           256;
  };
  const Patch contrast = varied_patch(volume, {0, 0, 0}, {6, 16, 16}, 1, {0, 100}, options, Rng(5));
  EXPECT_NE(contrast.values[0], 0.5f);
  for (const float value : contrast.values) EXPECT_EQ(value, contrast.values[0]);
  options = {};
  options.noise = 1;
  const Patch noise = varied_patch(volume, {0, 0, 0}, {6, 16, 16}, 1, {0, 100}, options, Rng(5));
  EXPECT_NE(slice_mean(noise, 0), slice_mean(noise, 1));
  EXPECT_EQ(noise.values, varied_patch(volume, {0, 0, 0}, {6, 16, 16}, 1, {0, 100}, options, Rng(5)).values);
}

TEST(Patches, VariationsOfSlicesAloneAreNamed) {
  const Block block{YAML::Load("{warp: 0.2, paint: 1}"), "r.yaml", "train.segment.augment"};
  try {
    patch_augment_options(block);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("paint"), std::string::npos);
  }
}

}  // namespace
}  // namespace hepatica
