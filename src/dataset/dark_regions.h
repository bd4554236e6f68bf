// Regions of a labelled liver that are darker than the rest: what lesions mostly look like in the portal venous phase.
#pragma once

#include "dataset/slice.h"

namespace hepatica {

struct DarkRegionOptions {
  double least_mm = 7;      ///< smaller regions are passed over
  double doubtful_hu = 13;  ///< darker than the liver's median by this much: may be a lesion (box to be ignored)
  double certain_hu = 24;   ///< mean difference from which a compact region inside the liver counts as a lesion
  double spread = 2.2;      ///< and darker than this many robust standard deviations
  double border = 0.25;     ///< a region with more than this share of its border outside the liver stays doubtful
};

/// Boxes of the dark regions; `ignore` is set where doubtful. For slices whose liver is labelled but whose lesions are
/// not: a detector must not learn that what may be a lesion is none. Slices without liver give none.
std::vector<LesionBox> dark_regions(const LearningSlice& slice, const DarkRegionOptions& options = {});

}  // namespace hepatica
