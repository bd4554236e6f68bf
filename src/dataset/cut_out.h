// A part of a slice.
#pragma once

#include "dataset/slice.h"

namespace hepatica {

/// The square of `side` pixels whose first one is (`left`, `top`); air (-1000 HU) beyond the slice. Boxes move along
/// and are not clipped.
LearningSlice cut_out(const LearningSlice& slice, int64_t left, int64_t top, int64_t side);

}  // namespace hepatica
