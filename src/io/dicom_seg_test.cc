#include "io/dicom_seg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "image/orient.h"
#include "io/dicom_check.h"
#include "io/dicom_seg_read.h"
#include "io/dicom_test_study.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

size_t count(const Mask& mask) {
  return size_t(std::count_if(mask.values().begin(), mask.values().end(), [](uint8_t v) { return v != 0; }));
}

/// Labels with sides that are no multiples of 8: liver 1, lesions 2 and 3; slice 1 empty.
Mask labels(const Geometry& geometry) {
  Mask mask(geometry);
  for (int64_t j = 2; j < 9; ++j)
    for (int64_t i = 1; i < 11; ++i) {
      mask.at(i, j, 0) = 1;
      mask.at(i, j, 3) = i < 5 ? 2 : i == 7 ? 3 : 1;
    }
  return mask;
}

const std::vector<SegmentDescription>& three_segments() {
  static const std::vector<SegmentDescription> kSegments{
      liver_segment({1, 2, 3}), lesion_segment(1, {2}), lesion_segment(2, {3})};
  return kSegments;
}

TEST(DicomSeg, ComesBackVoxelByVoxelWithOverlaps) {
  const TemporaryFolder folder;
  const TestStudy test = test_study();
  const Mask mask = labels(test.geometry);
  const SegReference reference = write_dicom_seg(
      folder.path() / "s.dcm", test.study, test.study.series[0], mask, three_segments(), test.provenance);
  EXPECT_EQ(reference.segment_of_lesion, (std::map<int, int>{{1, 2}, {2, 3}}));
  EXPECT_TRUE(is_dicom_seg(folder.path() / "s.dcm"));
  const Segmentation back = read_dicom_seg(folder.path() / "s.dcm");
  EXPECT_TRUE(same_grid(back.geometry, test.geometry, 1e-6));
  EXPECT_EQ(back.frame_of_reference_uid, test.study.series[0].tags.at("FrameOfReferenceUID"));
  ASSERT_EQ(back.segments.size(), 3u);
  EXPECT_EQ(back.segments[1].label, "Lesion 1");
  EXPECT_EQ(back.segments[1].type.value, "52988006");
  EXPECT_EQ(back.segments[1].tracking_uid, lesion_tracking_uid(test.study, test.provenance, 1));
  EXPECT_EQ(back.planes.size(), 4u);  // the liver on slices 0 and 3, each lesion on slice 3
  for (size_t s = 0; s < 3; ++s) {
    const Mask read = back.mask_of(int(s + 1));
    const auto& values = three_segments()[s].values;
    for (size_t n = 0; n < mask.values().size(); ++n)
      ASSERT_EQ(read.values()[n] != 0, std::find(values.begin(), values.end(), mask.values()[n]) != values.end());
  }
}

TEST(DicomSeg, PassesDciodvfyWithAndWithoutSources) {
  if (!dciodvfy_is_there()) GTEST_SKIP() << "dciodvfy (Debian dicom3tools) is not installed";
  const TemporaryFolder folder;
  TestStudy test = test_study();
  const Mask mask = labels(test.geometry);
  const fs::path path = folder.path() / "s.dcm";
  write_dicom_seg(path, test.study, test.study.series[0], mask, three_segments(), test.provenance);
  EXPECT_EQ(dciodvfy_errors(path), "");
  test.study.series[0].instances.clear();  // as after resampling
  write_dicom_seg(path, test.study, test.study.series[0], mask, three_segments(), test.provenance);
  EXPECT_EQ(dciodvfy_errors(path), "");
  Study bare;  // nothing known
  bare.uid = "folder name";
  write_dicom_seg(path, bare, Series{}, mask, three_segments(), Provenance{});
  EXPECT_EQ(dciodvfy_errors(path), "");
  write_dicom_seg(path, test.study, test.study.series[0], Mask(test.geometry), three_segments(), test.provenance);
  EXPECT_EQ(dciodvfy_errors(path), "");
  EXPECT_EQ(count(read_dicom_seg(path).mask_of(1)), 0u);
}

