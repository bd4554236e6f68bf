// Which network a file's tensors are of, from their keys and shapes.
#pragma once

#include <nlohmann/json.hpp>

#include "nn/key_match.h"

namespace hepatica::nn {

/// {"family", "arguments"} as build_graph takes them; null where the keys are of no known family. ResNet and LiLNet:
/// depth from the blocks, classes from the rows of fc (a fifth of them for LiLNet), width from conv1. YOLOv8: scale
/// from the channels of its first layer, classes from its last. DynUNet: levels, kernels and strides from the shapes;
/// the first level's stride leaves no trace and is taken as 1. The tensors need not fit the network: see match_keys.
nlohmann::json guess_network(const TensorShapes& shapes);

/// The guess, completed by what `hint` ({"family", "arguments"} or null) says of the same family and the tensors do not
/// tell; `hint` itself where there is no guess.
nlohmann::json guess_network(const TensorShapes& shapes, const nlohmann::json& hint);

}  // namespace hepatica::nn
