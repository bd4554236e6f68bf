// Training as small steps that end in checkpoints, resumable at every epoch.
#pragma once

#include <functional>
#include <optional>

#include "base/files.h"
#include "base/options.h"
#include "train/task.h"
#include "train/workers.h"

namespace hepatica::train {

/// How a network is fitted.
struct FitOptions {
  /// Checkpoint to start from, absolute or relative to --out; empty: random weights. {network} stands for the name of
  /// the network where a task has several.
  fs::path start_from;
  /// "all": `start_from` is of the same network; "matching": what fits by key and shape is taken, the rest stays random
  /// and is listed in the log, so that torchvision's resnet50-*.pth (ImageNet) starts LiLNet's trunk; "classes": the
  /// same, with a last layer from that of a classifier of other classes (class_rows.h).
  std::string start_with = "all";
  int epochs = 30;
  int steps = 100;         ///< batches an epoch; 0: as many as the items of an epoch fill, the last one perhaps smaller
  bool drop_last = false;  ///< of `steps` 0: without that smaller batch
  int batch = 8;           ///< of all workers together
  /// "adamw" (betas .9, .999), "sgd" (momentum), or "auto": YOLOv8's rule (see train/schedule.h).
  std::string optimizer = "adamw";
  double learning_rate = 1e-3;
  double weight_decay = 1e-4;
  bool decay_all = false;  ///< norms and biases decay, too, as in PyTorch's plain optimisers
  double momentum = 0.9;   ///< of sgd
  bool nesterov = false;
  /// Images that a step is to stand for: gradients of max(round(nominal_batch / batch), 1) batches are put together,
  /// and the weight decay is multiplied by batch * batches / nominal_batch (YOLOv8: 64). 0: each batch is a step.
  int nominal_batch = 0;
  std::string schedule = "cosine";  ///< "constant", "cosine", "linear" (both down to `final_rate`), "step"
  bool schedule_by_epoch = false;   ///< the rate stays the same within an epoch (YOLOv8)
  double final_rate = 0.01;         ///< fraction of the learning rate at the end
  std::vector<double> step_epochs;  ///< for "step": the rate is multiplied by `step_factor` at each
  double step_factor = 0.1;
  int warmup_steps = 50;                  ///< linear from 0
  double warmup_epochs = 0;               ///< the same in epochs, where above 0 instead of `warmup_steps`
  double warmup_bias_rate = 0;            ///< learning rate of biases from which the warm-up starts (YOLOv8: .1)
  std::optional<double> warmup_momentum;  ///< from which it starts (YOLOv8: .8); absent: `momentum`
  double clip = 10;                       ///< largest norm of the gradient; 0: not clipped
  double ema = 0.998;                     ///< decay of the moving average that is validated and kept; 0: none
  double ema_ramp = 0;  ///< updates over which the decay rises (YOLOv8: 2000; see MovingAverage); 0: it rises at once
  int closing_epochs = 0;          ///< last epochs, learned without mosaics (YOLOv8: 10)
  int validate_every = 1;          ///< epochs
  int patience = 0;                ///< stop after this many validations without a better one; 0: never
  int most_validation = 200;       ///< items of each source
  std::string precision = "auto";  ///< "auto" (bf16 where the processor has it), "f32", "bf16"
  int loader_threads = 1;
  /// In distributed training batch norms take their statistics over all workers, so that the loss is that of one
  /// process with the same batch. LiLNet's code has them for each GPU alone: false.
  bool shared_batch_norms = true;
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

/// Where a fit runs.
struct FitPlace {
  const Workers* workers = nullptr;  ///< of distributed training; null: this process alone
  std::string device = "cpu";        ///< as LibTorch names it, such as "cuda:0"
  nlohmann::json versions = {};      ///< of the program and its libraries, for run.json
  /// Called by the first worker when an epoch's files are written, with the role and their folder.
  std::function<void(const std::string&, const fs::path&)> after_epoch = {};
};

/// Fits `task` and writes into `folder`: <role>.safetensors (f16, the best epoch on validation), last.safetensors,
/// metrics.csv, run.json, state.safetensors. `resume` goes on after the last whole epoch
/// in state.safetensors and gives the same bytes as a run without a break, but for the times in run.json. `provenance`
/// is kept in the checkpoints. Of several workers each learns from its share of every batch, and the first one writes.
/// Error{bad_values} where the loss is not finite; Error{wrong_checkpoint} where the state is of another run;
/// Error{bad_manifest} where no item is left for validation.
FitResult fit(const Task& task,
              const FitOptions& options,
              const fs::path& folder,
              bool resume,
              const nlohmann::json& provenance,
              const FitPlace& place = {});

}  // namespace hepatica::train
