// Every accepted form of data, and what is said of bad ones. Expected values are worked out by hand.
#include "dataset/data_form.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "dataset/lilnet_folder.h"
#include "io/dicom_ct_writer.h"
#include "io/dicom_seg.h"
#include "io/dicom_test_study.h"
#include "io/volume_file.h"

namespace hepatica {
namespace {

class DataForms : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_.path() / name; }
  fs::path text(const std::string& name, const std::string& content) const {
    fs::create_directories(at(name).parent_path());
    write_file(at(name), content);
    return at(name);
  }
  /// A grey picture whose first pixel differs, so that it is not of one value.
  void picture(const std::string& name, uint8_t grey, int64_t width = 4, int64_t height = 2) const {
    std::vector<uint8_t> pixels(size_t(width * height), grey);
    pixels[0] = uint8_t(255 - grey);
    text(name, png_from_grey(width, height, pixels));
  }
  fs::path manifest(const std::string& content) const { return text("data.csv", content); }
  std::string message(const fs::path& path, const DataNeeds& needs = {}, const DataOptions& options = {}) const {
    try {
      open_data(path, options, needs);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_manifest);
      return error.what();
    }
    return "";
  }
  static void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  static DataNeeds classes(const std::vector<std::string>& labels) { return {true, false, false, labels}; }

  TemporaryFolder folder_;
};

TEST_F(DataForms, ManifestOfPicturesWithBoxesAndMasks) {
  picture("a.png", 255);
  picture("m.png", 255);
  const OpenedData data = open_data(manifest("patient,path,phase,liver,label,box,date,center,note\n"
                                             "p1,a.png,AP,m.png,HCC,0 0 2 1,2021-3-09,HN,x\n"),
                                    {},
                                    classes({"hcc", "icc"}));
  ASSERT_EQ(data.source->size(), 1u);
  const LearningSlice slice = data.source->get(0);
  EXPECT_EQ(slice.width, 4);
  EXPECT_EQ(slice.phase, Phase::arterial);
  EXPECT_FLOAT_EQ(slice.hu[1], 215);  // white of the window 40/350
  EXPECT_EQ(liver_area(slice), 7);
  EXPECT_EQ(*slice.target, (Box2{0, 0, 2, 1}));
  EXPECT_EQ(data.source->label(0), "hcc");
  EXPECT_EQ(data.items[0].date, "20210309");
  EXPECT_EQ(data.items[0].centre, "HN");
}

TEST_F(DataForms, RowsOfOneSliceAreOneItemForDetectorsAndTwoForClassifiers) {
  picture("a.png", 200);
  const fs::path path = manifest("patient,path,label,box\np1,a.png,hcc,0 0 2 1\np1,a.png,hcc,2 0 4 2\n");
  EXPECT_EQ(open_data(path, {}, {}).source->get(0).lesions.size(), 2u);
  const OpenedData lesions = open_data(path, {}, classes({"hcc"}));
  ASSERT_EQ(lesions.source->size(), 2u);
  EXPECT_EQ(lesions.source->get(1).lesions.size(), 1u);
}

/// A volume of 12 x 12 x 4 with a lesion of 5 x 2 x 2 voxels and one voxel that is too small.
void write_study(const fs::path& folder) {
  Geometry grid;
  grid.size = {12, 12, 4};
  Volume<int16_t> hu(grid, 60);
  hu.at(3, 3, 1) = 90;
  Mask lesions(grid);
  for (int64_t k = 1; k <= 2; ++k)
    for (int64_t j = 4; j < 6; ++j)
      for (int64_t i = 3; i < 8; ++i) lesions.at(i, j, k) = 1;
  lesions.at(10, 10, 3) = 1;
  write_volume(folder / "v.nii.gz", hu);
  write_mask(folder / "l.nii.gz", lesions);
}

