// A classifier's last layer from that of a classifier of other classes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nn/network.h"

namespace hepatica::train {

/// What a class takes in, by its name; a class that is not named takes in its own name.
using ClassMembers = std::map<std::string, std::vector<std::string>>;

/// `values` with the rows of each tensor that has one row a class of `given` (and whose key has one row a class of
/// `wanted` in `state`) put together anew: the row of a wanted class is the mean of its members' rows, so that types
/// that were learned before are told apart from the first step on. Tensors that fit `state` as they are stay so, and so
/// does a tensor with a wanted class of which no member is given.
nn::TensorMap with_class_rows(nn::TensorMap values,
                              const std::vector<std::string>& given,
                              const nn::TensorMap& state,
                              const std::vector<std::string>& wanted,
                              const ClassMembers& members);

}  // namespace hepatica::train
