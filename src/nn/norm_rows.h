// Kernels of batch norm in training with the activation behind it, on the processor: one pass over the memory where
// separate operations take several.
#pragma once

#include <cstdint>
#include <string>

namespace hepatica::nn {

enum class Activation { none, relu, leaky_relu, silu };

/// Rows of a channels-last feature map in memory: [rows, channels], f32 or bf16 (its bits).
template <class T>
struct NormRows {
  const T* x = nullptr;         ///< input of the norm
  const T* residual = nullptr;  ///< added before the activation, in the forward pass; null: nothing
  const T* y = nullptr;         ///< result; read by the backward pass where a residual was added (relu alone)
  const T* gradient = nullptr;  ///< of the result
  int64_t rows = 0, channels = 0;
};

/// What a norm of these rows does: activation(x * scale + shift + residual), a value a channel.
struct NormSettings {
  Activation activation = Activation::none;
  float slope = 0;  ///< of leaky_relu below 0
  const float* scale = nullptr;
  const float* shift = nullptr;
};

/// sums[c] = sum of x - center[c], sums[channels + c] = sum of its square. The result does not depend on the number of
/// threads, here and below.
template <class T>
void norm_sums(const NormRows<T>& rows, const float* center, double* sums);

/// Writes the result, [rows, channels].
template <class T>
void norm_apply(const NormRows<T>& rows, const NormSettings& settings, T* y);

/// With g the gradient before the activation: sums[c] = sum of g, sums[channels + c] = sum of g * (x - center[c]).
template <class T>
void norm_gradient_sums(const NormRows<T>& rows, const NormSettings& settings, const float* center, double* sums);

/// What the backward pass writes: the gradient of x, g * a[c] + (x - center[c]) * b[c] + d[c], and g itself, which is
/// the residual's, where there was one.
template <class T>
struct NormGradient {
  const float *center = nullptr, *a = nullptr, *b = nullptr, *d = nullptr;
  T *x = nullptr, *residual = nullptr;
};

template <class T>
void norm_gradient(const NormRows<T>& rows, const NormSettings& settings, const NormGradient<T>& out);

}  // namespace hepatica::nn
