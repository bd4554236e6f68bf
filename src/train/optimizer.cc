#include "train/optimizer.h"

#include <algorithm>
#include <cmath>

namespace hepatica::train {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;

/// A copy that owns its memory in the same layout.
torch::Tensor copy_of(const torch::Tensor& value) { return value.detach().clone(); }

}  // namespace

Optimizer::Optimizer(std::vector<std::pair<std::string, torch::Tensor>> parameters, const OptimizerOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  for (const auto& [key, value] : parameters_) {
    first_.push_back(torch::zeros_like(value.detach()));
    if (options_.name == "adamw") second_.push_back(torch::zeros_like(value.detach()));
  }
}

void Optimizer::zero_gradients() {
  for (auto& [key, value] : parameters_) value.mutable_grad().reset();
}

std::vector<torch::Tensor> Optimizer::gradients() const {
  std::vector<torch::Tensor> all;
  for (const auto& [key, value] : parameters_) {
    if (value.grad().defined()) all.push_back(value.grad());
  }
  return all;
}

double Optimizer::clip_gradients(double most) {
  double squares = 0;
  for (const auto& [key, value] : parameters_) {
    if (!value.grad().defined()) continue;
    const double norm = value.grad().norm().item<double>();
    squares += norm * norm;
  }
  const double norm = std::sqrt(squares);
  if (most > 0 && norm > most) {
    for (auto& [key, value] : parameters_) {
      if (value.grad().defined()) value.mutable_grad().mul_(most / (norm + 1e-6));
    }
  }
  return norm;
}

double Optimizer::decay_of(const torch::Tensor& value) const {
  return options_.decay_all || value.dim() >= 2 ? options_.weight_decay : 0;
}

void Optimizer::step(const StepRates& rates) {
  const torch::NoGradGuard no_grad;
  ++steps_;
  const double correct1 = 1 - std::pow(kBeta1, double(steps_)), correct2 = 1 - std::pow(kBeta2, double(steps_));
  for (size_t i = 0; i < parameters_.size(); ++i) {
    torch::Tensor value = parameters_[i].second;
    torch::Tensor gradient = value.grad();
    if (!gradient.defined()) continue;
    const double decay = decay_of(value);
    const double learning_rate = parameters_[i].first.ends_with(".bias") ? rates.biases : rates.weights;
    if (options_.name == "adamw") {
      value.mul_(1 - learning_rate * decay);
      first_[i].mul_(kBeta1).add_(gradient, 1 - kBeta1);
      second_[i].mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
      value.addcdiv_(first_[i], (second_[i] / correct2).sqrt_().add_(kEpsilon), -learning_rate / correct1);
    } else {
      if (decay > 0) gradient = gradient.add(value, decay);
      first_[i].mul_(rates.momentum).add_(gradient);
      value.add_(options_.nesterov ? gradient.add(first_[i], rates.momentum) : first_[i], -learning_rate);
    }
  }
}

nn::TensorMap Optimizer::state() const {
  nn::TensorMap all;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    all["first." + parameters_[i].first] = first_[i];
    if (i < second_.size()) all["second." + parameters_[i].first] = second_[i];
  }
  all["steps"] = torch::tensor(steps_, torch::kLong);
  return all;
}

void Optimizer::set_state(const nn::TensorMap& state) {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    first_[i].copy_(state.at("first." + parameters_[i].first));
    if (i < second_.size()) second_[i].copy_(state.at("second." + parameters_[i].first));
  }
  steps_ = state.at("steps").item<int64_t>();
}

MovingAverage::MovingAverage(const nn::TensorMap& values, double decay, double ramp) : decay_(decay), ramp_(ramp) {
  for (const auto& [key, value] : values) values_[key] = copy_of(value);
}

void MovingAverage::update(const nn::TensorMap& values) {
  const torch::NoGradGuard no_grad;
  ++updates_;
  const double decay = ramp_ > 0 ? decay_ * (1 - std::exp(-double(updates_) / ramp_))
                                 : std::min(decay_, double(1 + updates_) / double(10 + updates_));
  for (const auto& [key, value] : values) {
    torch::Tensor& mine = values_.at(key);
    if (decay_ > 0 && value.is_floating_point())
      mine.lerp_(value.detach(), 1 - decay);
    else
      mine.copy_(value.detach());
  }
}

void MovingAverage::set_state(const nn::TensorMap& values, int64_t updates) {
  const torch::NoGradGuard no_grad;
  for (auto& [key, mine] : values_) mine.copy_(values.at(key));
  updates_ = updates;
}

}  // namespace hepatica::train
