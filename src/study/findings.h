// What was found: detections on slices, lesions in space, predictions and the diagnosis of the patient.
#pragma once

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "image/box.h"
#include "image/volume.h"
#include "study/phase.h"

namespace hepatica {

/// A series chosen for diagnosis with its voxels, and its liver once segmented.
struct PhaseImage {
  size_t series = 0;  ///< index into Study::series
  Phase phase = Phase::unknown;
  Volume<int16_t> hu;  ///< HU
  Mask liver;          ///< same grid as `hu`; empty before segmentation
  double liver_volume_ml = 0;
};

/// The images of one patient that the stages work on, in the order of the recipe's phases.
struct PreprocessedStudy {
  std::vector<PhaseImage> images;
  std::vector<std::string> warnings;
};

/// One box on one slice (2D, as LiLNet's detector works).
struct Detection {
  size_t image = 0;   ///< index into PreprocessedStudy::images
  int64_t slice = 0;  ///< k
  Box2 box;           ///< pixels of that slice
  double score = 0;   ///< 0..1
};

/// Whether both are the same box of the same slice, whatever their scores.
inline bool same_box(const Detection& a, const Detection& b) {
  return a.image == b.image && a.slice == b.slice && a.box == b.box;
}

/// Detections of one lesion across slices and phases, linked.
struct Lesion {
  int id = 0;                ///< from 1, largest first
  Box3 box;                  ///< world mm, LPS
  double long_axis_mm = 0;   ///< longest diameter on an axial slice
  double short_axis_mm = 0;  ///< longest diameter perpendicular to it on the same slice
  double volume_ml = 0;
  double score = 0;                    ///< the highest score of its detections
  std::vector<Detection> detections;   ///< every one that was linked
  std::vector<Detection> best_slices;  ///< one per image in which it was seen: the slice of its largest extent
  /// One per image in which it was not seen and was classified all the same: a slice at the same place of the liver.
  /// The score is that of the detection that was carried over.
  std::vector<Detection> unseen_slices{};
};

/// Whether the values of a crop's pixels sum to what they explain: the crop's logit over the baselines'.
struct Additivity {
  double logit = 0;       ///< of the crop
  double baseline = 0;    ///< mean over the baselines
  double attributed = 0;  ///< sum of the pixels' values

  double residual() const { return std::abs(attributed - (logit - baseline)); }
};

/// Scores of one classifier for one image crop.
struct ImagePrediction {
  Detection detection;
  Box2 crop;  ///< pixels of the slice that the classifier saw (and `activation` covers); may reach beyond the borders
  std::vector<double> logits;     ///< in the order of the classifier's classes
  std::vector<float> activation;  ///< map of the evidence for the predicted class, 0..1, [rows*columns], or empty
  int64_t activation_rows = 0, activation_columns = 0;
  std::optional<Additivity> additivity{};  ///< of maps of pixels' values
};

/// What each phase adds to a classifier's decision on the patient: Shapley values, see stages/explain/phase_shapley.h.
struct PhaseShapley {
  std::string chosen;                            ///< the class that is decided for
  std::string value;                             ///< what is shared out: "logit" (natural log odds) or "probability"
  double none = 0, all = 0;                      ///< that value without any phase, and with all
  std::vector<std::pair<Phase, double>> phases;  ///< they sum to all - none
};

/// One classifier over the images of a patient or lesion.
struct StagePrediction {
  std::string task;                  ///< "benign_malignant", "benign", "malignant"
  std::vector<std::string> classes;  ///< in the order of logits
  std::vector<ImagePrediction> images;
  std::vector<double> logits;             ///< mean over images (Nat Commun 2024, Eq. 1)
  std::vector<double> probabilities;      ///< softmax of `logits` (Eq. 2)
  std::optional<PhaseShapley> shapley{};  ///< of the patient
};

/// Two-stage outcome for a lesion or a patient.
struct HierarchyPrediction {
  std::map<std::string, double> benign_malignant;  ///< {"benign": p, "malignant": p}
  std::map<std::string, double> probabilities;     ///< product of stage one and stage two, over all types; sums to 1
  std::string prediction;                          ///< the type that the two stages choose in turn
};

struct Diagnosis {
  enum class Status { lesions, no_lesion, abstain, refused };
  Status status = Status::no_lesion;
  std::vector<Lesion> lesions;
  std::vector<HierarchyPrediction> lesion_predictions;  ///< one per lesion; empty where there was no classifier
  std::optional<HierarchyPrediction> patient;
  std::vector<StagePrediction> stages;  ///< patient level, as the recipe orders its classifiers
  std::string map_method;               ///< of the images' maps: "cam", "grad_cam", ...; empty without maps
  std::optional<std::string> abstain_reason;
  std::optional<std::string> refused_reason;
  std::vector<std::string> warnings;
};

std::string_view name_of(Diagnosis::Status status);

}  // namespace hepatica
