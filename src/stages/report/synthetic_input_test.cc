#include "stages/report/synthetic_input_test.h"

#include <cmath>

namespace hepatica::report {
namespace {

bool within(double i, double j, double ci, double cj, double ri, double rj) {
  return (i - ci) * (i - ci) / (ri * ri) + (j - cj) * (j - cj) / (rj * rj) <= 1;
}

Series series_of(const std::string& uid, const std::string& description, Phase phase) {
  Series series;
  series.uid = uid;
  series.description = description;
  series.accepted = true;
  series.phase = phase;
  series.phase_confidence = 0.9;
  series.phase_source = "tags+image";
  series.geometry = synthetic_geometry();
  return series;
}

ImagePrediction activation_for(const Detection& detection) {
  ImagePrediction prediction;
  prediction.detection = detection;
  prediction.crop = {20, 25, 80, 85};
  prediction.logits = {-1, 2};
  prediction.activation_rows = prediction.activation_columns = 7;
  for (int row = 0; row < 7; ++row)
    for (int column = 0; column < 7; ++column)
      prediction.activation.push_back(float(std::exp(-0.3 * ((row - 3) * (row - 3) + (column - 3) * (column - 3)))));
  return prediction;
}

}  // namespace

Geometry synthetic_geometry() {
  Geometry geometry;
  geometry.size = {160, 120, 8};
  geometry.spacing = {2.5, 2.5, 5};
  geometry.origin = {-200, -150, 100};
  return geometry;
}

PhaseImage synthetic_image(size_t series, Phase phase, int16_t liver_hu, int16_t lesion_hu) {
  PhaseImage image;
  image.series = series;
  image.phase = phase;
  image.hu = Volume<int16_t>(synthetic_geometry(), -1000);
  image.liver = Mask(synthetic_geometry(), 0);
  for (int64_t k = 0; k < 8; ++k)
    for (int64_t j = 0; j < 120; ++j)
      for (int64_t i = 0; i < 160; ++i) {
        int16_t& hu = image.hu.at(i, j, k);
        const double x = double(i) + 0.5, y = double(j) + 0.5;
        if (within(x, y, 80, 55, 65, 42)) hu = 40;
        if (j >= 108 && j < 110) hu = 200;  // the table, 5 mm thick
        if (!within(x, y, 55, 55, 28, 26)) continue;
        hu = liver_hu;
        image.liver.at(i, j, k) = 1;
        if (k >= 2 && k <= 5 && within(x, y, 50, 55, 8, 8)) hu = lesion_hu;
      }
  image.liver_volume_ml = 570;
  return image;
}

std::unique_ptr<SyntheticReport> synthetic_report() {
  auto made = std::make_unique<SyntheticReport>();
  made->study.source = "studies/one";
  made->study.uid = "1.2.3";
  made->study.date = "20240131";
  made->study.is_dicom = true;
  made->study.patient = {"ID-7", "\u738b\u5c0f\u660e <script>alert('x')</script>", "F", "19600505", 63.0};
  made->study.series = {series_of("1.2.3.1", "ABD ART", Phase::arterial),
                        series_of("1.2.3.2", "ABD PV", Phase::portal_venous),
                        series_of("1.2.3.3", "Scout", Phase::unknown)};
  made->study.series[2].accepted = false;
  made->study.series[2].reason = "localizer";
  made->study.warnings = {"one file was not an image", "shared warning"};
  made->images.images = {synthetic_image(0, Phase::arterial, 80, 140),
                         synthetic_image(1, Phase::portal_venous, 110, 70)};
  made->images.warnings = {"shared warning"};

  Lesion lesion;
  lesion.id = 1;
  lesion.box = {{-95, -32.5, 107.5}, {-55, 7.5, 127.5}};
  lesion.long_axis_mm = 42;
  lesion.short_axis_mm = 31;
  lesion.volume_ml = 18.34;
  lesion.score = 0.91;
  StagePrediction stage{"benign_malignant", {"benign", "malignant"}, {}, {-1, 2}, {0.07, 0.93}};
  for (size_t image = 0; image < 2; ++image) {
    const Detection seen{image, 3, {42, 47, 58, 63}, 0.9};
    lesion.detections.push_back(seen);
    lesion.best_slices.push_back(seen);
    stage.images.push_back(activation_for(seen));
  }
  HierarchyPrediction prediction;
  prediction.benign_malignant = {{"benign", 0.07}, {"malignant", 0.93}};
  prediction.probabilities = {
      {"hcc", 0.81}, {"icc", 0.09}, {"metastasis", 0.03}, {"fnh", 0.02}, {"hemangioma", 0.047}, {"cyst", 0.003}};
  prediction.prediction = "hcc";
  made->diagnosis.status = Diagnosis::Status::lesions;
  made->diagnosis.lesions = {lesion};
  made->diagnosis.lesion_predictions = {prediction};
  made->diagnosis.patient = prediction;
  stage.shapley = PhaseShapley{"malignant", "logit", 0, 2.59, {{Phase::arterial, 2.9}, {Phase::portal_venous, -0.31}}};
  made->diagnosis.stages = {stage};
  made->diagnosis.map_method = "cam";
  made->provenance = {"hepatica",
                      "0.1.0",
                      "abcdef123456",
                      "cairo 1.16.0",
                      "lilnet2024",
                      std::string(64, 'a'),
                      "f32",
                      "cpu",
                      2,
                      "2026-01-31T12:00:00Z",
                      {{"segment", "segment.safetensors", std::string(64, 'b'), "Liver U-Net"}},
                      {{"ingest", 1.25}, {"segment", 20.5}}};
  made->classes = {
      {"hcc", true}, {"icc", true}, {"metastasis", true}, {"fnh", false}, {"hemangioma", false}, {"cyst", false}};
  return made;
}

}  // namespace hepatica::report
