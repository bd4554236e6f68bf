#include "study/phase_abbreviation.h"

namespace hepatica {

std::string_view phase_abbreviation(Phase phase) {
  switch (phase) {
    case Phase::noncontrast:
      return "NC";
    case Phase::arterial:
      return "AP";
    case Phase::portal_venous:
      return "PVP";
    case Phase::delayed:
      return "DP";
    case Phase::unknown:
      break;
  }
  return "?";
}

}  // namespace hepatica
