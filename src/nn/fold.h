// Batch norms folded into the convolutions before them, for inference.
#pragma once

#include "nn/network.h"

namespace hepatica::nn {

/// The same function with every batch norm folded whose input is a convolution that nothing else uses: weights times
/// g / sqrt(var + eps), bias b + (bias0 - mean) g / sqrt(var + eps). Family and arguments stay, for messages.
Network fold_batch_norms(const Network& network);

}  // namespace hepatica::nn
