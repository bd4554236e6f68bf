// Contrast phases of CT.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hepatica {

enum class Phase { unknown, noncontrast, arterial, portal_venous, delayed };

/// "noncontrast", "arterial", "portal_venous", "delayed", "unknown".
std::string_view name_of(Phase phase);
/// Also takes the usual short forms: NC, CT, plain; AP, art; PVP, PV, portal; DP, delay, equilibrium (any case).
std::optional<Phase> phase_from_name(std::string_view name);
const std::vector<Phase>& contrast_phases();  ///< noncontrast, arterial, portal_venous, delayed, in this order

}  // namespace hepatica