/// SOP instance UID and SpatialLocationsPreserved of the first frame's source.
std::pair<std::string, std::string> first_source(const fs::path& path) {
  DcmFileFormat file;
  DcmItem *frame = nullptr, *derivation = nullptr, *image = nullptr;
  file.loadFile(path.c_str());
  file.getDataset()->findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, frame, 0);
  if (!frame || frame->findAndGetSequenceItem(DCM_DerivationImageSequence, derivation, 0).bad()) return {};
  derivation->findAndGetSequenceItem(DCM_SourceImageSequence, image, 0);
  OFString uid, preserved;
  image->findAndGetOFString(DCM_ReferencedSOPInstanceUID, uid);
  image->findAndGetOFString(DCM_SpatialLocationsPreserved, preserved);
  return {uid.c_str(), preserved.c_str()};
}

TEST(DicomSeg, SourcesAreMatchedByPlaceNotByIndex) {
  const TemporaryFolder folder;
  TestStudy test = test_study();
  const Mask mask = labels(test.geometry);  // the first frame is the series' slice 0
  const fs::path path = folder.path() / "s.dcm";
  Series& series = test.study.series[0];
  const std::string first = series.instances[0].sop_instance_uid;
  write_dicom_seg(path, test.study, series, mask, three_segments(), test.provenance);
  EXPECT_EQ(first_source(path), std::pair(first, std::string("YES")));
  // The series turned upside down: its last slice is now the mask's first.
  series.geometry = reordered(test.geometry, AxisOrder{{0, 1, 2}, {false, false, true}});
  std::reverse(series.instances.begin(), series.instances.end());
  write_dicom_seg(path, test.study, series, mask, three_segments(), test.provenance);
  EXPECT_EQ(first_source(path), std::pair(first, std::string("REORIENTED_ONLY")));
  series.geometry.origin[2] += 1;  // between slices: no instance is named
  write_dicom_seg(path, test.study, series, mask, three_segments(), test.provenance);
  EXPECT_EQ(first_source(path).first, "");
}

TEST(DicomSeg, RandomBitsOfOddSizesSurvive) {
  const TemporaryFolder folder;
  const TestStudy test = test_study();
  Geometry g = test.geometry;
  g.size = {13, 7, 5};
  Mask mask(g);
  uint32_t state = 12345;
  for (uint8_t& value : mask.values()) value = uint8_t((state = state * 1664525u + 1013904223u) >> 31);
  const fs::path path = folder.path() / "s.dcm";
  write_dicom_seg(path, test.study, Series{}, mask, {liver_segment({1})}, test.provenance);
  const std::string bytes = read_file(path);
  const Mask back = read_dicom_seg(path).mask_of(1);
  EXPECT_TRUE(std::equal(mask.values().begin(), mask.values().end(), back.values().begin(), back.values().end()));
  write_dicom_seg(path, test.study, Series{}, mask, {liver_segment({1})}, test.provenance);
  EXPECT_EQ(read_file(path), bytes);
}

TEST(DicomSeg, RefusesBadInputByCode) {
  const TemporaryFolder folder;
  const TestStudy test = test_study();
  const Series& series = test.study.series[0];
  const auto code_of = [](const auto& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  };
  const fs::path path = folder.path() / "s.dcm";
  const Mask mask = labels(test.geometry);
  EXPECT_EQ(code_of([&] { write_dicom_seg(path, test.study, series, mask, {}, test.provenance); }), ErrorCode::usage);
  EXPECT_EQ(code_of([&] { write_dicom_seg(path, test.study, series, Mask(), three_segments(), test.provenance); }),
            ErrorCode::bad_geometry);
  EXPECT_EQ(code_of([&] { write_dicom_seg("/proc/x/s.dcm", test.study, series, mask, three_segments(), {}); }),
            ErrorCode::write_failed);
  EXPECT_EQ(code_of([&] { read_dicom_seg(path); }), ErrorCode::not_found);
  write_file(path, "text");
  EXPECT_EQ(code_of([&] { read_dicom_seg(path); }), ErrorCode::bad_format);
  EXPECT_FALSE(is_dicom_seg(path));
  write_dicom_seg(path, test.study, series, mask, three_segments(), test.provenance);
  const std::string bytes = read_file(path);
  write_file(path, bytes.substr(0, bytes.size() - 30));
  EXPECT_EQ(code_of([&] { read_dicom_seg(path); }), ErrorCode::bad_format);
}

