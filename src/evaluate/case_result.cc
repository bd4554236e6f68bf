#include <algorithm>
#include <cmath>

#include "evaluate/validation.h"
#include "study/json.h"

namespace hepatica {
namespace {

nlohmann::json json_of(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

std::optional<double> optional_of(const nlohmann::json& json) {
  if (json.is_null()) return std::nullopt;
  return json.get<double>();
}

LesionResult& entry(std::vector<LesionResult>& lesions, int label) {
  for (LesionResult& lesion : lesions)
    if (lesion.label == label) return lesion;
  lesions.push_back({label, 0, false});
  return lesions.back();
}

nlohmann::json json_of(const PredictedLesion& lesion) {
  return {{"score", lesion.score},
          {"long_axis_mm", lesion.long_axis_mm},
          {"judged", lesion.judged},
          {"labels", lesion.labels}};
}

nlohmann::json json_of(const StageScores& scores) {
  nlohmann::json images = nlohmann::json::array();
  for (const auto& [phase, logits] : scores.images) images.push_back({{"phase", phase}, {"logits", logits}});
  return {{"task", scores.task}, {"classes", scores.classes}, {"images", images}};
}

StageScores scores_of(const nlohmann::json& json) {
  StageScores scores{json.at("task"), json.at("classes"), {}};
  for (const auto& image : json.at("images"))
    scores.images.emplace_back(image.at("phase").get<Phase>(), image.at("logits").get<std::vector<double>>());
  return scores;
}

}  // namespace

int64_t CaseResult::false_positives() const {
  return std::count_if(
      predicted.begin(), predicted.end(), [](const PredictedLesion& p) { return p.judged && p.labels.empty(); });
}

void to_json(nlohmann::json& json, const CaseResult& r) {
  nlohmann::json images = nlohmann::json::array(), lesions = nlohmann::json::array(),
                 predicted = nlohmann::json::array(), scores = nlohmann::json::array();
  for (const ImageResult& image : r.images)
    images.push_back({{"phase_reference", image.phase_reference},
                      {"phase_found", image.phase_found},
                      {"used", image.used},
                      {"liver_dice", json_of(image.liver_dice)},
                      {"liver_volume_error", json_of(image.liver_volume_error)},
                      {"liver_reference_ml", image.liver_reference_ml},
                      {"liver_found_ml", image.liver_found_ml}});
  for (const LesionResult& lesion : r.lesions)
    lesions.push_back({{"label", lesion.label}, {"long_axis_mm", lesion.long_axis_mm}, {"found", lesion.found}});
  for (const PredictedLesion& lesion : r.predicted) predicted.push_back(json_of(lesion));
  for (const StageScores& stage : r.scores) scores.push_back(json_of(stage));
  json = {{"patient", r.patient},
          {"diagnosis", r.diagnosis},
          {"benign_malignant", r.benign_malignant},
          {"columns", r.columns},
          {"status", r.status},
          {"reason", r.reason},
          {"images", images},
          {"lesions", lesions},
          {"lesions_known", r.lesions_known},
          {"predicted", predicted},
          {"predicted_lesions", r.predicted.size()},
          {"false_positives", r.false_positives()},
          {"benign_malignant_found", r.benign_malignant_found},
          {"probabilities", r.probabilities},
          {"prediction", r.prediction},
          {"scores", scores},
          {"features", r.features},
          {"seconds", r.seconds},
          {"stage_seconds", r.stage_seconds},
          {"fingerprint", r.fingerprint}};
}

void from_json(const nlohmann::json& json, CaseResult& r) {
  for (const auto& image : json.at("images"))
    r.images.push_back({image.at("phase_reference").get<Phase>(),
                        image.at("phase_found").get<Phase>(),
                        image.at("used"),
                        optional_of(image.at("liver_dice")),
                        optional_of(image.at("liver_volume_error")),
                        image.at("liver_reference_ml"),
                        image.at("liver_found_ml")});
  for (const auto& lesion : json.at("lesions"))
    r.lesions.push_back({lesion.at("label"), lesion.at("long_axis_mm"), lesion.at("found")});
  for (const auto& lesion : json.at("predicted"))
    r.predicted.push_back({lesion.at("score"), lesion.at("long_axis_mm"), lesion.at("judged"), lesion.at("labels")});
  json.at("patient").get_to(r.patient);
  json.at("diagnosis").get_to(r.diagnosis);
  json.at("benign_malignant").get_to(r.benign_malignant);
  json.at("columns").get_to(r.columns);
  json.at("status").get_to(r.status);
  json.at("reason").get_to(r.reason);
  json.at("lesions_known").get_to(r.lesions_known);
  json.at("benign_malignant_found").get_to(r.benign_malignant_found);
  json.at("probabilities").get_to(r.probabilities);
  json.at("prediction").get_to(r.prediction);
  for (const auto& stage : json.at("scores")) r.scores.push_back(scores_of(stage));
  json.at("features").get_to(r.features);
  json.at("seconds").get_to(r.seconds);
  json.at("stage_seconds").get_to(r.stage_seconds);
  json.at("fingerprint").get_to(r.fingerprint);
}

void compare_with_references(const std::vector<PhaseImage>& images,
                             const std::vector<Lesion>& predicted,
                             const std::vector<ImageReferences>& references,
                             CaseResult& result) {
  std::vector<const Mask*> lesion_masks;
  for (size_t i = 0; i < images.size(); ++i) {
    const ImageReferences& reference = references[i];
    lesion_masks.push_back(reference.row && !reference.lesions.empty() ? &reference.lesions : nullptr);
    if (!reference.row) continue;
    ImageResult& image = result.images[*reference.row];
    image.used = true;
    image.liver_found_ml = images[i].liver_volume_ml;
    if (!reference.liver.empty() && !images[i].liver.empty()) {
      const stats::OverlapCounts counts = overlap(images[i].liver, reference.liver);
      image.liver_dice = stats::dice(counts);
      image.liver_volume_error = stats::relative_volume_error(counts);
      image.liver_reference_ml =
          double(counts.both + counts.reference_only) * reference.liver.geometry().voxel_volume_ml();
    }
    if (reference.lesions.empty()) continue;
    result.lesions_known = true;
    for (const ReferenceLesion& lesion : measure_lesions(reference.lesions)) {
      LesionResult& known = entry(result.lesions, lesion.label);
      known.long_axis_mm = std::max(known.long_axis_mm, lesion.long_axis_mm);
    }
  }
  const LesionMatch match = match_lesions(predicted, lesion_masks);
  for (LesionResult& lesion : result.lesions) lesion.found = match.found.count(lesion.label) > 0;
  for (size_t i = 0; i < predicted.size(); ++i)
    result.predicted.push_back({predicted[i].score,
                                predicted[i].long_axis_mm,
                                match.judged[i] != 0,
                                {match.touched[i].begin(), match.touched[i].end()}});
}

}  // namespace hepatica
