#include <algorithm>
#include <array>
#include <cmath>

#include "phantom/lesion_patterns.h"

namespace hepatica::phantom {
namespace {

// Differences to liver parenchyma in HU over seconds after injection; the first point is the unenhanced difference.
// Patterns after: ACR LI-RADS v2018 CT/MRI core (HCC: nonrim arterial hyperenhancement, washout, enhancing capsule;
// LR-M: rim hyperenhancement, delayed central enhancement); Iannaccone R et al., AJR 2005 and Kim TK et al., AJR 2011
// (ICC, progressive centripetal enhancement); Brancatelli G et al., Radiology 2001;219:61-68 (FNH: mean 118 HU
// arterial, near isoattenuating portal, late enhancing scar); Leslie DF et al., AJR 1995;164:1403-1407 (hemangioma:
// globular enhancement at the density of aorta); Mortele KJ, Ros PR, RadioGraphics 2001;21:895-910 (cyst: below 20 HU,
// no enhancement); Namasivayam S et al., Cancer Imaging 2007;7:2-9 (metastasis: hypodense, rim enhancement).
constexpr std::array<CurvePoint, 9> kHcc{
    {{0, -9}, {22, 12}, {30, 34}, {38, 38}, {48, 18}, {60, -5}, {75, -17}, {120, -21}, {180, -23}}};
constexpr std::array<CurvePoint, 5> kCapsule{{{0, -8}, {38, 0}, {60, 9}, {75, 14}, {180, 19}}};
constexpr std::array<CurvePoint, 7> kIccCore{
    {{0, -17}, {30, -22}, {38, -27}, {70, -40}, {120, -14}, {180, 6}, {300, 18}}};
constexpr std::array<CurvePoint, 7> kIccRim{{{0, -13}, {25, 4}, {35, 22}, {45, 18}, {70, 2}, {120, -10}, {180, -14}}};
constexpr std::array<CurvePoint, 6> kMetastasisCore{
    {{0, -18}, {30, -22}, {38, -28}, {70, -54}, {120, -48}, {180, -38}}};
constexpr std::array<CurvePoint, 7> kMetastasisRim{
    {{0, -12}, {25, 2}, {35, 15}, {45, 8}, {70, -12}, {120, -18}, {180, -20}}};
constexpr std::array<CurvePoint, 8> kFnh{
    {{0, -4}, {22, 30}, {30, 54}, {38, 58}, {50, 28}, {60, 11}, {75, 4}, {180, -1}}};
constexpr std::array<CurvePoint, 6> kFnhScar{{{0, -12}, {30, -12}, {38, -14}, {75, -28}, {120, -8}, {180, 11}}};
constexpr std::array<CurvePoint, 6> kHemangiomaFill{
    {{20, 0.03f}, {35, 0.15f}, {75, 0.42f}, {120, 0.62f}, {180, 0.84f}, {300, 1.1f}}};

float hcc_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  float offset = value_at(kHcc, s.delay_s);
  if (offset < 0 && s.delay_s > 40) offset *= m.speed;
  const float grain = m.grains(q);
  offset += m.mosaic * grain * arrived(s.delay_s);
  const float necrosis = ramp(m.inner, m.inner + 0.2f, m.texture(q));
  offset = mix(offset, 28 - s.liver_hu, necrosis);
  const float capsule = (1 - ramp(0.5f * m.rim, m.rim, std::fabs(d + 0.5f * m.rim))) * m.rim_strength;
  return beside_liver(m, s, mix(offset, value_at(kCapsule, s.delay_s), capsule));
}

float icc_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  const float depth = -d / m.radius;
  const float rim = 1 - ramp(m.rim * 0.6f, m.rim * 1.4f, depth + 0.12f * m.grains(q));
  // The front of fibrous enhancement moves inwards with time: the centre lags behind the middle zone.
  const float lag = m.speed * 60 * ramp(0.3f, 0.9f, depth);
  const double delay = s.delay_s <= 0 ? 0 : std::max(30.0, s.delay_s - lag);
  const float core = value_at(kIccCore, delay) + m.mosaic * m.grains(q) * arrived(s.delay_s);
  return beside_liver(m, s, mix(core, value_at(kIccRim, s.delay_s), rim * m.rim_strength));
}

float metastasis_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  const float depth = -d / m.radius;
  const float rim = 1 - ramp(m.rim * 0.5f, m.rim * 1.5f, depth + 0.08f * m.grains(q));
  float core = value_at(kMetastasisCore, s.delay_s) + m.mosaic * m.grains(q);
  const float necrosis = ramp(1 - m.inner, 1.15f - m.inner, depth + 0.15f * m.texture(q));
  core = mix(core, std::min(core, 24 - s.liver_hu), necrosis);
  return beside_liver(m, s, mix(core, value_at(kMetastasisRim, s.delay_s), rim * m.rim_strength));
}

