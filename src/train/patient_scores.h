// What trained classifiers say of the patients of a source.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "dataset/source.h"

namespace hepatica::train {

/// One classifier's logits a patient, means over the patient's items.
struct PatientScores {
  std::vector<std::string> classes;
  std::map<std::string, std::vector<double>> logits;  ///< by SliceSource::group
};

/// Runs the classifier of a checkpoint on `items` of `source`, with the input that the checkpoint says. A fused input
/// gets every phase of each item, else the item's own. Error{wrong_checkpoint} as CropNetwork.
PatientScores score_patients(const fs::path& checkpoint, const SliceSource& source, const std::vector<size_t>& items);

/// The types of lesions in two stages.
struct Hierarchy {
  /// Stage one's classes with their types.
  std::vector<std::pair<std::string, std::vector<std::string>>> classes;

  std::vector<std::string> types() const;  ///< of all classes, in order
  /// Index of the class of a type; Error{bad_manifest} for one that it does not have.
  size_t class_of(const std::string& type) const;
};

/// A patient's probabilities; what no classifier tells is empty.
struct PatientProbabilities {
  std::string truth;                        ///< type
  std::vector<double> first;                ///< of stage one's classes
  std::vector<std::vector<double>> within;  ///< for each of them, of its types
  std::vector<double> types;                ///< of all types: first times within
};

/// Patients by name from the scores of stage one and of the types of each class ("benign_malignant" and names of
/// classes; any may be missing), or of one flat classifier of all types under "types", whose sums are stage one.
/// `truths` gives each patient's type.
std::map<std::string, PatientProbabilities> patient_probabilities(const Hierarchy& hierarchy,
                                                                  const std::map<std::string, PatientScores>& scores,
                                                                  const std::map<std::string, std::string>& truths);

}  // namespace hepatica::train
