// Variants of a recipe, each trained with several seeds and asked about the same held-out patients.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/options.h"
#include "train/patient_scores.h"

namespace hepatica::train {

/// One row of the table: the recipe with some values replaced.
struct Variant {
  std::string name, folder;         ///< `folder`: the name with letters, digits, '-' and '_' alone
  std::vector<std::string> first;   ///< classifiers that it trains before, for others to start from
  std::vector<std::string> stages;  ///< classifiers that it trains: tasks, or the flat one
  bool flat = false;                ///< one classifier of all types instead of two stages
  Block recipe;
};

/// The block `ablate`:
///  seeds      list of seeds; every variant is trained with each
///  stages     classifiers that a variant trains; empty: "benign_malignant" and one for each of the recipe's classes
///  first      classifiers that every variant trains before its stages, and which are not scored: what they start from.
///             Variants that have them alike share them
///  flat       name of the classifier under train.classify that tells all types apart at once; for `scheme: flat`
///  data       the held-out patients, as a role's `data`
///  data_seed  of its phantoms
///  resamples  of the intervals
///  set        {dotted key: value} of all variants, such as fewer steps; what a variant sets comes after it
///  variants   name: {set: {dotted key: value}, scheme: stages | flat, stages}, ...; the first one is the reference
struct AblationPlan {
  Hierarchy hierarchy;
  std::vector<uint64_t> seeds;
  std::vector<Variant> variants;
  Block data;
  uint64_t data_seed = 1000;
  int resamples = 2000;
};

/// The variants of a block {name: {set, scheme, stages}}, in its order. `stages` are those of a variant that names
/// none, `flat` is the classifier of `scheme: flat`. Error{bad_recipe}.
std::vector<Variant> read_variants(const Block& recipe,
                                   const Block& block,
                                   const std::vector<std::string>& stages,
                                   const std::string& flat = "");

/// Error{bad_recipe} names what is wrong, so that no variant fails for a typing error after hours.
AblationPlan ablation_plan(const Block& recipe);

struct AblationRequest {
  fs::path data, held_out;  ///< as `--data` of training, for the roles and for `ablate.data`; empty: phantoms
  fs::path out, cache;      ///< `cache` empty: out/cache
};

/// One variant with one seed.
struct AblationRun {
  std::string variant;
  uint64_t seed = 0;
  std::string error;  ///< why it failed; empty where it is finished
  std::map<std::string, PatientProbabilities> patients;
};

/// Trains into out/<variant>/seed_<n>, and writes result.json there. What is finished with the same values, seed and
/// data is not run again, and a training that was broken off goes on. A failure is kept and the rest goes on, but for
/// Error{interrupted}.
std::vector<AblationRun> run_ablation(const AblationPlan& plan, const AblationRequest& request);

}  // namespace hepatica::train
