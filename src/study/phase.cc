#include "study/phase.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace hepatica {

std::string_view name_of(Phase phase) {
  static constexpr std::array<std::string_view, 5> kNames{
      "unknown", "noncontrast", "arterial", "portal_venous", "delayed"};
  return kNames[size_t(phase)];
}

std::optional<Phase> phase_from_name(std::string_view name) {
  static const std::map<std::string, Phase, std::less<>> kNames{{"unknown", Phase::unknown},
                                                                {"noncontrast", Phase::noncontrast},
                                                                {"nc", Phase::noncontrast},
                                                                {"ct", Phase::noncontrast},
                                                                {"plain", Phase::noncontrast},
                                                                {"native", Phase::noncontrast},
                                                                {"arterial", Phase::arterial},
                                                                {"ap", Phase::arterial},
                                                                {"art", Phase::arterial},
                                                                {"portal_venous", Phase::portal_venous},
                                                                {"pvp", Phase::portal_venous},
                                                                {"pv", Phase::portal_venous},
                                                                {"portal", Phase::portal_venous},
                                                                {"venous", Phase::portal_venous},
                                                                {"delayed", Phase::delayed},
                                                                {"dp", Phase::delayed},
                                                                {"delay", Phase::delayed},
                                                                {"equilibrium", Phase::delayed}};
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  const auto found = kNames.find(lower);
  return found == kNames.end() ? std::nullopt : std::optional(found->second);
}

const std::vector<Phase>& contrast_phases() {
  static const std::vector<Phase> kPhases{Phase::noncontrast, Phase::arterial, Phase::portal_venous, Phase::delayed};
  return kPhases;
}

}  // namespace hepatica
