#include "pipeline/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "image/mask_area.h"
#include "pipeline/explanation.h"
#include "pipeline/gate.h"
#include "stages/classify/lilnet.h"
#include "stages/classify/phases.h"
#include "stages/detect/gallbladder.h"
#include "stages/segment/segment_images.h"

namespace hepatica {
namespace {

constexpr double kCutPart = 0.2;  // of the largest slice's liver on the scan's border: the liver is cut

Models models_for(const Recipe& recipe, const PipelineOptions& options) {
  return {recipe, options.model_folders, options.predictor};
}

std::string shown(Precision precision) {
  if (precision == Precision::automatic) return "auto";
  return precision == Precision::bf16 ? "bf16" : "f32";
}

void warn_of_cut_liver(PreprocessedStudy& study) {
  for (const PhaseImage& image : study.images) {
    int64_t largest = 1;
    for (int64_t k = 0; k < image.liver.nz(); ++k) largest = std::max(largest, labelled_pixels(image.liver, k));
    const auto cut = [&](int64_t k) { return double(labelled_pixels(image.liver, k)) > kCutPart * double(largest); };
    const bool top = cut(image.liver.nz() - 1), bottom = cut(0);
    if (top || bottom)
      study.warnings.push_back(
          fmt::format("the {} scan ends within the liver at its {}: lesions beyond it are not seen",
                      name_of(image.phase),
                      top && bottom ? "upper and lower end"
                      : top         ? "upper end"
                                    : "lower end"));
  }
}

/// The detections that are classified, lesion by lesion: those sampled, and the best slices.
struct ClassifiedDetections {
  std::vector<Detection> all;
  std::vector<size_t> first;  ///< of each lesion, and the end
};

ClassifiedDetections detections_to_classify(const PreprocessedStudy& study,
                                            const std::vector<Lesion>& lesions,
                                            const ClassifyOptions& options) {
  ClassifiedDetections chosen;
  std::vector<std::vector<double>> breathing;
  if (options.all_phases) breathing = breathing_shifts_mm(study);
  for (const Lesion& lesion : lesions) {
    chosen.first.push_back(chosen.all.size());
    std::vector<Detection> own =
        sampled(options.all_phases ? in_all_phases(study, breathing, lesion.detections) : lesion.detections,
                options.images_per_phase);
    for (const Detection& best : lesion.best_slices)
      if (std::none_of(own.begin(), own.end(), [&](const Detection& d) { return same_box(d, best); }))
        own.push_back(best);
    chosen.all.insert(chosen.all.end(), own.begin(), own.end());
  }
  chosen.first.push_back(chosen.all.size());
  return chosen;
}

/// Of each image in which the lesion was not seen the middle one of the slices that are classified.
std::vector<Detection> unseen_slices(const Lesion& lesion, const ClassifiedDetections& chosen, size_t n) {
  std::map<size_t, std::vector<Detection>> unseen;
  for (size_t d = chosen.first[n]; d < chosen.first[n + 1]; ++d) unseen[chosen.all[d].image].push_back(chosen.all[d]);
  for (const Detection& best : lesion.best_slices) unseen.erase(best.image);
  std::vector<Detection> slices;
  for (const auto& [image, detections] : unseen) slices.push_back(detections[detections.size() / 2]);
  return slices;
}

HierarchyPrediction hierarchy(const std::vector<StagePrediction>& stages) {
  return combine(stages[0], {stages.begin() + 1, stages.end()});
}

}  // namespace

Pipeline::Pipeline(const Block& recipe, const PipelineOptions& options)
    : recipe_(read_recipe(recipe)), options_(options), models_(models_for(recipe_, options)) {
  segmenter_ = make_segmenter(recipe_, models_);
  verifier_ = make_verifier(recipe_, models_);
  detector_ = make_detector(recipe_, models_, verifier_.get());
  classifiers_ = make_classifiers(recipe_, models_);
}

std::optional<std::string> Pipeline::check_age(const Study& study) const {
  const auto& age = study.patient.age_years;
  if (!recipe_.age.limited() || options_.any_age) return std::nullopt;
  if (!age)
    return fmt::format(
        "the patient's age is not stated; recipe '{}' is for patients {}", recipe_.name, recipe_.age.text());
  if (recipe_.age.hold(*age)) return std::nullopt;
  throw Error(
      ErrorCode::wrong_patient_group,
      fmt::format("{}: the patient is {}, recipe '{}' is for patients {}; take a recipe for this age, or --any-age "
                  "diagnoses all the same",
                  study.source,
                  *age < 2 ? fmt::format("{:.0f} months old", std::floor(*age * 12))
                           : fmt::format("{:.0f} years old", std::floor(*age)),
                  recipe_.name,
                  recipe_.age.text()));
}

Outcome Pipeline::diagnose(const Study& study) const {
  const std::optional<std::string> age_warning = check_age(study);
  Outcome outcome;
  Timings& timings = outcome.provenance.timings_s;
  outcome.images = run_stage(
      "preprocess",
      timings,
      [&] { return preprocess(study, recipe_.phases, recipe_.preprocess); },
      [](const PreprocessedStudy&) {});
  if (age_warning) outcome.images.warnings.push_back(*age_warning);
  const auto refusal = run_stage(
      "segment",
      timings,
      [&] { return segment_images(outcome.images, *segmenter_); },
      [&](const std::optional<std::string>&) { verify_livers(outcome.images); });
  outcome.provenance.recipe = recipe_.name;
  outcome.provenance.recipe_sha256 = recipe_.sha256;
  outcome.provenance.precision = shown(options_.predictor.precision);
  outcome.provenance.device = options_.predictor.device;
  outcome.provenance.threads = thread_count();
  outcome.provenance.models = models_.loaded();
  if (refusal) {
    outcome.diagnosis.status = Diagnosis::Status::refused;
    outcome.diagnosis.refused_reason = refusal;
    return outcome;
  }
  warn_of_cut_liver(outcome.images);
  const std::vector<Detection> detections = run_stage(
      "detect",
      timings,
      [&] { return detector_->detect(outcome.images); },
      [&](const std::vector<Detection>& found) { verify_detections(outcome.images, found); });
  const auto unchecked = [](const auto&) {};
  std::vector<LinkedLesion> linked = run_stage(
      "link",
      timings,
      [&] {
        return link_detections(
            outcome.images, detections, verifier_ ? candidate_options(recipe_.link, verifier_->input()) : recipe_.link);
      },
      unchecked);
  if (verifier_)
    linked = run_stage(
        "verify", timings, [&] { return verifier_->judge(outcome.images, linked); }, unchecked);
  const std::vector<LesionWithRegions> lesions = run_stage(
      "measure",
      timings,
      [&] {
        std::vector<LesionWithRegions> found = find_lesions(outcome.images, linked);
        const std::vector<std::string> said = leave_out_gallbladder(outcome.images, recipe_.link.gallbladder, found);
        outcome.images.warnings.insert(outcome.images.warnings.end(), said.begin(), said.end());
        if (recipe_.link.in_liver) add_to_livers(outcome.images, found);
        return found;
      },
      unchecked);
  outcome.reference = reference_image(outcome.images);
  outcome.lesions = paint_lesions(outcome.images, lesions, outcome.reference);
  for (const LesionWithRegions& lesion : lesions) outcome.diagnosis.lesions.push_back(lesion.lesion);
  outcome.diagnosis.status = lesions.empty() ? Diagnosis::Status::no_lesion : Diagnosis::Status::lesions;
  if (!lesions.empty() && !classifiers_.empty()) classify(outcome);
  return outcome;
}

void Pipeline::classify(Outcome& outcome) const {
  Diagnosis& diagnosis = outcome.diagnosis;
  Timings& timings = outcome.provenance.timings_s;
  const ClassifiedDetections chosen =
      detections_to_classify(outcome.images, diagnosis.lesions, classify_options(recipe_));
  for (size_t l = 0; l < diagnosis.lesions.size(); ++l)
    diagnosis.lesions[l].unseen_slices = unseen_slices(diagnosis.lesions[l], chosen, l);
  const auto scores = run_stage(
      "classify",
      timings,
      [&] {
        std::vector<std::vector<ImagePrediction>> scored;
        for (const auto& classifier : classifiers_) scored.push_back(classifier->classify(outcome.images, chosen.all));
        return scored;
      },
      [](const std::vector<std::vector<ImagePrediction>>&) {});
  const auto stages_of = [&](size_t first, size_t last) {
    std::vector<StagePrediction> stages;
    for (size_t c = 0; c < classifiers_.size(); ++c)
      stages.push_back(average(classifiers_[c]->task(),
                               classifiers_[c]->classes(),
                               {scores[c].begin() + std::ptrdiff_t(first), scores[c].begin() + std::ptrdiff_t(last)}));
    return stages;
  };
  diagnosis.stages = stages_of(0, chosen.all.size());
  diagnosis.patient = hierarchy(diagnosis.stages);
  verify_probabilities(*diagnosis.patient);
  for (size_t l = 0; l < diagnosis.lesions.size(); ++l) {
    diagnosis.lesion_predictions.push_back(hierarchy(stages_of(chosen.first[l], chosen.first[l + 1])));
    verify_probabilities(diagnosis.lesion_predictions.back());
  }
  diagnosis.abstain_reason = abstention(*diagnosis.patient, recipe_.aggregate);
  if (diagnosis.abstain_reason) diagnosis.status = Diagnosis::Status::abstain;
  run_stage(
      "explain",
      timings,
      [&] {
        explain(outcome.images, classifiers_, recipe_.explain, diagnosis);
        return true;
      },
      [](bool) {});
}

}  // namespace hepatica
