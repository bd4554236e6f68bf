// The number format of training.
#pragma once

#include "nn/network.h"

namespace hepatica::train {

/// "bf16": yes; "f32": no; "auto": where `device` multiplies bf16 in hardware: GPUs, and processors that say so.
bool use_bf16(const std::string& precision, const torch::Device& device);

/// The device of that name: "cpu", "cuda", or "auto", which is CUDA where there is a GPU. Workers of one machine take
/// its GPUs in turn by `local_rank`. Error{unsupported} where "cuda" is asked for and there is none.
torch::Device training_device(const std::string& name, int local_rank);

/// Runs the network, channels-last, with convolutions in bf16 where `half`; outputs are f32.
nn::TensorMap forward(
    nn::Network& network, const torch::Tensor& input, bool training, const std::set<std::string>& wanted, bool half);

}  // namespace hepatica::train