TEST_F(DataForms, LesionMasksGiveBoxes) {
  write_study(folder_.path());
  const fs::path path = manifest("patient,path,lesions,diagnosis\np1,v.nii.gz,l.nii.gz,hcc\n");
  DataOptions options;
  options.cache = at("cache");
  options.context_mm = 1;
  const OpenedData slices = open_data(path, options, {});
  ASSERT_EQ(slices.source->size(), 4u);
  for (int repeat = 0; repeat < 2; ++repeat) {  // from the volume, then from the cache
    const LearningSlice slice = slices.source->get(2);
    ASSERT_EQ(slice.lesions.size(), 1u);
    EXPECT_EQ(slice.lesions[0], (LesionBox{{3, 4, 8, 6}, "hcc", false}));
    EXPECT_FLOAT_EQ(slice.below[3 * 12 + 3], 90);
    EXPECT_FLOAT_EQ(slice.above[3 * 12 + 3], 60);
  }
  EXPECT_TRUE(slices.source->get(3).lesions.at(0).ignore);
  EXPECT_TRUE(slices.source->get(0).above.empty());  // nothing lies below
  const OpenedData crops = open_data(path, {}, classes({"hcc"}));
  ASSERT_EQ(crops.source->size(), 2u);
  EXPECT_EQ(*crops.source->get(1).target, (Box2{3, 4, 8, 6}));
  EXPECT_EQ(open_data(path, {}, classes({"malignant", "hcc"})).source->label(0), "hcc");
}

TEST_F(DataForms, DicomFoldersWithDicomSeg) {
  const TestStudy test = test_study();
  Volume<int16_t> hu(test.geometry, 40);
  hu.at(0, 0, 0) = 50;
  const CtSeriesOptions series;
  write_ct_series(at("ct"), hu, series);
  Mask mask(test.geometry);
  for (int64_t i = 2; i < 8; ++i) mask.at(i, 5, 2) = i < 5 ? 1 : 2;
  write_dicom_seg(at("seg.dcm"),
                  test.study,
                  test.study.series[0],
                  mask,
                  {liver_segment({1, 2}), lesion_segment(1, {2})},
                  test.provenance);
  DataOptions options;
  options.least_lesion_mm = 2;
  const OpenedData data = open_data(
      manifest("patient,path,liver,lesions,label\np1,ct,seg.dcm#1,seg.dcm#2,hcc\n"), options, classes({"hcc"}));
  ASSERT_EQ(data.source->size(), 1u);
  const LearningSlice slice = data.source->get(0);
  EXPECT_EQ(slice.target->width(), 3);
  EXPECT_EQ(slice.target->height(), 1);
  EXPECT_EQ(liver_area(slice), 6);
}

TEST_F(DataForms, ManifestFaultsNameTheLine) {
  picture("a.png", 1);
  write_study(folder_.path());
  expect_parts(message(manifest("patient,path,phase,label,box,split,date,slice\n"
                                "p1,missing.png,AP,hcc,0 0 2 1,train,,\n"
                                "p2,a.png,Tuesday,hcc,0 0 2 1,train,,\n"
                                "p3,a.png,AP,hcc,3 0 2 1,train,,\n"
                                "p4,a.png,AP,hcc,,dev,,\n"
                                "p5,a.png,AP,hcc,,train,2021-13-01,\n"
                                "p6,a.png,AP,hcc,,train,,-1\n"
                                ",a.png,AP,hcc,,train,,\n")),
               {"data.csv: 7 faults",
                "line 2: path 'missing.png'",
                "line 3: unknown phase 'Tuesday'",
                "line 4: the box '3 0 2 1'",
                "line 5: the split 'dev'",
                "line 6: the date '2021-13-01'",
                "line 7: the slice '-1'",
                "line 8: the patient is empty"});
  expect_parts(message(manifest("patient,file\np1,a.png\n")), {"no column 'path'", "patient, file"});
  expect_parts(message(manifest("patient,path,label\np1,a.png,wart\n"), classes({"hcc", "icc"})),
               {"line 2: the label 'wart' is no class of the task (hcc, icc)"});
  expect_parts(message(manifest("patient,path,split\np,a.png,train\np,v.nii.gz,test\n")),
               {"line 3: patient 'p' is in 'test' here and in 'train' at line 2"});
  expect_parts(message(manifest("patient,path,box\np,a.png,0 0 5 2\n")),
               {"line 2: the box 0 0 5 2 leaves the image of 4 x 2"});
  expect_parts(message(manifest("patient,path,slice\np,v.nii.gz,9\n")), {"line 2: slice 9 of a volume with 4 slices"});
  DataNeeds detector;
  detector.lesions = true;
  expect_parts(message(manifest("patient,path\np,a.png\n"), detector), {"line 2: nothing is said of lesions"});
  EXPECT_EQ(message(manifest("patient,path,lesions\np,a.png,none\n"), detector), "");
  expect_parts(message(manifest("patient,path,label\np,v.nii.gz,hcc\n"), classes({"hcc"})),
               {"line 2: nothing says where in the volume the lesion is"});
}

