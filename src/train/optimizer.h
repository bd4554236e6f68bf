// Optimisers whose whole state is a map of tensors, so that training resumes exactly.
#pragma once

#include "nn/network.h"

namespace hepatica::train {

struct OptimizerOptions {
  std::string name = "adamw";  ///< "adamw" (Loshchilov and Hutter 2019; betas .9, .999, eps 1e-8) or "sgd"
  double weight_decay =
      0;                  ///< on tensors of two and more dimensions; decoupled for adamw, added to the gradient for sgd
  double momentum = 0.9;  ///< of sgd
  bool nesterov = false;
};

class Optimizer {
 public:
  Optimizer(std::vector<std::pair<std::string, torch::Tensor>> parameters, const OptimizerOptions& options);

  void zero_gradients();
  /// Scales the gradients down so that their joint norm is at most `most` (0: leaves them). Gives the norm before.
  double clip_gradients(double most);
  void step(double learning_rate);

  /// Moments by parameter key, and the number of steps under "steps".
  nn::TensorMap state() const;
  void set_state(const nn::TensorMap& state);

 private:
  std::vector<std::pair<std::string, torch::Tensor>> parameters_;
  std::vector<torch::Tensor> first_, second_;
  OptimizerOptions options_;
  int64_t steps_ = 0;
};

/// Exponential moving average of every floating value of a network, batch statistics included. The decay starts small:
/// min(decay, (1 + n) / (10 + n)) at update n.
class MovingAverage {
 public:
  MovingAverage(const nn::TensorMap& values, double decay);
  void update(const nn::TensorMap& values);
  const nn::TensorMap& values() const { return values_; }
  int64_t updates() const { return updates_; }
  void set_state(const nn::TensorMap& values, int64_t updates);

 private:
  nn::TensorMap values_;
  double decay_;
  int64_t updates_ = 0;
};

}  // namespace hepatica::train
