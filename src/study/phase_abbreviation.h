// Radiologists' short names of the contrast phases.
#pragma once

#include <string_view>

#include "study/phase.h"

namespace hepatica {

/// "NC", "AP", "PVP", "DP"; "?" for unknown.
std::string_view phase_abbreviation(Phase phase);

}  // namespace hepatica