TEST_F(DataForms, ListsTenFaultsAndHowManyMore) {
  std::string rows = "patient,path\n";
  for (int i = 0; i < 30; ++i) rows += fmt::format("p,none{}.png\n", i);
  const std::string said = message(manifest(rows));
  expect_parts(said, {"30 faults", "none9.png", "and 20 more"});
  EXPECT_EQ(said.find("none10.png"), std::string::npos);
}

TEST_F(DataForms, ImagesThatAreNotFiniteAndOfTwoSizes) {
  Geometry grid;
  grid.size = {2, 2, 1};
  Volume<float> volume(grid, 1.0f);
  volume.at(1, 1, 0) = std::numeric_limits<float>::quiet_NaN();
  write_volume(at("nan.nii.gz"), volume);
  picture("a.png", 1);
  picture("b.png", 2);
  picture("c.png", 3, 5, 2);
  expect_parts(message(manifest("patient,path\np1,a.png\np1,nan.nii.gz\n")), {"line 3", "nan.nii.gz", "finite"});
  DataOptions options;
  options.one_size = true;
  expect_parts(message(manifest("patient,path\np1,a.png\np1,b.png\np1,c.png\n"), {}, options),
               {"line 4: c.png is 5 x 2, the others 4 x 2"});
  options.one_size = options.check = false;
  const OpenedData unchecked = open_data(manifest("patient,path\np1,nan.nii.gz\n"), options, {});
  EXPECT_THROW(unchecked.source->get(0), Error);  // still at the latest when it is used
}

TEST_F(DataForms, DuplicatesAreNamedOrDropped) {
  picture("a.png", 9);
  text("copy.png", read_file(at("a.png")));
  picture("b.png", 8);
  const std::string copies = "patient,path\np1,a.png\np2,copy.png\np2,b.png\n";
  expect_parts(message(manifest(copies)), {"line 3: patient 'p2' has the image of patient 'p1' at line 2"});
  DataOptions options;
  options.duplicates = "drop";
  EXPECT_EQ(open_data(manifest(copies), options, {}).source->size(), 2u);
  options.duplicates = "keep";
  EXPECT_EQ(open_data(manifest(copies), options, {}).source->size(), 3u);
  expect_parts(message(manifest("patient,path\np1,a.png\np1,a.png\n")), {"line 3: repeats line 2"});
  expect_parts(message(manifest("patient,path\nP 1,a.png\np1,b.png\n")),
               {"line 3: patient 'p1' and 'P 1' (line 2) differ in case or spaces only"});
}

