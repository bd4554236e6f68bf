#include "phantom/lesion.h"

#include <array>
#include <span>

namespace hepatica::phantom {
namespace {

// Differences to liver parenchyma in HU over seconds after injection; the first point is the unenhanced difference.
// Patterns after: ACR LI-RADS v2018 CT/MRI core (HCC: nonrim arterial hyperenhancement, washout, enhancing capsule;
// LR-M: rim hyperenhancement, delayed central enhancement); Iannaccone R et al., AJR 2005 and Kim TK et al., AJR 2011
// (ICC, progressive centripetal enhancement); Brancatelli G et al., Radiology 2001;219:61-68 (FNH: mean 118 HU
// arterial, near isoattenuating portal, late enhancing scar); Leslie DF et al., AJR 1995;164:1403-1407 (hemangioma:
// globular enhancement at the density of aorta); Mortele KJ, Ros PR, RadioGraphics 2001;21:895-910 (cyst: below 20 HU,
// no enhancement); Namasivayam S et al., Cancer Imaging 2007;7:2-9 (metastasis: hypodense, rim enhancement).
struct Point {
  float seconds, hu;
};
constexpr std::array<Point, 9> kHcc{
    {{0, -9}, {22, 12}, {30, 34}, {38, 38}, {48, 18}, {60, -5}, {75, -17}, {120, -21}, {180, -23}}};
constexpr std::array<Point, 5> kCapsule{{{0, -8}, {38, 0}, {60, 9}, {75, 14}, {180, 19}}};
constexpr std::array<Point, 7> kIccCore{{{0, -17}, {30, -22}, {38, -27}, {70, -40}, {120, -14}, {180, 6}, {300, 18}}};
constexpr std::array<Point, 7> kIccRim{{{0, -13}, {25, 4}, {35, 22}, {45, 18}, {70, 2}, {120, -10}, {180, -14}}};
constexpr std::array<Point, 6> kMetastasisCore{{{0, -18}, {30, -22}, {38, -28}, {70, -54}, {120, -48}, {180, -38}}};
constexpr std::array<Point, 7> kMetastasisRim{
    {{0, -12}, {25, 2}, {35, 15}, {45, 8}, {70, -12}, {120, -18}, {180, -20}}};
constexpr std::array<Point, 8> kFnh{{{0, -4}, {22, 30}, {30, 54}, {38, 58}, {50, 28}, {60, 11}, {75, 4}, {180, -1}}};
constexpr std::array<Point, 6> kFnhScar{{{0, -12}, {30, -12}, {38, -14}, {75, -28}, {120, -8}, {180, 11}}};
constexpr std::array<Point, 6> kHemangiomaFill{
    {{20, 0.03f}, {35, 0.15f}, {75, 0.42f}, {120, 0.62f}, {180, 0.84f}, {300, 1.1f}}};

float at(std::span<const Point> curve, double delay_s) {
  const float t = float(delay_s);
  if (t <= curve[0].seconds) return curve[0].hu;
  for (size_t i = 1; i < curve.size(); ++i)
    if (t <= curve[i].seconds)
      return mix(curve[i - 1].hu, curve[i].hu, (t - curve[i - 1].seconds) / (curve[i].seconds - curve[i - 1].seconds));
  return curve.back().hu;
}

/// 1 where contrast has arrived, so that heterogeneity grows with enhancement.
float arrived(double delay_s) { return 0.35f + 0.65f * ramp(18, 32, float(delay_s)); }

float hcc_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  float offset = at(kHcc, s.delay_s);
  if (offset < 0 && s.delay_s > 40) offset *= m.speed;
  const float grain = m.grains(q);
  offset += m.mosaic * grain * arrived(s.delay_s);
  const float necrosis = ramp(m.inner, m.inner + 0.2f, m.texture(q));
  offset = mix(offset, 28 - s.liver_hu, necrosis);
  const float capsule = (1 - ramp(0.5f * m.rim, m.rim, std::fabs(d + 0.5f * m.rim))) * m.rim_strength;
  return mix(offset, at(kCapsule, s.delay_s), capsule);
}

float icc_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  const float depth = -d / m.radius;
  const float rim = 1 - ramp(m.rim * 0.6f, m.rim * 1.4f, depth + 0.12f * m.grains(q));
  // The front of fibrous enhancement moves inwards with time: the centre lags behind the middle zone.
  const float lag = m.speed * 60 * ramp(0.3f, 0.9f, depth);
  const double delay = s.delay_s <= 0 ? 0 : std::max(30.0, s.delay_s - lag);
  const float core = at(kIccCore, delay) + m.mosaic * m.grains(q) * arrived(s.delay_s);
  return mix(core, at(kIccRim, s.delay_s), rim * m.rim_strength);
}

