// The number format of training.
#pragma once

#include "nn/network.h"

namespace hepatica::train {

/// "bf16": yes; "f32": no; "auto": where the processor multiplies bf16 in hardware.
bool use_bf16(const std::string& precision);

/// Runs the network, channels-last, with convolutions in bf16 where `half`; outputs are f32.
nn::TensorMap forward(
    nn::Network& network, const torch::Tensor& input, bool training, const std::set<std::string>& wanted, bool half);

}  // namespace hepatica::train
