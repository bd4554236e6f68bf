// What is learned: the network, its batches, its loss and its score. One implementation per stage.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "dataset/mixture.h"
#include "nn/network.h"

namespace hepatica::train {

/// Inputs with targets; what the targets are is the task's own affair.
struct Batch {
  torch::Tensor input;  ///< f32, [N, C, H, W]
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

class Task {
 public:
  virtual ~Task() = default;
  virtual std::string role() const = 0;  ///< name of the checkpoint: "segment", "detect", "benign_malignant", ...
  virtual nn::Graph graph() const = 0;
  /// "task", "classes" and "input" of the checkpoint.
  virtual nlohmann::json metadata() const = 0;
  virtual const Mixture& data() const = 0;
  virtual std::vector<MixtureItem> draw(size_t count, const Rng& rng) const { return data().draw(count, rng); }
  /// Augmented by draws from `rng`; safe to call from several threads.
  virtual Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const = 0;
  virtual Batch validation_batch(const std::vector<MixtureItem>& items) const = 0;
  virtual std::set<std::string> outputs() const { return {}; }  ///< of the network that the loss needs
  virtual torch::Tensor loss(const nn::TensorMap& outputs, const Batch& batch) const = 0;
  virtual std::unique_ptr<Validation> validation() const = 0;
};

}  // namespace hepatica::train
