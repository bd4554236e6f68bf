// One cohort looked back on (nested cross-validation), and a locked model tried on the next one.
//
// The abstract of arXiv:2511.19478 tells of retrospective and prospective cohorts and not how they were used; this is
// the usual way (nested cross-validation: Varma and Simon, BMC Bioinformatics 2006), and our reading.
#pragma once

#include <nlohmann/json.hpp>

#include "train/ablation.h"

namespace hepatica::train {

/// The block `cohort`:
///  stage        classifier of two classes; its second class is what is looked for
///  outer, inner folds by patient
///  fold_seed
///  threshold    "youden" (largest sensitivity + specificity) or "sensitivity" (highest threshold that has it)
///  sensitivity  for the latter
///  resamples    of the intervals
///  candidates   name: {set: {dotted key: value}}, ...: what the inner folds choose from, such as backbones
struct CohortPlan {
  std::string stage, first_class, second_class;
  std::map<std::string, std::string> class_of_label;
  size_t outer = 5, inner = 3;
  uint64_t fold_seed = 0;
  std::string rule = "youden";
  double sensitivity = 0.95;
  int resamples = 2000;
  std::vector<Variant> candidates;
};

/// Error{bad_recipe} names what is wrong.
CohortPlan cohort_plan(const Block& recipe);

/// A patient who was in no training of the networks that judged.
struct JudgedPatient {
  std::string name;
  bool positive = false;   ///< truth
  double probability = 0;  ///< of the second class: mean over the networks
  bool called = false;     ///< at or above the threshold
};

/// What one inner cross-validation chose: the candidate with the highest AUC over all inner folds' validation patients,
/// and the threshold that those patients give.
struct InnerChoice {
  std::string candidate;
  std::vector<std::pair<std::string, double>> scores;  ///< AUC by candidate
  double threshold = 0.5;
  std::vector<fs::path> models;  ///< the candidate's, one an inner fold: they judge together
};

struct OuterFold {
  InnerChoice choice;
  std::vector<JudgedPatient> patients;
};

struct CohortRequest {
  fs::path data, out, cache;  ///< as TrainRequest
  uint64_t seed = 0;
};

/// For each outer fold an inner cross-validation of all candidates on the other patients; its networks judge the fold's
/// patients. Trains into out/outer_<k>/<candidate>/inner_<j>; a run that was broken off goes on.
std::vector<OuterFold> run_retrospective(const CohortPlan& plan, const CohortRequest& request);

/// {"auc", "sensitivity", "specificity", "ppv", "npv", "accuracy"} with intervals over all patients: AUC of the
/// probabilities, the rest of the calls; and each fold's choice.
nlohmann::json json_from_retrospective(const CohortPlan& plan, const std::vector<OuterFold>& folds);

/// The inner cross-validation on all patients; copies its networks beside `lock` and writes it: their hashes, classes,
/// labels, threshold, and a seal over all of it. Gives the document. Error{usage} where `lock` is there already: a
/// locked model is not locked anew.
nlohmann::json lock_model(const CohortPlan& plan, const CohortRequest& request, const fs::path& lock);

/// The locked networks on the patients of a manifest. Every run is logged in `<lock>.log` (one JSON line: run, time,
/// hashes of manifest and results), and a run after the first says so. Error{wrong_checkpoint} where a file, or the
/// lock itself, is not what was locked.
struct ProspectiveResult {
  nlohmann::json document;  ///< as json_from_retrospective, with "run" and "first_run"
  std::vector<JudgedPatient> patients;
};
ProspectiveResult run_prospective(const fs::path& lock, const fs::path& manifest, uint64_t seed);

/// "case_id,truth,prob_<first>,prob_<second>,prediction": for `hepatica evaluate`.
std::string csv_from_judged(const std::vector<JudgedPatient>& patients,
                            const std::string& first_class,
                            const std::string& second_class);

}  // namespace hepatica::train
