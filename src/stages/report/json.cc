#include "study/json.h"

#include <algorithm>

#include "stages/report/content.h"
#include "stages/report/report.h"
#include "stages/report/slice_view.h"

namespace hepatica {
namespace {

using nlohmann::json;

json optional_text(const std::optional<std::string>& text) { return text ? json(*text) : json(nullptr); }

json json_of_study(const Study& study) {
  json document = study;
  document.erase("series");
  document.erase("warnings");
  return document;
}

json json_of_series(const ReportInput& input) {
  json all = json::array();
  for (size_t n = 0; n < input.study.series.size(); ++n) {
    json one = input.study.series[n];
    one["used"] = false;
    for (const PhaseImage& image : input.images.images)
      if (image.series == n) one["used"] = true;
    all.push_back(std::move(one));
  }
  return all;
}

json json_of_liver(const PreprocessedStudy& images) {
  const double volume = report::stated_liver_volume_ml(images);
  json by_image = json::array();
  for (const PhaseImage& image : images.images)
    by_image.push_back({{"phase", image.phase}, {"volume_ml", image.liver_volume_ml}});
  return {{"volume_ml", volume > 0 ? json(volume) : json(nullptr)}, {"images", by_image}};
}

/// Says in the patient's terms what `image` and `slice` of a detection refer to.
void locate(json& detection, const Detection& seen, const ReportInput& input) {
  if (seen.image >= input.images.images.size()) return;
  const PhaseImage& image = input.images.images[seen.image];
  detection["phase"] = image.phase;
  if (image.series < input.study.series.size()) detection["series_uid"] = input.study.series[image.series].uid;
  if (image.hu.empty()) return;
  detection["position_mm"] = report::SliceView(image.hu.geometry(), seen.slice).position_mm();
}

json json_of_lesions(const ReportInput& input) {
  const Diagnosis& diagnosis = input.diagnosis;
  const bool classified = diagnosis.lesion_predictions.size() == diagnosis.lesions.size();
  json all = json::array();
  for (size_t n = 0; n < diagnosis.lesions.size(); ++n) {
    const Lesion& lesion = diagnosis.lesions[n];
    json one = lesion;
    for (size_t b = 0; b < lesion.best_slices.size(); ++b) locate(one["best_slices"][b], lesion.best_slices[b], input);
    for (size_t u = 0; u < lesion.unseen_slices.size(); ++u)
      locate(one["unseen_slices"][u], lesion.unseen_slices[u], input);
    one.update(classified ? json(diagnosis.lesion_predictions[n]) : json(HierarchyPrediction{}));
    if (!classified) one["prediction"] = nullptr;
    all.push_back(std::move(one));
  }
  return all;
}

json json_of_shapley(const Diagnosis& diagnosis) {
  json stages = json::object();
  for (const StagePrediction& stage : diagnosis.stages) {
    if (!stage.shapley) continue;
    const PhaseShapley& shapley = *stage.shapley;
    json phases = json::object();
    for (const auto& [phase, value] : shapley.phases) phases[std::string(name_of(phase))] = value;
    stages[stage.task] = {{"class", shapley.chosen},
                          {"value", shapley.value},
                          {"none", shapley.none},
                          {"all", shapley.all},
                          {"phases", phases}};
  }
  return stages;
}

/// The maps that were made, with the additivity of those of pixels' values.
json json_of_maps(const ReportInput& input) {
  json maps = json::array();
  for (const StagePrediction& stage : input.diagnosis.stages)
    for (const ImagePrediction& image : stage.images) {
      if (image.activation.empty()) continue;
      const auto best = std::max_element(image.logits.begin(), image.logits.end()) - image.logits.begin();
      json one = {{"task", stage.task}, {"class", stage.classes[size_t(best)]}, {"slice", image.detection.slice}};
      locate(one, image.detection, input);
      if (image.additivity)
        one["additivity"] = {{"logit", image.additivity->logit},
                             {"baseline", image.additivity->baseline},
                             {"attributed", image.additivity->attributed},
                             {"residual", image.additivity->residual()}};
      maps.push_back(std::move(one));
    }
  return {{"method", input.diagnosis.map_method.empty() ? json(nullptr) : json(input.diagnosis.map_method)},
          {"maps", maps}};
}

json json_of_patient(const Diagnosis& diagnosis) {
  json document = diagnosis.patient.value_or(HierarchyPrediction{});
  document["shapley"] = json_of_shapley(diagnosis);
  if (!diagnosis.patient) document["prediction"] = nullptr;
  document["abstain_reason"] = optional_text(diagnosis.abstain_reason);
  return document;
}

}  // namespace

json report_json(const ReportInput& input) {
  json timings = json::object();
  for (const auto& [stage, seconds] : input.provenance.timings_s) timings[stage] = seconds;
  return {{"status", std::string(name_of(input.diagnosis.status))},
          {"refused_reason", optional_text(input.diagnosis.refused_reason)},
          {"study", json_of_study(input.study)},
          {"series", json_of_series(input)},
          {"liver", json_of_liver(input.images)},
          {"lesions", json_of_lesions(input)},
          {"patient", json_of_patient(input.diagnosis)},
          {"explanation", json_of_maps(input)},
          {"warnings", report::all_warnings(input)},
          {"timings_s", timings},
          {"provenance", input.provenance},
          {"disclaimer", report::kDisclaimer}};
}

ReportOptions read_report_options(const Block& block) {
  ReportOptions options;
  OptionReader reader(block);
  options.level = reader.number("level", options.level, -1024, 3071);
  options.width = reader.number("width", options.width, 1, 4096);
  options.pictured_lesions = reader.integer("pictured_lesions", options.pictured_lesions, 0, 100);
  reader.finish();
  return options;
}

}  // namespace hepatica
