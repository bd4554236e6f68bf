// Runs the checks of explanation maps on the reference lesions of a cohort.
#pragma once

#include "evaluate/map_trust.h"
#include "evaluate/reference_manifest.h"
#include "pipeline/recipe.h"
#include "study/stages.h"

namespace hepatica::cmd {

struct TrustOptions {
  std::vector<std::string> methods;
  int64_t lesions = 1;       ///< the largest of each image
  double shift = 0.25;       ///< how far crops are moved off the lesion's middle at most, in shares of their side
  double tolerance_mm = 10;  ///< of the pointing game; 15 pixels of a photograph in its paper
  int64_t steps = 20;        ///< of deletion and insertion
  bool known_phases = false;
  uint64_t seed = 0;
};

/// Maps and checks for one crop a reference lesion and image, on the slice of the lesion's largest area, and two
/// controls: a random map, and one that always points to the middle. Crops are moved off the lesion's middle at random
/// (as far as the lesion stays within), since a detector centres them and the middle would then be a sure hit. The
/// class is the one that the classifier decides for. Error{bad_manifest} where no image has a reference lesion.
TrustData check_maps(const ReferenceManifest& manifest,
                     const Recipe& recipe,
                     const Classifier& classifier,
                     const TrustOptions& options);

}  // namespace hepatica::cmd
