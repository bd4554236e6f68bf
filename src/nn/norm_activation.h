// Batch norm in training, a residual's addition and the activation as one operation.
#pragma once

#include <torch/torch.h>

#include "nn/norm_rows.h"

namespace hepatica::nn {

struct NormActivation {
  torch::Tensor weight, bias;               ///< f32, [C]
  torch::Tensor running_mean, running_var;  ///< f32, [C]; updated
  double momentum = .1, eps = 1e-5;
  Activation activation = Activation::none;
  double slope = .01;  ///< of leaky_relu
};

/// On the processor alone; `x` f32 or bf16, [N, C, H, W] or [N, C, D, H, W].
/// activation(batch_norm(x) + residual) with the batch's own mean and variance, channels-last, in the type of `x`;
/// statistics in f64. A residual, of the shape of `x`, goes with relu alone; undefined: none. Gradients of x, weight,
/// bias and residual, once differentiable. The values are those of the separate operations within rounding, which is
/// once for all of them instead of after each.
torch::Tensor norm_activation(const torch::Tensor& x, const torch::Tensor& residual, const NormActivation& norm);

}  // namespace hepatica::nn
