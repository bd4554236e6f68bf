// Optimisers whose whole state is a map of tensors, so that training resumes exactly.
#pragma once

#include "nn/network.h"

namespace hepatica::train {

struct OptimizerOptions {
  std::string name = "adamw";  ///< "adamw" (Loshchilov and Hutter 2019; betas .9, .999, eps 1e-8) or "sgd"
  double weight_decay = 0;     ///< decoupled for adamw, added to the gradient for sgd
  bool decay_all = false;      ///< also on norms and biases, as PyTorch's plain optimisers do; else on weights alone
  bool nesterov = false;
};

/// What one step goes by.
struct StepRates {
  double weights = 0;     ///< learning rate of weights and norms
  double biases = 0;      ///< learning rate of biases, those of norms included
  double momentum = 0.9;  ///< of sgd
};

class Optimizer {
 public:
  Optimizer(std::vector<std::pair<std::string, torch::Tensor>> parameters, const OptimizerOptions& options);

  void zero_gradients();
  /// Of the parameters that have one, in their order.
  std::vector<torch::Tensor> gradients() const;
  /// Scales the gradients down so that their joint norm is at most `most` (0: leaves them). Gives the norm before.
  double clip_gradients(double most);
  void step(const StepRates& rates);

  /// Moments by parameter key, and the number of steps under "steps".
  nn::TensorMap state() const;
  void set_state(const nn::TensorMap& state);

 private:
  /// Weight decay of a parameter: 0 for norms and biases unless all decay.
  double decay_of(const torch::Tensor& value) const;

  std::vector<std::pair<std::string, torch::Tensor>> parameters_;
  std::vector<torch::Tensor> first_, second_;
  OptimizerOptions options_;
  int64_t steps_ = 0;
};

/// Exponential moving average of every floating value of a network, batch statistics included. The decay starts small:
/// min(decay, (1 + n) / (10 + n)) at update n (from 1), or with `ramp` > 0 decay (1 - exp(-n / ramp)), as YOLOv8 does.
class MovingAverage {
 public:
  MovingAverage(const nn::TensorMap& values, double decay, double ramp = 0);
  void update(const nn::TensorMap& values);
  const nn::TensorMap& values() const { return values_; }
  int64_t updates() const { return updates_; }
  void set_state(const nn::TensorMap& values, int64_t updates);

 private:
  nn::TensorMap values_;
  double decay_, ramp_;
  int64_t updates_ = 0;
};

}  // namespace hepatica::train
