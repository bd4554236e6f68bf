// run.json: what a run was made of, and where its time went.
#pragma once

#include "train/fit.h"

namespace hepatica::train {

/// Seconds of one epoch.
struct Pace {
  double waiting_s = 0;    ///< for batches that were not ready yet
  double computing_s = 0;  ///< forward, backward, step, and the exchange between workers
  double validating_s = 0;

  /// Part of the training time in which the network worked.
  double busy() const { return waiting_s + computing_s > 0 ? computing_s / (waiting_s + computing_s) : 0; }
};

class RunManifest {
 public:
  /// `resume` keeps the epochs' times that the file holds.
  RunManifest(fs::path file, nlohmann::json about, bool resume);
  void add(int epoch, const Pace& pace);
  void write() const;

 private:
  fs::path file_;
  nlohmann::json content_;
};

/// The effective recipe (in `provenance`), data, seed, the options as resolved, versions, device and workers.
nlohmann::json about_run(const Task& task,
                         const FitOptions& options,
                         const nlohmann::json& provenance,
                         const FitPlace& place);

}  // namespace hepatica::train
