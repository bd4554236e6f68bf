// A recipe's `train` block carried out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/options.h"
#include "dataset/folds.h"
#include "train/fit.h"

namespace hepatica::train {

struct TrainRequest {
  fs::path data;  ///< folder of slices, or a form that open_data takes; empty where the recipe's data are all synthetic
  fs::path out;   ///< one folder a checkpoint is made in it
  fs::path cache;                   ///< of rendered slices; empty: `out`/cache
  std::vector<std::string> stages;  ///< "segment", "detect", "classify", or one classifier's task; empty: all
  bool resume = false;
  uint64_t seed = 0;
  fs::path start_from;           ///< instead of every role's `fit.start_from`, taking what matches; empty: the recipe's
  std::string device = "auto";   ///< "auto" (a GPU where there is one), "cpu", "cuda"
  double worker_limit_s = 300;   ///< how long a worker of distributed training waits for another
  nlohmann::json versions = {};  ///< of the program and its libraries, for run.json
  std::function<void(const std::string& role, const fs::path& folder)> after_epoch = {};  ///< as in FitPlace
  std::optional<NestedFold> fold;  ///< of cross-validation; absent: the recipe's own parting
};

/// The roles that `stages` ask of this recipe, in order: "segment", "detect", "benign_malignant", ... A classifier with
/// `networks` instead of `network` is one role a network, "benign_malignant_resnet", ...
/// Error{usage} for a stage that the recipe does not train, naming those that it does.
std::vector<std::string> roles_to_train(const Block& recipe, const std::vector<std::string>& stages);

/// The task of one role with its data.
std::unique_ptr<Task> make_task(const Block& recipe, const std::string& role, const TrainRequest& request);

/// Trains every role asked for, one after the other, each in `out`/<role>. Gives the results by role, in order. As one
/// of several workers where a launcher started it so (see train/workers.h); those but the first one give no results.
std::vector<std::pair<std::string, FitResult>> train(const Block& recipe, const TrainRequest& request);

}  // namespace hepatica::train
