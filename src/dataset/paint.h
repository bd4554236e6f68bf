// Synthetic lesions in slices, and which lesions can be seen at all.
#pragma once

#include <span>

#include "base/rng.h"
#include "dataset/slice.h"

namespace hepatica {

/// Largest difference, HU, between the smoothed slice within `box` and the liver's median: the 80th percentile over the
/// pixels of `label` in `labels` ([height * width]).
double contrast_of(const LearningSlice& slice, std::span<const uint8_t> labels, uint8_t label);

/// Lesions that differ less from the liver are ignored: nobody could find them on this slice.
inline constexpr double kVisibleHu = 10;

/// `slice` with up to `most` lesions of one type (phantom/painted.h) in its liver; as it is where it has none.
LearningSlice with_painted_lesions(const LearningSlice& slice, int most, Rng& rng);

}  // namespace hepatica
