// What is learned: the network, its batches, its loss and its score. One implementation per stage.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "dataset/mixture.h"
#include "nn/network.h"
#include "train/class_rows.h"

namespace hepatica::train {

/// Inputs with targets; what the targets are is the task's own affair.
struct Batch {
  torch::Tensor input;  ///< f32, [N, C, H, W] of slices, [N, C, D, H, W] of volumes
  nn::TensorMap targets;
};

/// Named figures in a fixed order; the first one chooses the best epoch, higher is better.
using Metrics = std::vector<std::pair<std::string, double>>;

/// Gathers the figures of one validation.
class Validation {
 public:
  virtual ~Validation() = default;
  virtual void add(const nn::TensorMap& outputs, const Batch& batch) = 0;
  virtual Metrics metrics() const = 0;
};

/// The part of a batch that one worker makes: `count` items from `first` on.
struct Share {
  size_t first = 0, count = 0;
  bool closing = false;  ///< in the last `fit.closing_epochs` epochs, which YOLOv8 learns without mosaics
};

class Task {
 public:
  virtual ~Task() = default;
  virtual std::string role() const = 0;  ///< name of the checkpoint: "segment", "detect", "benign_malignant", ...
  virtual nn::Graph graph() const = 0;
  /// "task", "classes" and "input" of the checkpoint.
  virtual nlohmann::json metadata() const = 0;
  /// What the classes take in, for `start_with: classes`.
  virtual ClassMembers members() const { return {}; }
  virtual const ItemMixture& data() const = 0;
  virtual std::vector<MixtureItem> draw(size_t count, const Rng& rng) const { return data().draw(count, rng); }
  /// Items of an epoch of `fit.steps: 0`.
  virtual size_t epoch_size() const { return data().training_size(); }
  /// Augmented by draws from `rng`; safe to call from several threads.
  virtual Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const = 0;
  /// The rows of `training_batch(items, rng)` that belong to `share`. The default makes the whole batch and cuts it,
  /// which needs one row an item in every tensor; a task that can makes its share alone.
  virtual Batch training_share(const std::vector<MixtureItem>& items, const Share& share, const Rng& rng) const;
  /// Items of one validation batch where `batch` are trained on at once.
  virtual size_t validation_items(size_t batch) const { return batch; }
  virtual Batch validation_batch(const std::vector<MixtureItem>& items) const = 0;
  using Run = std::function<nn::TensorMap(const torch::Tensor& input)>;
  /// The outputs for a validation batch's input; `run` runs the network on one that it takes.
  virtual nn::TensorMap validation_outputs(const torch::Tensor& input, const Run& run) const { return run(input); }
  virtual std::set<std::string> outputs() const { return {}; }  ///< of the network that the loss needs
  virtual torch::Tensor loss(const nn::TensorMap& outputs, const Batch& batch) const = 0;
  /// The loss is a sum over the images of a batch (YOLOv8's), not a mean: batches of one step are added up, not
  /// averaged.
  virtual bool loss_is_sum() const { return false; }
  virtual std::unique_ptr<Validation> validation() const = 0;
};

}  // namespace hepatica::train
