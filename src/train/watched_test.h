// A task seen from outside, for tests of training.
#pragma once

#include <functional>
#include <memory>

#include "train/task.h"

namespace hepatica::train {

/// A task that tells of each batch before its loss is computed.
class Watched : public Task {
 public:
  Watched(const Task& task, std::function<void(const Batch&)> before_loss)
      : task_(task), before_loss_(std::move(before_loss)) {}
  std::string role() const override { return task_.role(); }
  nn::Graph graph() const override { return task_.graph(); }
  nlohmann::json metadata() const override { return task_.metadata(); }
  const ItemMixture& data() const override { return task_.data(); }
  Batch training_batch(const std::vector<MixtureItem>& items, const Rng& rng) const override {
    return task_.training_batch(items, rng);
  }
  size_t validation_items(size_t batch) const override { return task_.validation_items(batch); }
  Batch validation_batch(const std::vector<MixtureItem>& items) const override { return task_.validation_batch(items); }
  nn::TensorMap validation_outputs(const torch::Tensor& input, const Run& run) const override {
    return task_.validation_outputs(input, run);
  }
  torch::Tensor loss(const nn::TensorMap& outputs, const Batch& batch) const override {
    before_loss_(batch);
    return task_.loss(outputs, batch);
  }
  std::unique_ptr<Validation> validation() const override { return task_.validation(); }

 private:
  const Task& task_;
  std::function<void(const Batch&)> before_loss_;
};

}  // namespace hepatica::train
