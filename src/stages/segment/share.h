// The liver of one phase where another phase's was not found, or not whole.
#pragma once

#include <string>
#include <vector>

#include "study/findings.h"

namespace hepatica {

/// What became of the images in `share_livers`.
struct SharedLivers {
  std::vector<bool> taken;            ///< per image: its liver is that of another phase now
  std::vector<std::string> warnings;  ///< one for each image that took a liver
};

/// Gives each image whose liver is empty, or smaller than `least_part` of what the largest liver of the others covers
/// on the same grid, that liver: the phases of one patient show the same one, a few millimetres of breathing apart. Not
/// where the images share no part of the patient, or where the place does not hold soft tissue (they do not fit).
/// Volumes are brought up to date. Our own rule; LiLNet does not say how its livers of two phases were matched.
SharedLivers share_livers(std::vector<PhaseImage>& images, double least_part = 0.8);

}  // namespace hepatica
