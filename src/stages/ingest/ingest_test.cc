#include "stages/ingest/ingest.h"

#include <dcmtk/config/osconfig.h>
// DCMTK's configuration comes first.
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zip.h>

#include <cmath>

#include "base/error.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

/// One CT slice of 8x8 pixels; every pixel is `value`, so that a volume shows which slice came from where.
struct Slice {
  Vec3 position{0, 0, 0};
  int16_t value = 0;
  std::string series = "1.2.3", patient = "P1", modality = "CT", image_type = "ORIGINAL\\PRIMARY\\AXIAL";
  std::string orientation = "1\\0\\0\\0\\1\\0", acquisition = "1", description = "CT", time = "";
  int instance = 1, intercept = -1024;
};

void write_slice(const fs::path& file, const Slice& slice) {
  DcmFileFormat content;
  DcmDataset& data = *content.getDataset();
  static int counter = 0;
  const auto put = [&](const DcmTagKey& tag, const std::string& value) { data.putAndInsertString(tag, value.c_str()); };
  put(DCM_SOPClassUID, UID_CTImageStorage);
  put(DCM_SOPInstanceUID, fmt::format("1.2.9.{}", ++counter));
  put(DCM_SeriesInstanceUID, slice.series);
  put(DCM_StudyInstanceUID, "1.2");
  put(DCM_Modality, slice.modality);
  put(DCM_PatientID, slice.patient);
  put(DCM_PatientAge, "057Y");
  put(DCM_ImageType, slice.image_type);
  put(DCM_SeriesDescription, slice.description);
  put(DCM_AcquisitionNumber, slice.acquisition);
  put(DCM_AcquisitionTime, slice.time);
  put(DCM_InstanceNumber, std::to_string(slice.instance));
  put(DCM_ImageOrientationPatient, slice.orientation);
  put(DCM_ImagePositionPatient, fmt::format("{}\\{}\\{}", slice.position[0], slice.position[1], slice.position[2]));
  put(DCM_PixelSpacing, "2\\2");
  put(DCM_SliceThickness, "5");
  put(DCM_PhotometricInterpretation, "MONOCHROME2");
  put(DCM_RescaleSlope, "1");
  put(DCM_RescaleIntercept, std::to_string(slice.intercept));
  for (const auto& [tag, value] : {std::pair{DCM_SamplesPerPixel, 1},
                                   {DCM_Rows, 8},
                                   {DCM_Columns, 8},
                                   {DCM_BitsAllocated, 16},
                                   {DCM_BitsStored, 16},
                                   {DCM_HighBit, 15},
                                   {DCM_PixelRepresentation, 0}})
    data.putAndInsertUint16(tag, Uint16(value));
  const std::vector<Uint16> pixels(64, Uint16(slice.value + 1024));
  data.putAndInsertUint16Array(DCM_PixelData, pixels.data(), 64);
  fs::create_directories(file.parent_path());
  ASSERT_TRUE(content.saveFile(OFFilename(file.c_str()), EXS_LittleEndianExplicit).good());
}

/// Slices at the given places along z, each with the value 10 x place, instance numbers the other way round.
void write_stack(const fs::path& folder, const std::vector<double>& places, Slice like = {}) {
  for (size_t n = 0; n < places.size(); ++n) {
    like.position = {0, 0, places[n]};
    like.value = int16_t(10 * places[n]);
    like.instance = int(places.size() - n);
    write_slice(folder / fmt::format("{}_{}.x", like.series, n), like);
  }
}

IngestOptions without_image() {
  IngestOptions options;
  options.phase_from_image = false;
  return options;
}

std::vector<int> values_along_k(const Volume<int16_t>& volume) {
  std::vector<int> values;
  for (int64_t k = 0; k < volume.nz(); ++k) values.push_back(volume.at(volume.nx() / 2, volume.ny() / 2, k));
  return values;
}

