// Class activation maps (Zhou et al., CVPR 2016): where in the crop the evidence for a class lies.
#pragma once

#include <vector>

#include "base/options.h"
#include "study/stages.h"

namespace hepatica {

/// Block `stages.explain.options`.
struct ExplainOptions {
  bool maps = true;      ///< activation maps for the best slice of each lesion and phase
  int64_t lesions = 12;  ///< the largest that get maps
};

ExplainOptions read_explain_options(const Block& block);

/// Sum over channels of weight * feature, negative evidence set to 0, scaled so that the largest value is 1; all 0
/// where there is no positive evidence. [rows, columns] of the features.
std::vector<float> activation_map(const FeatureMap& features, const std::vector<float>& weights);

}  // namespace hepatica