TEST_F(DataForms, PhasesAndLabelsCanBeChosen) {
  picture("a.png", 9);
  picture("b.png", 8);
  const fs::path path = manifest("patient,path,phase,label\np1,a.png,AP,hcc\np2,b.png,PVP,fnh\n");
  DataOptions options;
  options.phases = {Phase::portal_venous};
  EXPECT_EQ(open_data(path, options, {}).source->group(0), "p2");
  options.phases.clear();
  options.labels = {"hcc"};
  EXPECT_EQ(open_data(path, options, classes({"hcc", "icc"})).source->size(), 1u);
}

/// Two patients in LiLNet's layout, with the columns as its ReadME shows them.
TEST_F(DataForms, LilnetFolders) {
  picture("root/P1/AP/IMG-1_0.bmp", 10);
  picture("root/P1/PVP/IMG-2_0.png", 20);
  picture("root/P2/CT/IMG-1_0.png", 30);
  picture("root/P9/AP/IMG-1_0.png", 40);  // stands in no table: left out
  text("root/hcc_icc_met_train.csv", "Person ID,Cancer\nP1,HCC\nP2,MET\nP3,NA\n");
  const OpenedData data = open_data(at("root"), {}, classes({"hcc", "icc", "metastasis"}));
  ASSERT_EQ(data.source->size(), 3u);
  EXPECT_EQ(data.source->label(0), "hcc");
  EXPECT_EQ(data.source->get(1).phase, Phase::portal_venous);
  EXPECT_EQ(data.source->label(2), "metastasis");
  EXPECT_EQ(data.source->get(2).phase, Phase::noncontrast);
  EXPECT_FALSE(data.source->get(0).target);
  EXPECT_EQ(data.items[0].stated, "");
  // Several tables must be named; then their names state the split.
  text("root/hcc_icc_met_test.csv", "ID,Cancer\nP9,icc\n");
  expect_parts(message(at("root"), classes({"hcc"})), {"several tables", "hcc_icc_met_test.csv", "tables"});
  DataOptions options;
  options.tables = {"hcc_icc_met_train.csv", "hcc_icc_met_test.csv"};
  const OpenedData both = open_data(at("root"), options, classes({"hcc", "icc", "metastasis"}));
  ASSERT_EQ(both.items.size(), 4u);
  EXPECT_EQ(both.items[0].stated, "train");
  EXPECT_EQ(both.items[3].stated, "test");
  text("root/hcc_icc_met_test.csv", "ID,Cancer\nP1,icc\nP7,icc\n");
  expect_parts(message(at("root"), classes({"hcc"}), options),
               {"hcc_icc_met_test.csv, line 2: patient 'P1' is 'icc' here and 'HCC' at hcc_icc_met_train.csv, line 2",
                "patient 'P7' has no folder"});
}

TEST(LilnetTable, TakesGbk) {
  // U+809D, "liver", is B8 CE in GBK and E8 82 9D in UTF-8 (Unicode's mapping table CP936).
  EXPECT_EQ(utf8_from_table("ID\n\xB8\xCE\n", "t.csv"), "ID\n\xE8\x82\x9D\n");
  EXPECT_EQ(utf8_from_table("ID\n\xE8\x82\x9D\n", "t.csv"), "ID\n\xE8\x82\x9D\n");
  EXPECT_THROW(utf8_from_table("ID\n\xFF\xFF\n", "t.csv"), Error);
}