ErrorCode code_of(const fs::path& path) {
  try {
    require_accepted_series(ingest(path, without_image()));
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::internal;
}

TEST(Ingest, SortsByPositionAndLeavesOtherFilesOut) {
  const TemporaryFolder folder;
  write_stack(folder.path() / "a/b", {10, 0, 5});
  write_file(folder.path() / "a/readme.txt", "text");
  const Study study = ingest(folder.path(), without_image());
  ASSERT_EQ(study.series.size(), 1u);
  const Series& series = study.series[0];
  EXPECT_TRUE(series.accepted);
  EXPECT_EQ(series.uid, "1.2.3");
  EXPECT_EQ(series.geometry.spacing, (Vec3{2, 2, 5}));
  EXPECT_EQ(values_along_k(series.load()), (std::vector<int>{0, 50, 100}));
  EXPECT_EQ(series.instances.size(), 3u);
  EXPECT_EQ(study.patient.age_years, 57.0);
  ASSERT_EQ(study.warnings.size(), 1u);
  EXPECT_NE(study.warnings[0].find("1 files that are not DICOM"), std::string::npos);
}

TEST(Ingest, MissingSlicesAreInterpolatedAndLargeGapsRefused) {
  const TemporaryFolder folder;
  write_stack(folder.path(), {0, 2, 4, 8, 10, 12});
  const Series series = ingest(folder.path(), without_image()).series.at(0);
  ASSERT_TRUE(series.accepted) << series.reason;
  EXPECT_EQ(series.warnings.size(), 1u);
  EXPECT_TRUE(series.instances.empty());
  EXPECT_EQ(values_along_k(series.load()), (std::vector<int>{0, 20, 40, 60, 80, 100, 120}));

  const TemporaryFolder gap;
  write_stack(gap.path(), {0, 2, 4, 24, 26, 28});
  EXPECT_NE(ingest(gap.path(), without_image()).series.at(0).reason.find("20.0 mm without a slice"), std::string::npos);
  EXPECT_EQ(code_of(gap.path()), ErrorCode::bad_geometry);
}

TEST(Ingest, UnevenSlicesAreResampled) {
  const TemporaryFolder folder;
  write_stack(folder.path(), {0, 3, 5, 8, 10, 13});
  const Series series = ingest(folder.path(), without_image()).series.at(0);
  ASSERT_TRUE(series.accepted) << series.reason;
  // Steps 3 2 3 2 3: resampled at the lower quartile, 2 mm; values are linear in z.
  EXPECT_DOUBLE_EQ(series.geometry.spacing[2], 2);
  EXPECT_EQ(values_along_k(series.load()), (std::vector<int>{0, 20, 40, 60, 80, 100, 120}));
}

TEST(Ingest, GantryTiltIsStraightened) {
  const TemporaryFolder folder;
  // Tilted by 0.3 rad about x while the table moves along z by 5 mm; rows stay along x.
  const double c = std::cos(0.3), s = std::sin(0.3);
  for (int n = 0; n < 6; ++n)
    write_slice(
        folder.path() / std::to_string(n),
        {.position = {0, 0, 5.0 * n}, .value = int16_t(n), .orientation = fmt::format("1\\0\\0\\0\\{}\\{}", c, s)});
  const Series series = ingest(folder.path(), without_image()).series.at(0);
  ASSERT_TRUE(series.accepted) << series.reason;
  EXPECT_NEAR(series.geometry.spacing[2], 5 * c, 1e-6);
  // Moved 5 sin(0.3) = 1.4776 mm a slice along the columns, 7.39 mm in all: four more rows of 2 mm.
  EXPECT_EQ(series.geometry.size, (std::array<int64_t, 3>{8, 12, 6}));
  const Volume<int16_t> volume = series.load();
  // The first pixel of slice 3 still lies at the world position that its file gave.
  const Vec3 index = index_from_world(volume.geometry(), {8, 4 * c, 15 + 4 * s});
  EXPECT_NEAR(index[2], 3, 1e-6);
  EXPECT_EQ(volume.at(4, int64_t(std::lround(index[1])), 3), 3);
}

TEST(Ingest, PhasesWithinOneSeriesAreParted) {
  const TemporaryFolder folder;
  for (int phase = 0; phase < 2; ++phase)
    for (int n = 0; n < 4; ++n)
      write_slice(
          folder.path() / fmt::format("{}_{}", phase, n),
          {.position = {0, 0, 5.0 * n}, .value = int16_t(100 * phase + n), .acquisition = std::to_string(phase)});
  const Study study = ingest(folder.path(), without_image());
  ASSERT_EQ(study.series.size(), 2u);
  EXPECT_EQ(study.series[0].uid, "1.2.3#1");
  EXPECT_EQ(values_along_k(study.series[0].load()), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(values_along_k(study.series[1].load()), (std::vector<int>{100, 101, 102, 103}));
}

TEST(Ingest, SaysWhyASeriesIsRefused) {
  const TemporaryFolder folder;
  write_stack(folder.path(), {0, 5, 10});
  write_stack(folder.path(), {0}, {.series = "1.2.4", .image_type = "ORIGINAL\\PRIMARY\\LOCALIZER"});
  write_stack(folder.path(), {0, 5}, {.series = "1.2.5", .orientation = "1\\0\\0\\0\\0\\-1"});
  write_stack(folder.path(), {0, 5}, {.series = "1.2.6", .modality = "DX"});
  for (int n = 0; n < 4; ++n) write_slice(folder.path() / fmt::format("bolus{}", n), {.series = "1.2.7"});
  std::map<std::string, std::string> reasons;
  for (const Series& series : ingest(folder.path(), without_image()).series) reasons[series.uid] = series.reason;
  EXPECT_EQ(reasons["1.2.3"], "");
  EXPECT_EQ(reasons["1.2.4"], "a localizer");
  EXPECT_EQ(reasons["1.2.5"], "a coronal reformat, not axial");
  EXPECT_EQ(reasons["1.2.6"], "a projection X-ray, not CT");
  EXPECT_NE(reasons["1.2.7"].find("one position"), std::string::npos) << reasons["1.2.7"];
}

TEST(Ingest, BadInputHasItsOwnCode) {
  const TemporaryFolder empty, text, mixed, xray, cut;
  EXPECT_EQ(code_of(empty.path()), ErrorCode::no_images);
  EXPECT_EQ(code_of(empty.path() / "nowhere"), ErrorCode::not_found);
  write_file(text.path() / "a.txt", "text");
  EXPECT_EQ(code_of(text.path()), ErrorCode::no_images);
  write_stack(mixed.path(), {0, 5});
  write_stack(mixed.path(), {0, 5}, {.series = "1.2.8", .patient = "P2"});
  EXPECT_EQ(code_of(mixed.path()), ErrorCode::mixed_patients);
  write_stack(xray.path(), {0}, {.modality = "CR"});
  EXPECT_EQ(code_of(xray.path()), ErrorCode::unsupported);
  write_slice(cut.path() / "whole", {});
  write_file(cut.path() / "cut", read_file(cut.path() / "whole").substr(0, 700));
  fs::remove(cut.path() / "whole");
  EXPECT_EQ(code_of(cut.path()), ErrorCode::bad_format);
}

TEST(Ingest, LabelMapsOfOtherNamesAreNoSecondPatient) {
  const TemporaryFolder folder;
  write_stack(folder.path(), {0, 5, 10});
  write_stack(folder.path(), {0, 5, 10}, {.value = 3, .series = "1.2.4", .patient = "P1 labelled", .intercept = 0});
  const Study study = ingest(folder.path(), without_image());
  ASSERT_EQ(study.series.size(), 2u);
  EXPECT_TRUE(study.series[0].accepted);
  EXPECT_EQ(study.series[1].reason, "a map of labels, not HU");
  EXPECT_EQ(study.patient.id, "P1");
}

TEST(Ingest, CorruptFilesNeverStopTheOthers) {
  const TemporaryFolder folder;
  write_stack(folder.path(), {0, 5, 10, 15, 20});
  const std::string whole = read_file(folder.path() / "1.2.3_2.x");
  write_file(folder.path() / "1.2.3_2.x", whole.substr(0, whole.size() - 40));
  const Study study = ingest(folder.path(), without_image());
  ASSERT_TRUE(study.series.at(0).accepted);
  EXPECT_EQ(values_along_k(study.series[0].load()), (std::vector<int>{0, 50, 100, 150, 200}));  // interpolated
  ASSERT_EQ(study.warnings.size(), 1u);
  EXPECT_NE(study.warnings[0].find("truncated"), std::string::npos);
}

void write_zip(const fs::path& archive, const fs::path& folder, const std::string& prefix) {
  int code = 0;
  zip_t* zip = zip_open(archive.c_str(), ZIP_CREATE, &code);
  for (const auto& entry : fs::directory_iterator(folder))
    zip_file_add(
        zip, (prefix + entry.path().filename().string()).c_str(), zip_source_file(zip, entry.path().c_str(), 0, -1), 0);
  ASSERT_EQ(zip_close(zip), 0);
}

TEST(Ingest, ZipIsReadAndUnsafeNamesAreRefused) {
  const TemporaryFolder folder, archives;
  write_stack(folder.path(), {0, 5, 10});
  write_zip(archives.path() / "study.zip", folder.path(), "deep/");
  std::optional<Study> study = ingest(archives.path() / "study.zip", without_image());
  const auto load = study->series.at(0).load;
  study.reset();  // what was unpacked lives as long as the loader
  EXPECT_EQ(values_along_k(load()), (std::vector<int>{0, 50, 100}));
  write_zip(archives.path() / "slip.zip", folder.path(), "../");
  EXPECT_EQ(code_of(archives.path() / "slip.zip"), ErrorCode::bad_format);
}

TEST(Ingest, FolderOfVolumesNamesItsPhases) {
  const TemporaryFolder folder;
  Geometry geometry;
  geometry.size = {4, 4, 3};
  for (const char* name : {"arterial.nii.gz", "pvp.nii.gz", "ct.nii.gz", "liver_mask.nii.gz"})
    write_volume(folder.path() / name, Volume<int16_t>(geometry, -5));
  std::map<std::string, Series> series;
  for (Series& one : ingest(folder.path(), without_image()).series) series[one.uid] = one;
  EXPECT_EQ(series["arterial.nii.gz"].phase, Phase::arterial);
  EXPECT_EQ(series["pvp.nii.gz"].phase, Phase::portal_venous);
  EXPECT_EQ(series["ct.nii.gz"].phase, Phase::noncontrast);
  EXPECT_FALSE(series["liver_mask.nii.gz"].accepted);
  EXPECT_EQ(series["pvp.nii.gz"].load().at(1, 1, 1), -5);
}

TEST(Ingest, LiLNetsLayoutIsAStudyEach) {
  const TemporaryFolder root;
  const std::vector<uint8_t> grey(16, 128);
  for (const char* id : {"2", "10"})
    for (const char* phase : {"AP", "PVP"})
      for (const char* name : {"1.png", "2.png"}) {
        fs::create_directories(root.path() / id / phase);
        write_file(root.path() / id / phase / name, png_from_grey(4, 4, grey));
      }
  const std::vector<Study> studies = ingest_all(root.path(), without_image());
  ASSERT_EQ(studies.size(), 2u);
  EXPECT_EQ(studies[0].patient.id, "2");
  ASSERT_EQ(studies[1].series.size(), 2u);
  EXPECT_EQ(studies[1].series[0].phase, Phase::arterial);
  EXPECT_EQ(studies[1].series[0].phase_source, "folder");
  EXPECT_EQ(studies[1].series[1].phase, Phase::portal_venous);
  EXPECT_EQ(studies[1].series[1].modality, Modality::picture);
  // Grey 128 at level 40 and width 350: 40 + (128 / 255 - 0.5) * 350 = 40.7.
  EXPECT_EQ(studies[1].series[1].load().at(0, 0, 0), 41);
}

}  // namespace
}  // namespace hepatica
