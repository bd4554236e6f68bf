// Starting a network from another one's weights.
#pragma once

#include "nn/network.h"

namespace hepatica::nn {

/// Copies the values whose key and shape are the network's, and leaves its others as they are: ImageNet weights of a
/// trunk under new heads. Prefixes "module." are taken off first, without which nothing would match (a bug of LiLNet's
/// published code). What did not fit stands in the result. Error{wrong_checkpoint} where nothing fits.
KeyMatch load_matching(Network& network, const TensorMap& values, const std::string& source);

}  // namespace hepatica::nn