TEST_F(DataForms, YoloFolderAndYaml) {
  picture("y/images/train/P1_3.png", 50, 40, 20);
  picture("y/images/val/P2_1.png", 60, 40, 20);
  text("y/labels/train/P1_3.txt", "0 0.5 0.25 0.1 0.2\n");
  const OpenedData folder = open_data(at("y"), {}, {});
  ASSERT_EQ(folder.source->size(), 2u);
  EXPECT_EQ(folder.source->group(0), "P1");
  EXPECT_EQ(folder.items[1].stated, "validation");
  const LesionBox box = folder.source->get(0).lesions.at(0);
  EXPECT_NEAR(box.box.x0, 18, 1e-9);  // .45 of 40
  EXPECT_NEAR(box.box.y1, 7, 1e-9);   // .35 of 20
  EXPECT_EQ(box.type, "lesion");
  EXPECT_TRUE(folder.source->get(1).lesions.empty());
  // As LiLNet's file has it: a sequence that holds a mapping.
  text("y/data.yaml", "path: .\ntrain: images/train\nval: images/val\nnc: 1\nnames:\n  - 0: tumour\n");
  EXPECT_EQ(open_data(at("y/data.yaml"), {}, {}).source->get(0).lesions.at(0).type, "tumour");
  text("y/labels/train/P1_3.txt", "1 0.5 0.25 0.1 0.2\n0 0.99 0.5 0.2 0.2\n0 0.5 0.5\n0 x 0 0 0\n");
  expect_parts(message(at("y/data.yaml")),
               {"labels/P1_3.txt, line 1: the class 1 is none of the 1 names",
                "line 2: the box 0.99 0.5 0.2 0.2 is not within the image",
                "line 3: is not 'class xc yc w h'",
                "line 4: is not 'class xc yc w h'"});
  text("y/data.yaml", "path: .\ntrain: images/none\n");
  expect_parts(message(at("y/data.yaml")), {"images/none: is neither a folder of pictures nor a .txt list"});
}

TEST_F(DataForms, CocoJson) {
  picture("c/images/a_1.png", 50, 40, 20);
  picture("c/b_1.png", 60, 40, 20);
  const std::string images =
      R"({"images": [{"id": 7, "file_name": "a_1.png", "phase": "PVP", "split": "val"}, {"id": 8, "file_name": "b_1.png", "patient": "q"}],
          "categories": [{"id": 3, "name": "cyst"}], "annotations": )";
  const fs::path file = text("c/coco.json",
                             fmt::format("{}{}{}",
                                         images,
                                         R"([{"id": 1, "image_id": 7, "category_id": 3, "bbox": [2, 3, 10, 5]},
                                             {"id": 2, "image_id": 7, "category_id": 3, "bbox": [20, 3, 4, 5], "iscrowd": 1}])",
                                         "}"));
  const OpenedData data = open_data(file, {}, {});
  ASSERT_EQ(data.source->size(), 2u);
  const LearningSlice slice = data.source->get(0);
  EXPECT_EQ(slice.lesions, (std::vector<LesionBox>{{{2, 3, 12, 8}, "cyst", false}, {{20, 3, 24, 8}, "cyst", true}}));
  EXPECT_EQ(slice.phase, Phase::portal_venous);
  EXPECT_EQ(data.source->group(0), "a");
  EXPECT_EQ(data.source->group(1), "q");
  EXPECT_EQ(data.items[0].stated, "validation");
  EXPECT_EQ(open_data(file, {}, classes({"cyst"})).source->size(), 1u);  // crowds are no lesions to classify
  text("c/coco.json",
       fmt::format("{}{}{}",
                   images,
                   R"([{"id": 4, "image_id": 9, "category_id": 3, "bbox": [2, 3, 10, 5]},
                       {"id": 5, "image_id": 7, "category_id": 1, "bbox": [2, 3, 10, 5]},
                       {"id": 6, "image_id": 7, "category_id": 3, "bbox": [2, 3, 0, 5]}])",
                   "}"));
  expect_parts(message(file),
               {"annotation 4: its `image_id`", "annotation 5: its `category_id`", "annotation 6: its `bbox`"});
  text("c/coco.json", "{\"images\": []}");
  expect_parts(message(file), {"the list `annotations` is missing"});
}

TEST_F(DataForms, UnknownFormsListTheKnownOnes) {
  fs::create_directories(at("empty"));
  expect_parts(message(at("empty")), {"is of no known form", "manifest (.csv)", "LiLNet", "COCO", "YOLO"});
  EXPECT_THROW(form_of_data(at("nothing")), Error);
}

}  // namespace
}  // namespace hepatica
