// From a study to its diagnosis by the stages that a recipe names.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/components.h"
#include "stages/detect/lesions.h"
#include "study/findings.h"
#include "study/provenance.h"
#include "study/study.h"

namespace hepatica {

struct PipelineOptions {
  std::vector<fs::path> model_folders;  ///< searched in this order
  PredictorOptions predictor;
  bool any_age = false;  ///< diagnose patients outside the recipe's age, too
};

/// A diagnosis with what it was made from. Images lie on axial axes (see image/orient.h).
struct Outcome {
  Diagnosis diagnosis;
  PreprocessedStudy images;  ///< with the liver of each
  size_t reference = 0;      ///< image on whose grid the lesions are labelled
  Mask lesions;              ///< lesion ids on that grid
  Provenance provenance;     ///< recipe, models, settings and timings; the caller adds the program's
};

class Pipeline {
 public:
  /// Reads the recipe and its models. Error{bad_recipe}, {not_found}, {wrong_checkpoint}.
  Pipeline(const Block& recipe, const PipelineOptions& options);
  const Recipe& recipe() const { return recipe_; }
  /// The models that it runs.
  const std::vector<Provenance::Model>& models() const { return models_.loaded(); }
  /// In the order of the recipe: the first tells benign from malignant.
  const std::vector<std::unique_ptr<Classifier>>& classifiers() const { return classifiers_; }

  /// No liver gives status refused with the reason, no lesion status no_lesion. Error{wrong_patient_group} where the
  /// patient is too young or too old for the recipe (an age that is not stated is a warning), {no_images} where no
  /// series can be used, {interrupted}.
  Outcome diagnose(const Study& study) const;

 private:
  /// The warning where the age is not stated; Error{wrong_patient_group} where it is not the recipe's.
  std::optional<std::string> check_age(const Study& study) const;
  void classify(Outcome& outcome) const;

  Recipe recipe_;
  PipelineOptions options_;
  Models models_;
  std::unique_ptr<Segmenter> segmenter_;
  std::unique_ptr<Verifier> verifier_;  ///< null: the detector has the last word
  std::unique_ptr<Detector> detector_;
  std::vector<std::unique_ptr<Classifier>> classifiers_;
};

}  // namespace hepatica
