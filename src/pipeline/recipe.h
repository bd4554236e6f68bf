// What a recipe says about diagnosis, checked key by key.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/options.h"
#include "stages/aggregate/aggregate.h"
#include "stages/detect/link.h"
#include "stages/detect/verify.h"
#include "stages/explain/crop_map.h"
#include "stages/preprocess/preprocess.h"
#include "stages/report/report.h"
#include "study/phase.h"

namespace hepatica {

/// A stage that a component of the registry carries out.
struct ComponentBlock {
  std::string component;   ///< its name; empty where the recipe leaves the stage out
  Block options;           ///< for its Options struct
  nlohmann::json network;  ///< {"family", "arguments"} of checkpoints that do not say theirs; null where not given
};

/// The patients that a recipe is for, in completed years: block `patients`.
struct AgeLimits {
  double least_years = 0;   ///< `least_age_years`: younger patients are refused
  double most_years = 150;  ///< `most_age_years`: older patients are refused; one of 17.9 years is 17

  bool hold(double age_years) const;
  bool limited() const { return least_years > 0 || most_years < 150; }
  std::string text() const;  ///< "from 18 years", "up to 17 years", "from 1 to 17 years"
};

struct Recipe {
  std::string name;    ///< of the file, without its extension
  std::string sha256;  ///< of the effective document
  std::string title, citation, intended_use;
  std::vector<Phase> phases;  ///< wanted, one series each
  AgeLimits age;
  /// Stage one's classes with their types, in order, such as {"benign", {"fnh", "hemangioma", "cyst"}}.
  std::vector<std::pair<std::string, std::vector<std::string>>> classes;
  std::map<std::string, std::vector<std::string>> models;  ///< role -> file names, the first that exists is used
  PreprocessOptions preprocess;
  ComponentBlock segment, detect, classify;  ///< of `stages`; without `classify` lesions are found, not named
  LinkOptions link;
  VerifyOptions verify;
  AggregateOptions aggregate;
  ExplainOptions explain;
  ReportOptions report;
};

/// Error{bad_recipe} naming file, line and key, for the options of every stage too. Blocks `train` and `evaluate` are
/// left to their readers.
Recipe read_recipe(const Block& document);

/// The recipe's classes as the report lists them.
std::vector<ReportClass> report_classes(const Recipe& recipe);

}  // namespace hepatica
