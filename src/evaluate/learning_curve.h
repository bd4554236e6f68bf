// Pictures of how a training went.
#pragma once

#include <string>

#include "base/files.h"

namespace hepatica {

/// Reads `folder`/metrics.csv of a training of `role` and writes learning_curve.svg and .png beside it: loss, learning
/// rate and the figures on the validation part against the epoch. Error{bad_manifest} where the table is none of a
/// training.
void write_learning_curve(const std::string& role, const fs::path& folder);

}  // namespace hepatica
