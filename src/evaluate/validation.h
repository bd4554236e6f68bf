// What a cohort with references says about the whole pipeline: one result a patient, and the estimates over all.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/lesion_match.h"
#include "evaluate/reference_manifest.h"
#include "stats/bootstrap.h"

namespace hepatica {

/// One image of a patient against its reference.
struct ImageResult {
  Phase phase_reference = Phase::unknown, phase_found = Phase::unknown;
  bool used = false;  ///< chosen for diagnosis; the figures below are of used images alone
  std::optional<double> liver_dice, liver_volume_error;
  double liver_reference_ml = 0, liver_found_ml = 0;
};

/// One reference lesion over all images of the patient.
struct LesionResult {
  int label = 0;
  double long_axis_mm = 0;  ///< the longest in any used image
  bool found = false;       ///< overlapped by a predicted lesion in any used image
};

/// One lesion that was found, against the references.
struct PredictedLesion {
  double score = 0, long_axis_mm = 0;
  bool judged = false;      ///< seen in an image with a reference
  std::vector<int> labels;  ///< of the reference lesions that it overlaps
};

/// One classifier over the images of a patient.
struct StageScores {
  std::string task;                  ///< "benign_malignant", "benign", "malignant"
  std::vector<std::string> classes;  ///< in the order of the logits
  std::vector<std::pair<Phase, std::vector<double>>> images;
};

/// Everything that is kept of one patient; written as JSON so that a run can be taken up again.
struct CaseResult {
  std::string patient, diagnosis, benign_malignant;  ///< of the manifest
  std::map<std::string, std::string> columns;
  std::string status;  ///< of the diagnosis; "failed" where it ended with an error
  std::string reason;  ///< why it failed, abstained or was refused
  std::vector<ImageResult> images;
  std::vector<LesionResult> lesions;
  bool lesions_known = false;  ///< there is a reference for lesions in a used image
  std::vector<PredictedLesion> predicted;
  int64_t false_positives() const;                                      ///< judged, and on no reference lesion
  std::map<std::string, double> benign_malignant_found, probabilities;  ///< empty where nothing was classified
  std::string prediction;
  std::vector<StageScores> scores;  ///< in the order of the recipe's classifiers
  /// Of the first classifier: means of its last feature maps over the crops of the patient; empty where not asked for.
  std::vector<double> features;
  double seconds = 0;
  std::map<std::string, double> stage_seconds;
  std::string fingerprint;  ///< of program, recipe, models and the patient's rows; a change makes the case run again
};

void to_json(nlohmann::json& json, const CaseResult& result);
void from_json(const nlohmann::json& json, CaseResult& result);

/// Fills images' liver figures and the lesion figures of `result` from what was found. `references` has one entry per
/// image of `images` with the masks on its grid; an empty mask means that there is none.
struct ImageReferences {
  Mask liver, lesions;
  std::optional<size_t> row;  ///< index into CaseResult::images; absent for an image that the manifest does not name
};
void compare_with_references(const std::vector<PhaseImage>& images,
                             const std::vector<Lesion>& predicted,
                             const std::vector<ImageReferences>& references,
                             CaseResult& result);

struct ValidationOptions {
  stats::BootstrapOptions bootstrap;
  double lesion_from_mm = 10;  ///< the size from which recall is asked for
};

/// Estimates over the cohort, each with interval and n:
///  liver_dice (mean over images; patients resampled), liver_dice_lowest, liver_volume_error_absolute;
///  lesion_recall (from `lesion_from_mm`; patients resampled), lesion_recall_all and by bands of size;
///  false_positives_per_patient (patients whose lesions are known); no_lesion_specificity (share of the patients
///  without a lesion in which none was found); phase_accuracy (images with a stated phase); benign_malignant_auc and
///  benign_malignant_accuracy, six_class_accuracy: over the patients whose truth is known and not "none"; a patient for
///  whom nothing was classified counts as probability one half and as wrong. `..._diagnosed`: over the classified ones
///  alone. `diagnosed`: their share. seconds_per_patient.
struct Validation {
  std::vector<std::pair<std::string, stats::Estimate>> metrics;
  std::vector<std::string> classes;  ///< of the confusion matrix; the last column is "not diagnosed"
  std::vector<std::vector<int64_t>> confusion;
  int64_t patients = 0, failed = 0;
};

Validation validate(const std::vector<CaseResult>& cases, const ValidationOptions& options);

/// A working point of lesion detection: what is left where only lesions of at least `least_score` are kept.
struct FrocPoint {
  double least_score = 0, recall = 0, false_positives = 0;  ///< per patient
};

/// Free-response ROC over the patients whose lesions are known: from the highest score down, one point a distinct
/// score. Recall is of reference lesions from `lesion_from_mm`. It ends at the recipe's own least score.
std::vector<FrocPoint> froc(const std::vector<CaseResult>& cases, double lesion_from_mm);
/// "least_score,recall,false_positives_per_patient".
std::string froc_csv(const std::vector<FrocPoint>& points);

/// {"n", "metrics": {name: estimate}, "confusion", "failed": [{"patient", "reason"}], "cases": [...]}.
nlohmann::json json_from_validation(const Validation& validation, const std::vector<CaseResult>& cases);

/// One row a patient with every figure.
std::string cases_csv(const std::vector<CaseResult>& cases);

/// The table that `evaluate` reads: case_id, truth, prob_<class>..., prediction and the manifest's columns; classified
/// patients of known truth alone. `task` is "benign_malignant" or "types". Empty where there is no such patient.
std::string predictions_csv(const std::vector<CaseResult>& cases, const std::string& task);

/// The same with a row an image: case_id, truth, phase, logit_<class>... of the classifier for `task`; patients whose
/// truth is one of its classes. The mean over a patient's rows is what the pipeline decided from. Empty where there is
/// no such patient.
std::string image_predictions_csv(const std::vector<CaseResult>& cases, const std::string& task);

/// "case_id,truth,f0,f1,...", as `evaluate --features` takes them: patients with features and a diagnosis. Empty where
/// there is none.
std::string features_csv(const std::vector<CaseResult>& cases);

/// The tasks for which a patient has scores of images, in the order in which they occur.
std::vector<std::string> scored_tasks(const std::vector<CaseResult>& cases);

}  // namespace hepatica
