// Whole volumes from manifests and phantoms, and what is said of bad ones.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "dataset/data_form.h"
#include "dataset/phantom_volumes.h"
#include "io/picture.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

class Volumes : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_.path() / name; }
  static Geometry grid(double x0 = 0) {
    Geometry grid;
    grid.size = {4, 3, 5};
    grid.spacing = {2, 2, 3};
    grid.origin = {x0, 0, 0};
    return grid;
  }
  void image(const std::string& name, int16_t first) const {
    Volume<int16_t> hu(grid());
    for (size_t v = 0; v < hu.values().size(); ++v) hu.values()[v] = int16_t(first + int16_t(v));
    write_volume(at(name), hu);
  }
  void liver(const std::string& name, size_t voxels, double x0 = 0) const {
    Mask mask(grid(x0));
    for (size_t v = 0; v < voxels; ++v) mask.values()[v] = 1;
    write_mask(at(name), mask);
  }
  std::string message(const std::string& rows) const {
    write_file(at("data.csv"), "patient,path,liver,slice\n" + rows);
    try {
      open_volumes(at("data.csv"), {});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
};

TEST_F(Volumes, OfAManifestComeWithTheirLiver) {
  image("a.nii.gz", 10);
  image("b.nii.gz", 90);
  liver("la.nii.gz", 7);
  liver("lb.nii.gz", 9);
  write_file(
      at("data.csv"),
      "patient,path,liver,split,diagnosis\np1,a.nii.gz,la.nii.gz,train,hcc\np2,b.nii.gz,lb.nii.gz,validation,\n");
  const OpenedVolumes data = open_volumes(at("data.csv"), {});
  ASSERT_EQ(data.source->size(), 2u);
  const LearningVolume volume = data.source->get(1);
  EXPECT_EQ(volume.hu.at(1, 0, 0), 91);
  EXPECT_EQ(std::count(volume.liver.values().begin(), volume.liver.values().end(), 1), 9);
  EXPECT_EQ(data.source->label(0), "hcc");
  EXPECT_EQ(data.items[1].stated, "validation");
  EXPECT_NE(data.source->key(0), data.source->key(1));
}

TEST_F(Volumes, BadRowsAreToldAllAtOnceWithTheirLine) {
  image("a.nii.gz", 10);
  image("b.nii.gz", 20);
  liver("l.nii.gz", 7);
  write_file(at("p.png"), png_from_grey(2, 2, std::vector<uint8_t>{0, 1, 2, 3}));
  const std::string text = message(
      "p1,a.nii.gz,,\n"
      "p2,p.png,l.nii.gz,\n"
      "p3,b.nii.gz,l.nii.gz,2\n");
  for (const char* part : {"data.csv: 3 faults",
                           "line 2: there is no `liver` mask",
                           "line 3: is a picture of one slice",
                           "line 4: names one slice"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
}

TEST_F(Volumes, MasksThatAreEmptyOrElsewhereAndBrokenImagesAreFaults) {
  image("a.nii.gz", 10);
  image("b.nii.gz", 20);
  liver("empty.nii.gz", 0);
  liver("far.nii.gz", 7, 500);
  liver("l.nii.gz", 7);
  Volume<float> broken(grid(), 1.0f);
  broken.at(0, 0, 0) = std::numeric_limits<float>::quiet_NaN();
  write_volume(at("nan.nii.gz"), broken);
  const std::string text = message(
      "p1,a.nii.gz,empty.nii.gz,\n"
      "p2,b.nii.gz,far.nii.gz,\n"
      "p3,nan.nii.gz,l.nii.gz,\n");
  for (const char* part :
       {"3 faults", "line 2: the liver mask", "marks no voxel", "line 3: ", "far.nii.gz", "line 4: ", "nan.nii.gz"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
}

TEST_F(Volumes, RowsOfOneImageAreOneItem) {
  image("a.nii.gz", 10);
  liver("l.nii.gz", 7);
  write_file(at("data.csv"), "patient,path,liver,lesions\np1,a.nii.gz,l.nii.gz,none\np1,a.nii.gz,l.nii.gz,\n");
  EXPECT_EQ(open_volumes(at("data.csv"), {}).source->size(), 1u);
}

TEST(PhantomVolumes, AreTheSameAgainAndHoldALiver) {
  PhantomVolumeOptions options;
  options.patients = 2;
  options.matrix = 48;
  options.slice_low_mm = options.slice_high_mm = 12;
  options.ranges = {"liver"};
  const auto source = make_phantom_volumes(options, 3), again = make_phantom_volumes(options, 3);
  ASSERT_EQ(source->size(), 2u);
  const LearningVolume volume = source->get(1), same = again->get(1);
  EXPECT_TRUE(std::equal(volume.hu.values().begin(), volume.hu.values().end(), same.hu.values().begin()));
  EXPECT_EQ(volume.hu.geometry().spacing[2], 12);
  const auto voxels = std::count(volume.liver.values().begin(), volume.liver.values().end(), 1);
  const double ml = double(voxels) * volume.liver.geometry().voxel_volume_ml();
  EXPECT_GT(ml, 700);
  EXPECT_LT(ml, 3500);
  EXPECT_EQ(source->fingerprint(), again->fingerprint());
  EXPECT_NE(source->fingerprint(), make_phantom_volumes(options, 4)->fingerprint());
}

TEST(PhantomStudies, AllPhasesOnOneGridWithTheLesionsAskedFor) {
  PhantomVolumeOptions options;
  options.patients = 2;
  options.matrix = 96;
  options.slice_low_mm = options.slice_high_mm = 6;
  options.ranges = {"liver"};
  options.phases = {"arterial", "portal_venous", "arterial"};
  options.lesions = {5, 5};
  options.diameter_mm = {18, 22};
  const auto source = make_phantom_studies(options, 3);
  const std::vector<LearningPhase> phases = source->get(1);
  ASSERT_EQ(phases.size(), 2u);
  EXPECT_EQ(phases[0].phase, Phase::arterial);
  EXPECT_EQ(phases[1].phase, Phase::portal_venous);
  EXPECT_TRUE(same_grid(phases[0].hu.geometry(), phases[1].lesions.geometry()));
  EXPECT_FALSE(std::equal(phases[0].hu.values().begin(), phases[0].hu.values().end(), phases[1].hu.values().begin()));
  const auto labels = phases[0].lesions.values();
  EXPECT_EQ(*std::max_element(labels.begin(), labels.end()), 5);
  // Five balls of 20 mm take 21 ml.
  const auto voxels = std::count_if(labels.begin(), labels.end(), [](uint8_t label) { return label != 0; });
  EXPECT_NEAR(double(voxels) * phases[0].lesions.geometry().voxel_volume_ml(), 21, 10);
  options.lesions = {2, 2};
  EXPECT_NE(make_phantom_studies(options, 3)->key(1), source->key(1));
}

}  // namespace
}  // namespace hepatica