float metastasis_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  const float depth = -d / m.radius;
  const float rim = 1 - ramp(m.rim * 0.5f, m.rim * 1.5f, depth + 0.08f * m.grains(q));
  float core = at(kMetastasisCore, s.delay_s) + m.mosaic * m.grains(q);
  const float necrosis = ramp(1 - m.inner, 1.15f - m.inner, depth + 0.15f * m.texture(q));
  core = mix(core, std::min(core, 24 - s.liver_hu), necrosis);
  return mix(core, at(kMetastasisRim, s.delay_s), rim * m.rim_strength);
}

float fnh_hu(const LesionModel& m, F3 q, float, const LesionSurroundings& s) {
  const float offset = at(kFnh, s.delay_s) + m.mosaic * m.grains(q);
  if (m.inner <= 0) return offset;
  // A star of three to five arms about the centre in the plane of the lesion's own frame.
  const F3 u{dot(q, m.shape.frame.x), dot(q, m.shape.frame.y), dot(q, m.shape.frame.z)};
  const float r = std::sqrt(u.x * u.x + u.y * u.y) + 1e-3f;
  const float arms = std::cos(m.rim * std::atan2(u.y, u.x)) * 0.5f + 0.5f;
  const float size = m.inner * m.radius * (0.35f + 0.65f * arms * arms);
  const float flat = std::fabs(u.z) / (0.8f * m.radius);
  const float scar = (1 - ramp(size * 0.6f, size, r + 0.15f * m.radius * m.texture(q))) * (1 - ramp(0.6f, 1, flat));
  return mix(offset, at(kFnhScar, s.delay_s), scar);
}

float hemangioma_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  const float empty = s.unenhanced_liver_hu - 19 + 5 * ramp(20, 80, float(s.delay_s)) + m.mosaic * m.grains(q);
  if (s.delay_s <= 0) return empty - s.liver_hu;
  const float pool = mix(s.venous_blood_hu, s.arterial_blood_hu, 0.35f) * 0.97f;
  const float fill = at(kHemangiomaFill, s.delay_s) * m.speed;
  const float depth = -d / m.radius;
  // Nodules: the front is far ahead where `waves` is high, and has not started between nodules.
  const float front = fill * 1.15f + 0.75f * m.texture(q) * (1 - ramp(0.4f, 0.95f, fill)) - 0.09f;
  const float filled = 1 - ramp(-0.05f, 0.05f, depth - front);
  return mix(empty, pool, filled) - s.liver_hu;
}

}  // namespace

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
  const F3 q = p - center;
  d = std::min(d, 0.0f);
  float offset = 0;
  switch (type) {
    case LesionType::hcc:
      offset = hcc_hu(*this, q, d, around);
      break;
    case LesionType::icc:
      offset = icc_hu(*this, q, d, around);
      break;
    case LesionType::metastasis:
      offset = metastasis_hu(*this, q, d, around);
      break;
    case LesionType::fnh:
      offset = fnh_hu(*this, q, d, around);
      break;
    case LesionType::hemangioma:
      offset = hemangioma_hu(*this, q, d, around);
      break;
    case LesionType::cyst:
      return fluid_hu;
  }
  return around.liver_hu + contrast * offset;
}

LesionModel draw_lesion(Rng& rng, LesionType type, double diameter_mm, double contrast) {
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
  const bool large = diameter_mm > 30;
  switch (type) {
    case LesionType::hcc:
      m.mosaic = large ? draw(6, 22) : draw(1, 7);
      m.inner = large && rng.chance(0.6) ? draw(0.15, 0.5) : 2;
      m.rim = draw(1.2, 2.6);
      m.rim_strength = rng.chance(0.65) ? draw(0.4, 1) : 0;
      m.speed = draw(0.6, 1.4);
      break;
    case LesionType::icc:
      m.lobulation = draw(0.15, 0.32);
      m.roughness = draw(0, 0.08);
      m.mosaic = draw(3, 10);
      m.rim = draw(0.12, 0.3);
      m.rim_strength = draw(0.5, 1);
      m.speed = draw(0.5, 1.5);
      m.edge = draw(2, 6);
      break;
    case LesionType::metastasis:
      m.lobulation = draw(0.03, 0.2);
      m.mosaic = draw(1, 7);
      m.rim = draw(0.12, 0.35);
      m.rim_strength = draw(0.3, 1);
      m.inner = rng.chance(0.5) ? draw(0.2, 0.6) : 0;
      m.edge = draw(1, 4.5);
      break;
    case LesionType::fnh:
      m.mosaic = draw(0.5, 3);
      m.inner = diameter_mm > 18 && rng.chance(0.75) ? draw(0.2, 0.42) : 0;
      m.rim = float(rng.integer(3, 5));
      m.lobulation = draw(0.05, 0.16);
      break;
    case LesionType::hemangioma:
      m.mosaic = draw(0.5, 3);
      m.speed = draw(0.7, 1.25) * (1 + 1.6f * (1 - ramp(5, 14, m.radius)));
      m.lobulation = draw(0.05, 0.2);
      break;
    case LesionType::cyst:
      m.fluid_hu = draw(0, 14);
      m.lobulation = draw(0, 0.06);
      m.edge = draw(0.5, 1);
      break;
  }
  return m;
}

}  // namespace hepatica::phantom
