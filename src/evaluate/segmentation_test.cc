#include "evaluate/segmentation.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "evaluate/surface_distance.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

Geometry grid() {
  Geometry geometry;
  geometry.size = {12, 12, 8};
  geometry.spacing = {.7, .8, 5};
  return geometry;
}

/// Half-open box of ones.
void fill(Mask& mask, int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t k0, int64_t k1) {
  for (int64_t k = k0; k < k1; ++k)
    for (int64_t j = j0; j < j1; ++j)
      for (int64_t i = i0; i < i1; ++i) mask.at(i, j, k) = 1;
}

std::pair<Mask, Mask> two_boxes() {
  Mask a(grid()), b(grid());
  fill(a, 2, 8, 3, 9, 2, 6);
  fill(b, 3, 10, 4, 10, 1, 5);
  b.at(2, 2, 6) = 1;
  return {a, b};
}

TEST(SurfaceDistance, AgreesWithScipyOnAnisotropicVoxels) {
  const auto [a, b] = two_boxes();
  const auto distances = surface_distances(a, b);
  ASSERT_TRUE(distances);
  // SciPy 1.10.1: ndimage.binary_erosion (6 neighbours, border 0), distance_transform_edt(sampling=(5, .8, .7)).
  EXPECT_EQ(distances->predicted_to_reference.size(), 112u);
  EXPECT_EQ(distances->reference_to_predicted.size(), 129u);
  EXPECT_NEAR(hausdorff_95(*distances), 5.092488924779239, 1e-9);
  EXPECT_NEAR(mean_surface_distance(*distances), 2.1236225828277027, 1e-9);
  EXPECT_NEAR(surface_dice(*distances, 1), 0.5228215767634855, 1e-12);
}

TEST(Segmentation, ByHand) {
  const auto [a, b] = two_boxes();
  const SegmentationResult r = compare_masks(b, a, 1);
  // 5 x 5 x 3 voxels in both, 144 and 169 in each.
  EXPECT_NEAR(*r.dice, 2. * 75 / (144 + 169), 1e-12);
  EXPECT_NEAR(*r.jaccard, 75. / (144 + 169 - 75), 1e-12);
  EXPECT_NEAR(*r.volume_error, 25. / 144, 1e-12);
  EXPECT_NEAR(r.reference_ml, 144 * .7 * .8 * 5 / 1000, 1e-12);
}

TEST(Segmentation, EqualAndEmptyMasks) {
  const auto [a, b] = two_boxes();
  const SegmentationResult same = compare_masks(a, a, 1);
  EXPECT_EQ(*same.dice, 1);
  EXPECT_EQ(*same.hausdorff_95_mm, 0);
  EXPECT_EQ(*same.surface_dice, 1);
  const Mask none(grid());
  const SegmentationResult missed = compare_masks(none, a, 1), empty = compare_masks(none, none, 1);
  EXPECT_EQ(*missed.dice, 0);
  EXPECT_FALSE(missed.hausdorff_95_mm);
  EXPECT_FALSE(empty.dice);
  Geometry other = grid();
  other.spacing[0] = 1;
  EXPECT_THROW(surface_distances(a, Mask(other)), Error);
}

TEST(Segmentation, TableOfPairs) {
  const TemporaryFolder folder;
  const auto [a, b] = two_boxes();
  write_mask(folder.path() / "a.nii.gz", a);
  write_mask(folder.path() / "b.nii.gz", b);
  write_file(
      folder.path() / "pairs.csv",
      "case_id,patient,prediction,reference\n1,p,b.nii.gz,a.nii.gz\n2,p,a.nii.gz,a.nii.gz\n3,q,a.nii.gz,b.nii.gz\n");
  SegmentationOptions options;
  options.bootstrap.resamples = 200;
  const auto results = evaluate_masks(folder.path() / "pairs.csv", options);
  ASSERT_EQ(results.size(), 3u);
  const auto means = segmentation_means(results, options);
  EXPECT_EQ(means[0].name, "dice");
  EXPECT_NEAR(*means[0].estimate.value, (1 + 2 * 150. / 313) / 3, 1e-9);
  EXPECT_EQ(json_from_segmentation(results, options)["cases"].size(), 3u);
  EXPECT_EQ(parse_csv(csv_from_segmentation(results), "cases").rows.size(), 3u);
}

TEST(Segmentation, NamesEveryMissingFile) {
  const TemporaryFolder folder;
  write_file(folder.path() / "pairs.csv", "case_id,prediction,reference\n1,x.nii,y.nii\n1,z.nii,y.nii\n");
  try {
    evaluate_masks(folder.path() / "pairs.csv", {});
    FAIL();
  } catch (const Error& error) {
    const std::string text = error.what();
    for (const char* part :
         {"line 2: prediction 'x.nii'", "line 2: reference 'y.nii'", "line 3: prediction 'z.nii'", "twice"})
      EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace hepatica
