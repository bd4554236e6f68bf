#include "evaluate/validation.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"

namespace hepatica {
namespace {

Geometry grid(int64_t nx, int64_t ny, int64_t nz) {
  Geometry g;
  g.size = {nx, ny, nz};
  g.spacing = {2, 2, 5};
  return g;
}

TEST(LesionMatch, MeasuresOnTheSliceByHand) {
  Mask mask(grid(20, 20, 3));
  for (int64_t i = 2; i <= 8; ++i) mask.at(i, 4, 1) = 1;  // 6 steps of 2 mm, plus one pixel
  mask.at(15, 15, 2) = 1;
  const auto lesions = measure_lesions(separate_lesions(mask));
  ASSERT_EQ(lesions.size(), 2u);
  EXPECT_EQ(lesions[0].label, 1);  // the largest first
  EXPECT_DOUBLE_EQ(lesions[0].long_axis_mm, 14);
  EXPECT_DOUBLE_EQ(lesions[0].volume_ml, 7 * .02);
  EXPECT_DOUBLE_EQ(lesions[1].long_axis_mm, 2);
  mask.at(15, 15, 2) = 7;  // labels that are there stay
  EXPECT_EQ(measure_lesions(separate_lesions(mask))[1].label, 7);
}

TEST(LesionMatch, BoxesFindAndMiss) {
  Mask labels(grid(20, 20, 3));
  labels.at(5, 5, 1) = 3;
  labels.at(15, 15, 1) = 4;
  Lesion hit, beside, elsewhere;
  hit.detections = {{0, 1, {4.2, 4.2, 5.5, 5.5}, .9}};
  beside.detections = {{0, 1, {6, 6, 9, 9}, .9}, {0, 2, {5, 5, 6, 6}, .9}};
  elsewhere.detections = {{1, 1, {5, 5, 6, 6}, .9}};
  const LesionMatch match = match_lesions({hit, beside, elsewhere}, {&labels, nullptr});
  EXPECT_EQ(match.found, (std::set<int>{3}));
  EXPECT_EQ(match.touched, (std::vector<std::set<int>>{{3}, {}, {}}));
  EXPECT_EQ(match.judged, (std::vector<uint8_t>{1, 1, 0}));
}

TEST(LesionMatch, ComparesOnOneGridAlone) {
  Mask mask(grid(4, 3, 2));
  mask.at(0, 2, 1) = 5;
  Geometry flipped = mask.geometry();
  flipped.direction = {{{-1, 0, 0}, {0, -1, 0}, {0, 0, 1}}};
  EXPECT_THROW(overlap(mask, Mask(flipped)), Error);
  EXPECT_EQ(overlap(mask, mask).both, 1);
}

CaseResult patient(const std::string& name,
                   const std::string& type,
                   const std::string& prediction,
                   double malignant,
                   bool found,
                   int64_t false_positives) {
  CaseResult one;
  one.patient = name;
  one.diagnosis = type;
  one.benign_malignant = type == "none" ? "none" : type == "hcc" ? "malignant" : "benign";
  one.status = "lesions";
  one.images = {{Phase::arterial, found ? Phase::arterial : Phase::delayed, true, .9, -.1, 1000, 900}};
  if (type != "none") one.lesions = {{1, 12, found}, {2, 8, false}};
  one.lesions_known = true;
  if (found) one.predicted.push_back({.8, 12, true, {1}});
  for (int64_t n = 0; n < false_positives; ++n) one.predicted.push_back({.5 + .1 * double(n), 9, true, {}});
  one.prediction = prediction;
  if (!prediction.empty()) {
    one.benign_malignant_found = {{"benign", 1 - malignant}, {"malignant", malignant}};
    one.probabilities = {{"cyst", 1 - malignant}, {"hcc", malignant}};
  }
  one.columns = {{"center", "A"}};
  one.seconds = 10;
  return one;
}

TEST(Validation, CountsByHand) {
  const std::vector<CaseResult> cases{patient("a", "hcc", "hcc", .9, true, 0),
                                      patient("b", "cyst", "cyst", .1, true, 1),
                                      patient("c", "cyst", "", 0, false, 0),
                                      patient("d", "hcc", "cyst", .4, true, 2),
                                      patient("e", "none", "", 0, false, 0)};
  const Validation v = validate(cases, {{500, 1, .95}, 10});
  const nlohmann::json metrics = json_from_validation(v, cases)["metrics"];
  EXPECT_DOUBLE_EQ(metrics["liver_dice"]["value"], .9);
  EXPECT_DOUBLE_EQ(metrics["lesion_recall"]["value"], .75);
  EXPECT_EQ(metrics["lesion_recall"]["n"], 4);
  EXPECT_DOUBLE_EQ(metrics["lesion_recall_all"]["value"], 3.0 / 8);
  EXPECT_DOUBLE_EQ(metrics["false_positives_per_patient"]["value"], 3.0 / 5);
  EXPECT_DOUBLE_EQ(metrics["no_lesion_specificity"]["value"], 1);
  EXPECT_DOUBLE_EQ(metrics["phase_accuracy"]["value"], 3.0 / 5);
  // Malignant .9, .4 against benign .1 and the undiagnosed .5: 3 of 4 pairs right.
  EXPECT_DOUBLE_EQ(metrics["benign_malignant_auc"]["value"], .75);
  EXPECT_DOUBLE_EQ(metrics["benign_malignant_auc_diagnosed"]["value"], 1);
  EXPECT_DOUBLE_EQ(metrics["benign_malignant_accuracy"]["value"], .5);
  EXPECT_DOUBLE_EQ(metrics["six_class_accuracy"]["value"], .5);
  EXPECT_EQ(metrics["diagnosed"]["n"], 4);
  EXPECT_EQ(v.confusion, (std::vector<std::vector<int64_t>>{{1, 0, 1}, {1, 1, 0}}));
}

TEST(Validation, FrocByHand) {
  std::vector<CaseResult> cases{patient("a", "hcc", "hcc", .9, true, 2),
                                patient("b", "cyst", "", 0, false, 0),
                                patient("c", "none", "", 0, false, 1)};
  cases[0].predicted.push_back({.7, 12, true, {1}});      // the same lesion once more
  cases[2].predicted.push_back({.95, 12, false, {}});     // not judged
  const std::vector<FrocPoint> points = froc(cases, 10);  // two lesions of 10 mm, three patients
  ASSERT_EQ(points.size(), 4u);                           // scores .8, .7, .6, .5
  EXPECT_DOUBLE_EQ(points[0].recall, .5);
  EXPECT_DOUBLE_EQ(points[0].false_positives, 0);
  EXPECT_DOUBLE_EQ(points[2].least_score, .6);
  EXPECT_DOUBLE_EQ(points[2].false_positives, 1.0 / 3);
  EXPECT_DOUBLE_EQ(points[3].recall, .5);
  EXPECT_DOUBLE_EQ(points[3].false_positives, 1);
  EXPECT_TRUE(froc({cases[2]}, 10).empty());  // no lesion to find
}

TEST(Validation, CasesSurviveJsonAndTables) {
  CaseResult one = patient("a", "hcc", "hcc", .9, true, 0);
  EXPECT_EQ(features_csv({one}), "");
  one.features = {0.25, 3};
  EXPECT_EQ(features_csv({one}), "case_id,truth,f0,f1\na,hcc,0.25,3\n");
  const CaseResult again = nlohmann::json(one).get<CaseResult>();
  EXPECT_EQ(nlohmann::json(one), nlohmann::json(again));
  EXPECT_EQ(predictions_csv({one}, "types"),
            "case_id,truth,prob_cyst,prob_hcc,prediction,center\na,hcc,0.1,0.9,hcc,A\n");
  EXPECT_EQ(predictions_csv({one}, "benign_malignant"),
            "case_id,truth,prob_benign,prob_malignant,center\na,malignant,0.1,0.9,A\n");
  EXPECT_EQ(predictions_csv({}, "types"), "");
  EXPECT_NE(cases_csv({one}).find("1: 12 mm found"), std::string::npos);
}

TEST(Validation, ComparesImagesWithReferences) {
  PhaseImage image;
  image.liver = Mask(grid(4, 4, 1));
  image.liver.at(1, 1, 0) = image.liver.at(2, 1, 0) = 1;
  ImageReferences reference;
  reference.row = 0;
  reference.liver = Mask(grid(4, 4, 1));
  reference.liver.at(1, 1, 0) = 1;
  reference.lesions = Mask(grid(4, 4, 1));
  reference.lesions.at(1, 1, 0) = 2;
  CaseResult result;
  result.images.resize(1);
  Lesion lesion;
  lesion.detections = {{0, 0, {1, 1, 2, 2}, .5}};
  compare_with_references({image}, {lesion}, {reference}, result);
  EXPECT_DOUBLE_EQ(*result.images[0].liver_dice, 2.0 / 3);
  EXPECT_DOUBLE_EQ(*result.images[0].liver_volume_error, 1);
  ASSERT_EQ(result.lesions.size(), 1u);
  EXPECT_TRUE(result.lesions[0].found);
  EXPECT_EQ(result.false_positives(), 0);
}

TEST(ReferenceManifest, ReadsRowsAndNamesMistakes) {
  TemporaryFolder folder;
  const fs::path file = folder.path() / "m.csv";
  const auto error_of = [&](const std::string& text) -> std::string {
    write_file(file, text);
    try {
      read_reference_manifest(file);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(error_of("patient,path,phase\np,a.nii.gz,early\n").find("line 2: 'early' is no phase"), std::string::npos);
  EXPECT_NE(error_of("patient,path\n../p,a\n").find("cannot be a patient's name"), std::string::npos);
  EXPECT_NE(error_of("patient,path,diagnosis\np,a,hcc\np,b,icc\n").find("line 3: diagnosis"), std::string::npos);
  EXPECT_NE(error_of("patient,path\n").find("no rows"), std::string::npos);
  EXPECT_EQ(error_of("patient,path,phase,split,center\np,a.nii.gz,AP,test,X\np,/b.nii.gz,PVP,test,X\nq,c,CT,train,Y\n"),
            "");
  const ReferenceManifest manifest = read_reference_manifest(file, "test");
  ASSERT_EQ(manifest.patients.size(), 1u);
  EXPECT_EQ(manifest.patients[0].images[0].path, folder.path() / "a.nii.gz");
  EXPECT_EQ(manifest.patients[0].images[1].path, "/b.nii.gz");
  EXPECT_EQ(manifest.patients[0].columns.at("center"), "X");
  EXPECT_THROW(read_reference_manifest(file, "none"), Error);
}

}  // namespace
}  // namespace hepatica
