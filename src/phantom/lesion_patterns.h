// The enhancement patterns of lesion types: how a lesion's traits are drawn, and its HU.
#pragma once

#include <span>

#include "phantom/lesion.h"

namespace hepatica::phantom {

/// One type's pattern.
struct LesionPattern {
  /// Draws the traits that belong to the type; `diameter_mm` is that of the lesion.
  void (*draw)(LesionModel& lesion, double diameter_mm, Rng& rng);
  LesionHu hu;
};

LesionPattern adult_pattern(LesionType type);
/// Adults' where children have none of their own.
LesionPattern child_pattern(LesionType type);

/// HU at a time after injection.
struct CurvePoint {
  float seconds, hu;
};

/// Between points linear; constant before the first and after the last.
inline float value_at(std::span<const CurvePoint> curve, double delay_s) {
  const float t = float(delay_s);
  if (t <= curve[0].seconds) return curve[0].hu;
  for (size_t i = 1; i < curve.size(); ++i)
    if (t <= curve[i].seconds)
      return mix(curve[i - 1].hu, curve[i].hu, (t - curve[i - 1].seconds) / (curve[i].seconds - curve[i - 1].seconds));
  return curve.back().hu;
}

/// 1 where contrast has arrived, so that heterogeneity grows with enhancement.
inline float arrived(double delay_s) { return 0.35f + 0.65f * ramp(18, 32, float(delay_s)); }

/// HU of tissue that differs from the liver around it by `offset` where the lesion's contrast is 1.
inline float beside_liver(const LesionModel& m, const LesionSurroundings& s, float offset) {
  return s.liver_hu + m.contrast * offset;
}

}  // namespace hepatica::phantom
