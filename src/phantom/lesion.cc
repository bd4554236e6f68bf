#include "phantom/lesion.h"

#include "phantom/lesion_patterns.h"

namespace hepatica::phantom {

float LesionModel::distance(F3 p) const {
  const F3 q = p - center;
  float r = radius;
  if (lobulation > 0) r *= 1 + lobulation * waves(q);
  if (roughness > 0) r *= 1 + roughness * grains(q);
  const F3 u = shape.local(q);
  const F3 v{u.x / shape.semi.x, u.y / shape.semi.y, u.z / shape.semi.z};
  return length(v) - r;
}

float LesionModel::coverage(float distance_mm, float pixel_mm) const {
  const float width = std::max(edge, pixel_mm);
  return ramp(-0.5f * width, 0.5f * width, -distance_mm);
}

float LesionModel::hu(F3 p, float d, const LesionSurroundings& around) const {
  return pattern(*this, p - center, std::min(d, 0.0f), around);
}

LesionModel draw_lesion(Rng& rng, LesionType type, double diameter_mm, double contrast, Population population) {
  LesionModel m;
  const auto draw = [&](double low, double high) { return float(rng.uniform(low, high)); };
  const auto place = [&](float frequency) { return NoiseField{{draw(0, 32), draw(0, 32), draw(0, 32)}, frequency}; };
  m.type = type;
  m.radius = float(0.5 * diameter_mm);
  m.contrast = float(contrast);
  const F3 turn{draw(-1.5, 1.5), draw(-1.5, 1.5), draw(-3.1, 3.1)};
  m.shape.frame = frame_from_angles(turn.x, turn.y, turn.z);
  const float a = draw(0.85, 1.2), b = draw(0.85, 1.15);
  m.shape.semi = {a, b, 1 / (a * b)};
  m.waves = place(draw(1.0, 1.8) / m.radius);
  m.grains = place(1 / std::max(3.0f, m.radius * draw(0.15, 0.3)));
  m.texture = place(draw(1.6, 2.6) / m.radius);
  m.lobulation = draw(0.03, 0.14);
  m.edge = draw(0.8, 2.5);
  const LesionPattern pattern = population == Population::child ? child_pattern(type) : adult_pattern(type);
  m.pattern = pattern.hu;
  pattern.draw(m, diameter_mm, rng);
  return m;
}

}  // namespace hepatica::phantom
