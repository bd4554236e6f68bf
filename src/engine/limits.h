// What the machine could do at most: the rates that the networks' own are set beside.
#pragma once

#include "engine/predictor.h"

namespace hepatica {

/// Multiply-adds per second (in units of 1e9) of one 3x3 convolution of 256 channels on 8 images of 56x56, channels
/// last, in LibTorch: the shape that a residual network's time goes into. The median of `repeats` runs after one to
/// warm up.
double convolution_rate(Precision precision, int repeats = 7);

/// Bytes read and written per second (1e9) by a = b + c * s on vectors too large for caches, on all threads.
double memory_rate(int repeats = 5);

}  // namespace hepatica
