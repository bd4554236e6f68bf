// Training as small steps that end in checkpoints, resumable at every epoch.
#pragma once

#include "base/files.h"
#include "base/options.h"
#include "train/task.h"

namespace hepatica::train {

/// How a network is fitted. "epoch" is `steps` batches, whatever the size of the data.
struct FitOptions {
  fs::path start_from;  ///< checkpoint of the same network to start from, relative to --out; empty: random weights
  int epochs = 30;
  int steps = 100;  ///< batches an epoch; 0: as many as the training items fill
  int batch = 8;
  std::string optimizer = "adamw";  ///< "adamw" (betas .9, .999) or "sgd" (momentum)
  double learning_rate = 1e-3;
  double weight_decay = 1e-4;  ///< on weights of two and more dimensions; norms and biases have none
  double momentum = 0.9;       ///< of sgd
  bool nesterov = false;
  std::string schedule = "cosine";  ///< "constant", "cosine", "linear" (both down to `final_rate`), "step"
  double final_rate = 0.01;         ///< fraction of the learning rate at the end
  std::vector<double> step_epochs;  ///< for "step": the rate is multiplied by `step_factor` at each
  double step_factor = 0.1;
  int warmup_steps = 50;           ///< linear from 0
  double clip = 10;                ///< largest norm of the gradient; 0: not clipped
  double ema = 0.998;              ///< decay of the moving average that is validated and kept; 0: none
  int validate_every = 1;          ///< epochs
  int patience = 0;                ///< stop after this many validations without a better one; 0: never
  int most_validation = 200;       ///< slices of each source
  std::string precision = "auto";  ///< "auto" (bf16 where the processor has it), "f32", "bf16"
  int loader_threads = 1;
  uint64_t seed = 0;
};

/// Reads the block `fit`. Error{bad_recipe} on unknown keys and values out of range.
FitOptions fit_options(const Block& block);

/// One row of metrics.csv.
struct EpochRecord {
  int epoch = 0;  ///< from 1
  double learning_rate = 0, loss = 0;
  Metrics validation;  ///< empty where there was none
};

struct FitResult {
  std::vector<EpochRecord> epochs;
  int best_epoch = 0;
  double best_score = 0;
  fs::path best, last;  ///< checkpoints
};

/// Fits `task` and writes into `folder`: <role>.safetensors (f16, the best epoch on validation), last.safetensors,
/// metrics.csv, run.json, state.safetensors. `resume` goes on after the last whole epoch in state.safetensors and gives
/// the same bytes as a run without a break. `provenance` is kept in the checkpoints.
/// Error{bad_values} where the loss is not finite; Error{wrong_checkpoint} where the state is of another run.
FitResult fit(
    const Task& task, const FitOptions& options, const fs::path& folder, bool resume, const nlohmann::json& provenance);

/// Factor on the learning rate before step `step` (from 0) of `options.epochs * steps`.
double rate_factor(const FitOptions& options, int64_t step, int64_t steps_per_epoch);

}  // namespace hepatica::train