float fnh_hu(const LesionModel& m, F3 q, float, const LesionSurroundings& s) {
  const float offset = value_at(kFnh, s.delay_s) + m.mosaic * m.grains(q);
  if (m.inner <= 0) return beside_liver(m, s, offset);
  // A star of three to five arms about the centre in the plane of the lesion's own frame.
  const F3 u{dot(q, m.shape.frame.x), dot(q, m.shape.frame.y), dot(q, m.shape.frame.z)};
  const float r = std::sqrt(u.x * u.x + u.y * u.y) + 1e-3f;
  const float arms = std::cos(m.rim * std::atan2(u.y, u.x)) * 0.5f + 0.5f;
  const float size = m.inner * m.radius * (0.35f + 0.65f * arms * arms);
  const float flat = std::fabs(u.z) / (0.8f * m.radius);
  const float scar = (1 - ramp(size * 0.6f, size, r + 0.15f * m.radius * m.texture(q))) * (1 - ramp(0.6f, 1, flat));
  return beside_liver(m, s, mix(offset, value_at(kFnhScar, s.delay_s), scar));
}

float hemangioma_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  const float empty = s.unenhanced_liver_hu - 19 + 5 * ramp(20, 80, float(s.delay_s)) + m.mosaic * m.grains(q);
  if (s.delay_s <= 0) return beside_liver(m, s, empty - s.liver_hu);
  const float pool = mix(s.venous_blood_hu, s.arterial_blood_hu, 0.35f) * 0.97f;
  const float fill = value_at(kHemangiomaFill, s.delay_s) * m.speed;
  const float depth = -d / m.radius;
  // Nodules: the front is far ahead where `waves` is high, and has not started between nodules.
  const float front = fill * 1.15f + 0.75f * m.texture(q) * (1 - ramp(0.4f, 0.95f, fill)) - 0.09f;
  const float filled = 1 - ramp(-0.05f, 0.05f, depth - front);
  return beside_liver(m, s, mix(empty, pool, filled) - s.liver_hu);
}

float cyst_hu(const LesionModel& m, F3, float, const LesionSurroundings&) { return m.fluid_hu; }

// Relative to the radius: thicker ones would fill a lesion of 10 mm, which then showed no pattern of its type.
constexpr float kThickestCapsule = 0.1f, kWidestEdge = 0.4f;

void draw_hcc(LesionModel& m, double diameter_mm, Rng& rng) {
  const auto draw = [&](double low, double high) { return float(rng.uniform(low, high)); };
  const bool large = diameter_mm > 30;
  m.mosaic = large ? draw(6, 22) : draw(1, 7);
  m.inner = large && rng.chance(0.6) ? draw(0.15, 0.5) : 2;
  m.rim = std::min(draw(1.2, 2.6), kThickestCapsule * m.radius);
  m.rim_strength = rng.chance(0.65) ? draw(0.4, 1) : 0;
  m.speed = draw(0.6, 1.4);
}

void draw_icc(LesionModel& m, double, Rng& rng) {
  const auto draw = [&](double low, double high) { return float(rng.uniform(low, high)); };
  m.lobulation = draw(0.15, 0.32);
  m.roughness = draw(0, 0.08);
  m.mosaic = draw(3, 10);
  m.rim = draw(0.12, 0.3);
  m.rim_strength = draw(0.5, 1);
  m.speed = draw(0.5, 1.5);
  m.edge = std::min(draw(2, 6), kWidestEdge * m.radius);
}

void draw_metastasis(LesionModel& m, double, Rng& rng) {
  const auto draw = [&](double low, double high) { return float(rng.uniform(low, high)); };
  m.lobulation = draw(0.03, 0.2);
  m.mosaic = draw(1, 7);
  m.rim = draw(0.12, 0.35);
  m.rim_strength = draw(0.3, 1);
  m.inner = rng.chance(0.5) ? draw(0.2, 0.6) : 0;
  m.edge = std::min(draw(1, 4.5), kWidestEdge * m.radius);
}

void draw_fnh(LesionModel& m, double diameter_mm, Rng& rng) {
  const auto draw = [&](double low, double high) { return float(rng.uniform(low, high)); };
  m.mosaic = draw(0.5, 3);
  m.inner = diameter_mm > 18 && rng.chance(0.75) ? draw(0.2, 0.42) : 0;
  m.rim = float(rng.integer(3, 5));
  m.lobulation = draw(0.05, 0.16);
}

void draw_hemangioma(LesionModel& m, double, Rng& rng) {
  const auto draw = [&](double low, double high) { return float(rng.uniform(low, high)); };
  m.mosaic = draw(0.5, 3);
  m.speed = draw(0.7, 1.25) * (1 + 1.6f * (1 - ramp(5, 14, m.radius)));
  m.lobulation = draw(0.05, 0.2);
}

void draw_cyst(LesionModel& m, double, Rng& rng) {
  const auto draw = [&](double low, double high) { return float(rng.uniform(low, high)); };
  m.fluid_hu = draw(0, 14);
  m.lobulation = draw(0, 0.06);
  m.edge = draw(0.5, 1);
}

}  // namespace

LesionPattern adult_pattern(LesionType type) {
  switch (type) {
    case LesionType::hcc:
      return {draw_hcc, hcc_hu};
    case LesionType::icc:
      return {draw_icc, icc_hu};
    case LesionType::metastasis:
      return {draw_metastasis, metastasis_hu};
    case LesionType::fnh:
      return {draw_fnh, fnh_hu};
    case LesionType::hemangioma:
      return {draw_hemangioma, hemangioma_hu};
    case LesionType::cyst:
      return {draw_cyst, cyst_hu};
    default:
      return child_pattern(type);
  }
}

}  // namespace hepatica::phantom
