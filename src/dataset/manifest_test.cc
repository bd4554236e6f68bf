#include "dataset/manifest.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

class ManifestTest : public testing::Test {
 protected:
  /// Grey pictures of 4 x 2 pixels with the given value.
  void picture(const std::string& name, uint8_t grey) {
    write_file(folder_.path() / name, png_from_grey(4, 2, std::vector<uint8_t>(8, grey)));
  }
  fs::path manifest(const std::string& text) {
    write_file(folder_.path() / "data.csv", text);
    return folder_.path() / "data.csv";
  }
  std::string message(const fs::path& path, const ManifestOptions& options = {}) {
    try {
      open_manifest(path, options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
      return error.what();
    }
    return "";
  }
  TemporaryFolder folder_;
};

TEST_F(ManifestTest, ReadsPicturesWithBoxesAndMasks) {
  picture("a.png", 255);
  picture("m.png", 255);
  const auto source = open_manifest(manifest("patient,path,phase,liver,label,box\n"
                                             "p1,a.png,AP,m.png,hcc,0 0 2 1\n"),
                                    {});
  ASSERT_EQ(source->size(), 1u);
  const LearningSlice slice = source->get(0);
  EXPECT_EQ(slice.width, 4);
  EXPECT_EQ(slice.phase, Phase::arterial);
  EXPECT_FLOAT_EQ(slice.hu[0], 215);  // white of the window 40/350
  EXPECT_EQ(liver_area(slice), 8);
  EXPECT_EQ(*slice.target, (Box2{0, 0, 2, 1}));
  EXPECT_EQ(source->label(0), "hcc");
}

TEST_F(ManifestTest, AVolumeGivesEverySlice) {
  Geometry grid;
  grid.size = {3, 2, 4};
  write_volume(folder_.path() / "v.nii.gz", Volume<int16_t>(grid, 60));
  const auto source = open_manifest(manifest("patient,path\np1,v.nii.gz\n"), {});
  ASSERT_EQ(source->size(), 4u);
  EXPECT_FLOAT_EQ(source->get(3).hu[5], 60);
}

TEST_F(ManifestTest, PlanesJoinThePhasesOfALesion) {
  picture("a.png", 10);
  picture("b.png", 200);
  picture("m.png", 255);
  const auto source = open_manifest(manifest("patient,path,phase,label,box,plane,lesion\n"
                                             "p1,a.png,AP,hcc,0 0 2 1,l1,m.png\n"
                                             "p1,b.png,PVP,hcc,0 0 2 2,l1,\n"
                                             "p1,b.png,PVP,hcc,0 0 2 2,l2,\n"
                                             "p2,a.png,AP,hcc,0 0 2 1,l1,\n"
                                             "p2,a.png,AP,hcc,0 0 2 1,,\n"),
                                    {});
  const auto planes = source->phases(1);
  ASSERT_EQ(planes.size(), 2u);
  EXPECT_EQ(planes[0].phase, Phase::arterial);
  EXPECT_EQ(planes[0].lesion, std::vector<uint8_t>(8, 1));
  EXPECT_EQ(*planes[1].target, (Box2{0, 0, 2, 2}));
  EXPECT_TRUE(planes[1].lesion.empty());
  for (const size_t alone : {2, 3, 4}) EXPECT_EQ(source->phases(alone).size(), 1u);
  const std::string text =
      message(manifest("patient,path,phase,label,box,plane\n"
                       "p1,a.png,AP,hcc,0 0 2 1,l1\n"
                       "p1,b.png,AP,hcc,0 0 2 1,l1\n"
                       "p1,b.png,PVP,hcc,,l1\n"));
  EXPECT_NE(text.find("row 3: plane 'l1' has the phase 'arterial' twice"), std::string::npos) << text;
  EXPECT_NE(text.find("row 4: plane 'l1' needs a box"), std::string::npos) << text;
}

TEST_F(ManifestTest, NamesEveryFaultWithItsRow) {
  picture("a.png", 1);
  ManifestOptions options;
  options.labels = {"hcc", "icc"};
  const std::string text = message(manifest("patient,path,phase,label,box,split\n"
                                            "p1,missing.png,AP,hcc,0 0 2 1,train\n"
                                            "p2,a.png,Tuesday,hcc,0 0 2 1,train\n"
                                            "p3,a.png,AP,wart,0 0 2 1,train\n"
                                            "p4,a.png,AP,hcc,3 0 2 1,train\n"
                                            "p5,a.png,AP,hcc,,test\n"
                                            "p6,a.png,AP,hcc,,train\n"
                                            "p6,a.png,AP,hcc,,validation\n"),
                                   options);
  for (const char* part : {"row 2: path 'missing.png'",
                           "row 3: unknown phase 'Tuesday'",
                           "row 4: the label 'wart'",
                           "row 5: the box '3 0 2 1'",
                           "row 6: the split 'test'",
                           "row 8: patient 'p6'"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
}

TEST_F(ManifestTest, ListsTenFaultsAtMost) {
  std::string text = "patient,path\n";
  for (int i = 0; i < 30; ++i) text += "p,none" + std::to_string(i) + ".png\n";
  const std::string said = message(manifest(text));
  EXPECT_NE(said.find("30 faults"), std::string::npos);
  EXPECT_NE(said.find("none9.png"), std::string::npos);
  EXPECT_EQ(said.find("none10.png"), std::string::npos);
}

TEST_F(ManifestTest, ImagesThatAreNotFiniteNameTheRow) {
  Geometry grid;
  grid.size = {2, 2, 1};
  Volume<float> volume(grid, 1.0f);
  volume.at(1, 1, 0) = std::numeric_limits<float>::quiet_NaN();
  write_volume(folder_.path() / "nan.nii.gz", volume);
  const auto source = open_manifest(manifest("patient,path\np1,nan.nii.gz\n"), {});
  try {
    source->get(0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_values);
    EXPECT_NE(std::string(error.what()).find("row 2"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("nan.nii.gz"), std::string::npos) << error.what();
  }
}

TEST_F(ManifestTest, MissingColumns) {
  EXPECT_NE(message(manifest("patient,file\np1,a.png\n")).find("unknown column 'file'"), std::string::npos);
}

}  // namespace
}  // namespace hepatica
