#include "io/mask_source.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "io/dicom_ct_writer.h"
#include "io/dicom_seg.h"
#include "io/dicom_test_study.h"
#include "io/mask_cell.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

size_t count(const Mask& mask, uint8_t label) {
  return size_t(std::count(mask.values().begin(), mask.values().end(), label));
}

Mask sample(const Geometry& geometry) {
  Mask mask(geometry);
  for (int64_t i = 2; i < 8; ++i) mask.at(i, 5, 2) = i < 5 ? 1 : 2;
  return mask;
}

TEST(MaskSource, ReadsVolumesSegAndDicomSlicesAlike) {
  const TemporaryFolder folder;
  const TestStudy test = test_study();
  const Mask mask = sample(test.geometry);
  write_mask(folder.path() / "m.nii.gz", mask);
  write_dicom_seg(folder.path() / "m.dcm",
                  test.study,
                  test.study.series[0],
                  mask,
                  {liver_segment({1, 2}), lesion_segment(1, {2})},
                  test.provenance);
  Volume<int16_t> slices(test.geometry);
  std::transform(mask.values().begin(), mask.values().end(), slices.values().begin(), [](uint8_t v) {
    return int16_t(v ? 255 : 0);
  });
  const CtSeriesOptions series;
  write_ct_series(folder.path() / "slices", slices, series);
  for (const char* name : {"m.nii.gz", "m.dcm"}) {
    const Mask read = read_mask_any(folder.path() / name, test.geometry);
    EXPECT_EQ(read.geometry(), test.geometry) << name;
    EXPECT_TRUE(std::equal(mask.values().begin(), mask.values().end(), read.values().begin())) << name;
    EXPECT_EQ(count(read_mask_any(folder.path() / name, test.geometry, 2), 1), 3u) << name;
  }
  EXPECT_EQ(count(read_mask_any(folder.path() / "m.dcm", test.geometry, 1), 1), 6u);  // the whole liver
  EXPECT_EQ(count(read_mask_any(folder.path() / "slices", test.geometry), 1), 6u);
  EXPECT_EQ(read_mask_any(folder.path() / "slices", test.geometry).at(2, 5, 2), 1);
}

TEST(MaskSource, BringsMasksToTheTargetOrSaysWhyNot) {
  const TemporaryFolder folder;
  const TestStudy test = test_study();
  write_mask(folder.path() / "m.nii.gz", sample(test.geometry));
  Geometry part = test.geometry;  // from slice 2 on
  part.size[2] = 2;
  part.origin = world_from_index(test.geometry, {0, 0, 2});
  EXPECT_EQ(read_mask_any(folder.path() / "m.nii.gz", part).at(2, 5, 0), 1);
  part.origin[0] += 1000;
  const auto code_of = [](const auto& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  };
  EXPECT_EQ(code_of([&] { read_mask_any(folder.path() / "m.nii.gz", part); }), ErrorCode::bad_geometry);
  EXPECT_EQ(code_of([&] { read_mask_any(folder.path() / "none.nii", part); }), ErrorCode::not_found);
  EXPECT_EQ(code_of([&] { read_mask_any(folder.path(), part); }), ErrorCode::no_images);
}

TEST(MaskCell, ExpandsSources) {
  TemporaryFolder folder;
  for (const char* name : {"tumor10.nii", "tumor2.nii", "liver.nii"}) write_file(folder.path() / name, "x");
  const auto sources = mask_sources("tumor*;liver.nii#5", folder.path());
  ASSERT_EQ(sources.size(), 3u);
  EXPECT_EQ(sources[0].path.filename(), "tumor2.nii");
  EXPECT_EQ(sources[1].path.filename(), "tumor10.nii");
  EXPECT_EQ(sources[2].label, 5);
  EXPECT_THROW(mask_sources("spleen.nii", folder.path()), Error);
  EXPECT_THROW(mask_sources("spleen*", folder.path()), Error);
}

}  // namespace
}  // namespace hepatica
