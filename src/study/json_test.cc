#include "study/json.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hepatica {
namespace {

using nlohmann::json;

Study example_study() {
  Study study;
  study.source = "studies/one";
  study.uid = "1.2.3";
  study.date = "20240131";
  study.is_dicom = true;
  study.patient = {"ID", "\u738b", "F", "19600505", 63.5};
  study.warnings = {"a warning"};
  Series series;
  series.uid = "1.2.3.4";
  series.description = "ABD";
  series.modality = Modality::picture;
  series.values = Values::windowed;
  series.accepted = true;
  series.phase = Phase::portal_venous;
  series.phase_confidence = 0.75;
  series.phase_source = "image";
  series.geometry.size = {512, 512, 129};
  series.geometry.spacing = {0.5, 0.5, 1.6};
  series.geometry.origin = {-10, -20, 30};
  series.geometry.direction = {{{1, 0, 0}, {0, -1, 0}, {0, 0, -1}}};
  series.tags = {{"KVP", "120"}};
  study.series = {series};
  return study;
}

TEST(StudyJson, GoesThereAndBack) {
  const Study study = example_study();
  const json document = study;
  const auto back = document.get<Study>();
  EXPECT_EQ(json(back), document);
  EXPECT_EQ(back.series[0].geometry, study.series[0].geometry);
  EXPECT_EQ(back.series[0].modality, Modality::picture);
  EXPECT_EQ(back.series[0].phase, Phase::portal_venous);
  EXPECT_EQ(back.patient.age_years, 63.5);
}

TEST(StudyJson, HasTheSeriesKeysOfTheCommandContract) {
  const json series = example_study().series[0];
  EXPECT_EQ(series["phase"], "portal_venous");
  EXPECT_EQ(series["slices"], 129);
  EXPECT_EQ(series["size"], json({512, 512, 129}));
  EXPECT_EQ(series["spacing"], json({0.5, 0.5, 1.6}));
}

TEST(StudyJson, KeepsAnUnknownAgeUnknown) {
  Study study = example_study();
  study.patient.age_years.reset();
  const json document = study;
  EXPECT_TRUE(document["patient"]["age_years"].is_null());
  EXPECT_FALSE(document.get<Study>().patient.age_years);
}

TEST(FindingsJson, GoThereAndBack) {
  Lesion lesion;
  lesion.id = 2;
  lesion.box = {{1, 2, 3}, {5, 8, 11}};
  lesion.long_axis_mm = 42;
  lesion.short_axis_mm = 31;
  lesion.volume_ml = 18.5;
  lesion.score = 0.9;
  lesion.detections = {{1, 7, {10, 20, 30, 45}, 0.9}};
  lesion.best_slices = lesion.detections;
  lesion.unseen_slices = lesion.detections;
  const json document = lesion;
  EXPECT_EQ(document["center_mm"], json({3.0, 5.0, 7.0}));
  EXPECT_EQ(document["box_mm"], json({1.0, 2.0, 3.0, 5.0, 8.0, 11.0}));
  EXPECT_EQ(json(document.get<Lesion>()), document);

  const HierarchyPrediction prediction{{{"benign", 0.25}, {"malignant", 0.75}}, {{"hcc", 0.75}, {"cyst", 0.25}}, "hcc"};
  EXPECT_EQ(json(json(prediction).get<HierarchyPrediction>()), json(prediction));
}

TEST(ProvenanceJson, KeepsTheOrderOfStages) {
  const Provenance provenance{"hepatica",
                              "0.1",
                              "abc",
                              "cairo 1.16",
                              "lilnet2024",
                              "ff",
                              "f32",
                              "cpu",
                              2,
                              "2026-01-31T12:00:00Z",
                              {{"segment", "s.safetensors", "00", "U-Net"}},
                              {{"segment", 2.5}, {"ingest", 1}}};
  const auto back = json(provenance).get<Provenance>();
  EXPECT_EQ(back.timings_s[0].first, "segment");
  EXPECT_EQ(back.models[0].title, "U-Net");
  EXPECT_EQ(json(back), json(provenance));
}

TEST(StudyJson, RefusesWhatItDoesNotKnow) {
  json document = example_study();
  document["series"][0]["modality"] = "ultrasound";
  EXPECT_THROW(document.get<Study>(), Error);
  document = example_study();
  document["series"][0]["phase"] = "later";
  EXPECT_THROW(document.get<Study>(), Error);
  document = example_study();
  document.erase("uid");
  EXPECT_THROW(document.get<Study>(), json::exception);
}

}  // namespace
}  // namespace hepatica
