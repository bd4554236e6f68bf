// The components that a recipe may name for each stage, and the models that they run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "engine/predictor.h"
#include "pipeline/recipe.h"
#include "stages/classify/lilnet.h"
#include "stages/detect/verify.h"
#include "study/provenance.h"
#include "study/stages.h"

namespace hepatica {

/// Checkpoints by role. Folders are searched in their order, in each the recipe's file names in theirs.
class Models {
 public:
  Models(const Recipe& recipe, std::vector<fs::path> folders, const PredictorOptions& options);
  /// `network` completes what a foreign file's tensors do not tell of theirs (see make_predictor). Error{not_found}
  /// lists what was looked for; errors of the file itself name it.
  std::shared_ptr<Predictor> load(const std::string& role, const nlohmann::json& network);
  /// The first of `role`'s files that lies in the same folder as `other`'s; null where there is none: a model that
  /// belongs to one other alone.
  std::shared_ptr<Predictor> load_beside(const std::string& role, const std::string& other);
  /// The models that were loaded, in that order.
  const std::vector<Provenance::Model>& loaded() const { return loaded_; }

 private:
  std::vector<std::string> names_of(const std::string& role) const;
  fs::path find(const std::string& role) const;
  std::shared_ptr<Predictor> load_file(const std::string& role, const fs::path& file, const nlohmann::json& network);

  std::map<std::string, std::vector<std::string>> files_;
  std::vector<fs::path> folders_;
  PredictorOptions options_;
  std::vector<Provenance::Model> loaded_;
};

/// Reads the options of every component that the recipe names, without a model. Error{bad_recipe}.
void check_components(const Recipe& recipe);

std::unique_ptr<Segmenter> make_segmenter(const Recipe& recipe, Models& models);
/// Null where the recipe names or wants none, or where none lies beside the detector's checkpoint.
std::unique_ptr<Verifier> make_verifier(const Recipe& recipe, Models& models);
/// `verifier` lowers the confidence to its own. Error{wrong_checkpoint} where it was trained behind another detector.
std::unique_ptr<Detector> make_detector(const Recipe& recipe, Models& models, const Verifier* verifier);
/// Stage one ("benign_malignant"), then the classifier of the types of each of its classes. Empty where
/// the recipe leaves the stage out.
std::vector<std::unique_ptr<Classifier>> make_classifiers(const Recipe& recipe, Models& models);

/// Of the recipe's classifiers.
ClassifyOptions classify_options(const Recipe& recipe);

}  // namespace hepatica
