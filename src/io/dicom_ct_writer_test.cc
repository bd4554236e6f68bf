#include "io/dicom_ct_writer.h"

#include <gtest/gtest.h>

#include <set>

#include "io/dicom_check.h"
#include "io/dicom_put.h"

namespace hepatica {
namespace {

Volume<int16_t> small_ct() {
  Geometry g;
  g.size = {7, 5, 3};
  g.spacing = {0.75, 0.8, 2.5};
  g.origin = {-100.25, -80, 40};
  Volume<int16_t> hu(g, -1000);
  hu.at(1, 2, 0) = 3000;
  hu.at(6, 4, 2) = -2048;
  return hu;
}

CtSeriesOptions options() {
  CtSeriesOptions o;
  o.patient = {"ID1", "Test^Öl", "F", "19600131", 61.5};
  o.study_date = "20210203";
  o.study_time = "101500";
  o.series_description = "Arterial";
  o.contrast_agent = "Iodine 350";
  o.contrast_start_time = "101500";
  o.acquisition_time = "101535";
  return o;
}

TEST(DicomCtWriter, WritesWhatDciodvfyPasses) {
  const TemporaryFolder folder;
  write_ct_series(folder.path() / "a", small_ct(), options());
  if (!dciodvfy_is_there()) GTEST_SKIP() << "dciodvfy (Debian dicom3tools) is not installed";
  EXPECT_EQ(dciodvfy_errors(folder.path() / "a" / "CT0001.dcm"), "");
  write_ct_series(folder.path() / "b", small_ct(), {});  // nothing known of the patient
  EXPECT_EQ(dciodvfy_errors(folder.path() / "b" / "CT0003.dcm"), "");
}

TEST(DicomCtWriter, PixelsAndGeometryComeBack) {
  const TemporaryFolder folder;
  const Volume<int16_t> hu = small_ct();
  const CtSeriesUids uids = write_ct_series(folder.path(), hu, options());
  std::set<std::string> instances;
  for (int64_t k = 0; k < hu.nz(); ++k) {
    DcmFileFormat file;
    ASSERT_TRUE(file.loadFile((folder.path() / ("CT000" + std::to_string(k + 1) + ".dcm")).c_str()).good());
    DcmDataset& item = *file.getDataset();
    OFString text;
    item.findAndGetOFStringArray(DCM_ImagePositionPatient, text);
    EXPECT_EQ(std::string(text.c_str()), "-100.25\\-80\\" + decimal_string(40 + 2.5 * double(k)));
    item.findAndGetOFStringArray(DCM_PixelSpacing, text);
    EXPECT_EQ(text, "0.8\\0.75");
    item.findAndGetOFString(DCM_PatientName, text);
    EXPECT_EQ(text, "Test^Öl");
    item.findAndGetOFString(DCM_SeriesInstanceUID, text);
    EXPECT_EQ(uids.series, text.c_str());
    item.findAndGetOFString(DCM_SOPInstanceUID, text);
    instances.insert(text.c_str());
    const Uint16* pixels = nullptr;
    item.findAndGetUint16Array(DCM_PixelData, pixels);
    ASSERT_NE(pixels, nullptr);
    for (size_t n = 0; n < hu.slice(k).size(); ++n) EXPECT_EQ(int16_t(pixels[n]), hu.slice(k)[n]);
  }
  EXPECT_EQ(instances.size(), 3u);
}

TEST(DicomCtWriter, EqualSeedsGiveEqualBytesAndUids) {
  const TemporaryFolder folder;
  const CtSeriesUids a = write_ct_series(folder.path() / "a", small_ct(), options());
  CtSeriesOptions other = options();
  write_ct_series(folder.path() / "b", small_ct(), other);
  EXPECT_EQ(read_file(folder.path() / "a" / "CT0002.dcm"), read_file(folder.path() / "b" / "CT0002.dcm"));
  other.series_seed = "second";
  const CtSeriesUids c = write_ct_series(folder.path() / "c", small_ct(), other);
  EXPECT_EQ(a.study, c.study);
  EXPECT_EQ(a.frame_of_reference, c.frame_of_reference);
  EXPECT_NE(a.series, c.series);
  EXPECT_LE(a.series.size(), 64u);
}

TEST(DicomPut, AgesAreInDaysMonthsOrYears) {
  EXPECT_EQ(age_string(0.02), "007D");  // PS3.5 6.2, VR AS
  EXPECT_EQ(age_string(1.51), "018M");
  EXPECT_EQ(age_string(16.9), "016Y");
  EXPECT_EQ(age_string(-1), "");
}

TEST(DicomPut, TextAndNumbersFitTheirTypes) {
  EXPECT_EQ(decimal_string(-0.0), "0");
  EXPECT_EQ(decimal_string(0.1), "0.1");
  EXPECT_LE(decimal_string(-1.0 / 3).size(), 16u);
  EXPECT_NEAR(std::stod(decimal_string(-1.0 / 3)), -1.0 / 3, 1e-12);
  EXPECT_LE(decimal_string(-1.23456789012345e-7).size(), 16u);
  EXPECT_EQ(clean_text("a\\b\nc\xff", 64), "a/b c?");
  EXPECT_EQ(clean_text("肝臓病変", 2), "肝臓");
}

}  // namespace
}  // namespace hepatica