class ReferenceSeg : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path data = test_data_folder();
    if (data.empty()) GTEST_SKIP() << "no test data folder";
    folder_ = data / "dicom_conformance";
  }
  /// The label mask of dcmqi at the places of the segmentation's voxels.
  static void expect_equal(const Segmentation& seg, const std::vector<int>& numbers, const fs::path& nrrd, int label) {
    const Mask mask = seg.mask_of(numbers), reference = read_mask(nrrd);
    size_t expected = 0, different = 0;
    for (const uint8_t value : reference.values()) expected += label ? value == label : value != 0;
    EXPECT_EQ(count(mask), expected) << nrrd;
    for (int64_t k = 0; k < mask.nz(); ++k)
      for (int64_t j = 0; j < mask.ny(); ++j)
        for (int64_t i = 0; i < mask.nx(); ++i) {
          const Vec3 world = world_from_index(mask.geometry(), {double(i), double(j), double(k)});
          const Vec3 at = index_from_world(reference.geometry(), world);
          const int64_t x = std::lround(at[0]), y = std::lround(at[1]), z = std::lround(at[2]);
          const uint8_t value = reference.contains(x, y, z) ? reference.at(x, y, z) : 0;
          different += (mask.at(i, j, k) != 0) != (label ? value == label : value != 0);
        }
    EXPECT_EQ(different, 0u) << nrrd;
  }
  fs::path folder_;
};

TEST_F(ReferenceSeg, DcmqiObjectsEqualItsNrrdMasks) {
  const fs::path seg = folder_ / "dcmqi" / "segmentations";
  expect_equal(read_dicom_seg(seg / "liver.dcm"), {1}, seg / "liver_seg.nrrd", 0);
  const Segmentation overlaps = read_dicom_seg(seg / "partial_overlaps.dcm");
  EXPECT_EQ(overlaps.segments.size(), 5u);
  EXPECT_EQ(overlaps.geometry.size[2], 3);
  expect_equal(read_dicom_seg(seg / "sparse-labelmap-ppv5.dcm"), {1}, seg / "sparse_labelmap_ppv5_seg.nrrd", 1);
  expect_equal(read_dicom_seg(seg / "sparse-labelmap-noppv.dcm"), {1}, seg / "sparse_labelmap_noppv_seg.nrrd", 1);
  expect_equal(read_dicom_seg(seg / "23x38x3" / "seg" / "label.seg"), {1}, seg / "23x38x3" / "nrrd" / "label.nrrd", 0);
  expect_equal(read_dicom_seg(seg / "24x38x3" / "seg" / "label.seg"), {1}, seg / "24x38x3" / "nrrd" / "label.nrrd", 0);
}

TEST_F(ReferenceSeg, EncodingsOfOneLiverAreEqual) {
  const fs::path liver = folder_ / "pydicom_data";
  const Mask whole = read_dicom_seg(liver / "liver.dcm").mask_of(1);
  for (const char* name : {"liver_expb.dcm", "liver_rle.dcm"}) {
    const Mask other = read_dicom_seg(liver / name).mask_of(1);
    EXPECT_TRUE(std::equal(whole.values().begin(), whole.values().end(), other.values().begin(), other.values().end()))
        << name;
  }
  const Mask cropped = read_dicom_seg(liver / "liver_nonbyte_aligned.dcm").mask_of(1);
  const Mask rle = read_dicom_seg(liver / "liver_nonbyte_aligned_rle.dcm").mask_of(1);
  EXPECT_GT(count(cropped), 1000u);
  EXPECT_TRUE(std::equal(cropped.values().begin(), cropped.values().end(), rle.values().begin(), rle.values().end()));
  EXPECT_THROW(read_dicom_seg(liver / "liver_j2k.dcm"), Error);
  EXPECT_THROW(read_dicom_seg(liver / "MR2_J2KI.dcm"), Error);
}

// Segments, frames and counts as pydicom 2.3 reads them.
TEST_F(ReferenceSeg, HighdicomObjectsAreRead) {
  const fs::path high = folder_ / "highdicom";
  const Segmentation overlap = read_dicom_seg(high / "seg_image_ct_binary_overlap.dcm");
  EXPECT_EQ(overlap.segments.size(), 2u);
  EXPECT_EQ(overlap.planes.size(), 8u);
  EXPECT_EQ(count(overlap.mask_of(1)), 64u);
  EXPECT_EQ(count(overlap.mask_of(2)), 16u);
  EXPECT_EQ(count(read_dicom_seg(high / "seg_image_ct_binary.dcm").mask_of(1)), 638u);
  EXPECT_EQ(count(read_dicom_seg(high / "seg_image_ct_true_fractional.dcm").mask_of(1)), 638u);
}

}  // namespace
}  // namespace hepatica
