#include <array>
#include <cmath>

#include "phantom/lesion_patterns.h"

// Lesions of the child's liver. Sources, by the number that stands beside each pattern; where they describe and give no
// HU, the numbers here are this project's reading of the description.
// [1] Chung EM, Cube R, Lewis RB, Conran RM. From the archives of the AFIP: pediatric liver masses, part 1: benign
//     tumors. RadioGraphics 2010;30:801-826.
// [2] Chung EM, Lattin GE, Cube R, et al. From the archives of the AFIP: pediatric liver masses, part 2: malignant
//     tumors. RadioGraphics 2011;31:483-507.
// [3] Kassarjian A, Zurakowski D, Dubois J, et al. Infantile hepatic hemangiomas: clinical and imaging findings and
//     their correlation with therapy. AJR 2004;182:785-795 (focal, multifocal and diffuse; nodular peripheral
//     enhancement that proceeds inwards; large ones with a centre that does not fill).
// [4] Christison-Lagay ER, Burrows PE, Alomari A, et al. Hepatic hemangiomas: subtype classification and development
//     of a clinical practice algorithm and registry. J Pediatr Surg 2007;42:62-67 (the focal one is congenital, with
//     central necrosis, thrombosis or calcification).
// [5] Kim SH, Kim WS, Cheon JE, et al. Radiological spectrum of hepatic mesenchymal hamartoma in children. Korean J
//     Radiol 2007;8:498-505 (31 % multiseptated cysts, 38 % mixed, 31 % solid; enhancing septa and solid parts).
// [6] McCarville MB, Roebuck DJ. Diagnosis and staging of hepatoblastoma: imaging aspects. Pediatr Blood Cancer
//     2012;59:793-799 (large, lobulated, septated, darker than the liver, calcified in about half).
// [7] Gabor F, Franchi-Abella S, Merli L, et al. Imaging features of undifferentiated embryonal sarcoma of the liver:
//     a series of 15 children. Pediatr Radiol 2016;46:1694-1704 (hypoattenuating, well-defined, winding vessels,
//     bleeds); Buetow PC, Buck JL, Pantongrag-Brown L, et al. Undifferentiated (embryonal) sarcoma of the liver:
//     pathologic basis of imaging findings in 28 cases. Radiology 1997;203:779-783 (88 % of the volume near water at
//     CT; septa and a pseudocapsule that enhance, solid parts at the periphery).
// [8] Neuroblastoma's metastases: [2], and Meyers RL. Tumors of the liver in children. Surg Oncol 2007;16:195-203
//     (several or innumerable small hypoattenuating nodules, or the whole liver in the infant's stage 4S/MS).
namespace hepatica::phantom {
namespace {

/// Blood pools fill more quickly than in the adult's cavernous hemangioma: flow is high [3].
constexpr std::array<CurvePoint, 6> kHemangiomaFront{
    {{16, 0.06f}, {28, 0.3f}, {40, 0.48f}, {70, 0.75f}, {120, 1.0f}, {180, 1.25f}}};
constexpr std::array<CurvePoint, 6> kStroma{
    {{0, -22}, {30, -27}, {40, -31}, {70, -42}, {120, -30}, {180, -18}}};                                     // [5]
constexpr std::array<CurvePoint, 6> kSeptum{{{0, -16}, {30, -8}, {40, -9}, {70, -14}, {120, -6}, {180, 0}}};  // [5]
constexpr std::array<CurvePoint, 7> kHepatoblastoma{
    {{0, -16}, {22, -2}, {30, 10}, {38, 8}, {50, -12}, {70, -30}, {180, -31}}};  // [2][6]
constexpr std::array<CurvePoint, 6> kFibrousBand{{{0, -22}, {30, -26}, {40, -30}, {70, -48}, {120, -38}, {180, -22}}};
constexpr std::array<CurvePoint, 6> kSarcomaRim{{{0, -13}, {30, -6}, {40, -6}, {70, -16}, {120, -8}, {180, 2}}};  // [7]
constexpr std::array<CurvePoint, 7> kNeuroblastoma{
    {{0, -13}, {22, -6}, {30, 2}, {38, -4}, {50, -20}, {70, -34}, {180, -22}}};  // [8]

/// Pools of blood, a share of which is arterial; they keep contrast a little longer than vessels do.
float blood_pool(const LesionSurroundings& s, float arterial) {
  return (1 + 0.06f * ramp(80, 160, float(s.delay_s))) * mix(s.venous_blood_hu, s.arterial_blood_hu, arterial);
}

float unenhanced(const LesionModel& m, F3 q, const LesionSurroundings& s) {
  return s.unenhanced_liver_hu - 17 + m.mosaic * m.grains(q);
}

/// `q` moved about by as much as `share` of the radius, so that walls of cells are curved.
F3 bent(const LesionModel& m, F3 q, float share) {
  return q + F3{m.texture(q), m.texture(q + F3{31, 0, 0}), m.texture(q + F3{0, 47, 0})} * (share * m.radius);
}

/// Chunks of calcium where `place` (0..1) allows them.
float calcified(const LesionModel& m, F3 q, float place, float hu) {
  if (m.calcium <= 0 || place <= 0) return hu;
  const F3 r = bent(m, q * 1.3f, 0.35f);
  const float lumps = m.waves(r * 2.1f) + 0.45f * m.grains(r * 1.3f), least = 0.85f - 0.55f * m.calcium;
  const float chunk = ramp(least, least + 0.14f, lumps) * place;
  return mix(hu, 190 + 160 * m.calcium, chunk);
}

/// [1][3]: nodules at the rim fill inwards; small ones fill at once.
float infantile_hemangioma_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  const float empty = unenhanced(m, q, s) + 8 * ramp(20, 80, float(s.delay_s));
  if (s.delay_s <= 0) return beside_liver(m, s, empty - s.liver_hu);
  const float front = value_at(kHemangiomaFront, s.delay_s) * m.speed, depth = -d / m.radius;
  const float nodular = front + 0.45f * m.texture(q) * (1 - ramp(0.5f, 1.0f, front)) - 0.04f;
  const float filled = 1 - ramp(-0.08f, 0.08f, depth - nodular);
  return beside_liver(m, s, mix(empty, blood_pool(s, 0.4f), filled) - s.liver_hu);
}

/// [1][4]: a thick rim enhances unevenly, with large vessels, and the necrotic centre never does.
float congenital_hemangioma_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  const float depth = -d / m.radius + 0.22f * m.texture(q) + 0.07f * m.grains(q);
  const float core = ramp(1 - m.inner - 0.1f, 1 - m.inner + 0.1f, depth);
  const float dead = 29 + 7 * m.grains(q);  // necrosis with old blood
  float rim = unenhanced(m, q, s);
  if (s.delay_s > 0) {
    const float front = value_at(kHemangiomaFront, s.delay_s) * m.speed;
    const float filled = 1 - ramp(-0.15f, 0.15f, depth - front * (1 - m.inner) - 0.3f * m.waves(q));
    const float vessel = 1 - ramp(0.06f, 0.14f, std::fabs(m.texture(q * 1.7f)));
    rim = mix(rim + 12 * ramp(20, 60, float(s.delay_s)), blood_pool(s, 0.25f + 0.5f * vessel), filled);
  }
  rim = s.liver_hu + m.contrast * (rim - s.liver_hu);
  return calcified(m, q, ramp(0.2f, 0.7f, core), mix(rim, dead, core));
}

/// [5]: locules of fluid between septa, some of them filled with stroma.
float mesenchymal_hamartoma_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  const CellField::Place place = m.cells(bent(m, q, 0.1f));
  const float wall = std::min(place.to_wall_mm, -d);
  const float septum = 1 - ramp(0.35f * m.septum, 0.75f * m.septum, wall);
  const bool stroma = CellField::value(place.cell, 7) < m.solid;
  const float fluid = m.fluid_hu + 11 * CellField::value(place.cell, 8);
  const float flesh = beside_liver(m, s, value_at(kStroma, s.delay_s) + m.mosaic * m.grains(q) * arrived(s.delay_s));
  return mix(stroma ? flesh : fluid, beside_liver(m, s, value_at(kSeptum, s.delay_s)), septum);
}

/// [2][6]: lobules between fibrous bands, a slight arterial blush and washout, necrosis, calcium in about half.
float hepatoblastoma_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  const CellField::Place place = m.cells(bent(m, q, 0.12f));
  const float own = 2 * CellField::value(place.cell, 3) - 1;  // lobules differ
  float offset = value_at(kHepatoblastoma, s.delay_s);
  if (s.delay_s > 0) offset += m.speed * 14 * ramp(18, 30, float(s.delay_s)) * (1 - ramp(40, 65, float(s.delay_s)));
  offset += (m.mosaic * own + 0.7f * m.mosaic * m.grains(q)) * arrived(s.delay_s);
  const float band = (1 - ramp(0.3f * m.septum, 0.8f * m.septum, place.to_wall_mm)) * m.rim_strength;
  offset = mix(offset, value_at(kFibrousBand, s.delay_s), band);
  const float dead = ramp(m.inner, m.inner + 0.25f, m.texture(q)) * ramp(0.05f, 0.25f, -d / m.radius);
  const float hu = mix(beside_liver(m, s, offset), 27 + 5 * m.grains(q), dead);
  return calcified(m, q, ramp(0.1f, 0.3f, -d / m.radius), hu);
}

/// [7]: near water, few septa, solid at the periphery and late there, winding vessels in the arterial phase, bleeds.
float sarcoma_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  const CellField::Place place = m.cells(bent(m, q, 0.22f));
  const float depth = -d / m.radius;
  const float myxoid = m.fluid_hu + 5 * m.texture(q) + 4 * m.grains(q) + 6 * ramp(60, 180, float(s.delay_s));
  const float blood = 26 * ramp(0.35f, 0.6f, m.waves(q * 1.6f));  // clotted
  const float rim = 1 - ramp(m.rim * 0.5f, m.rim * 1.4f, depth + 0.13f * m.texture(q) + 0.05f * m.grains(q));
  const float septum = 0.8f * (1 - ramp(0.3f * m.septum, 0.8f * m.septum, place.to_wall_mm));
  const float vessel = s.delay_s > 0 ? (1 - ramp(0.03f, 0.08f, std::fabs(m.grains(q)))) * rim * 0.35f : 0;
  const float flesh = beside_liver(m, s, value_at(kSarcomaRim, s.delay_s) + m.mosaic * m.grains(q));
  const float solid = std::max({rim, septum, 1 - ramp(0.7f * m.septum, 1.2f * m.septum, -d)});
  return mix(mix(myxoid + blood, flesh, solid), blood_pool(s, 0.5f), vessel);
}

/// [8]: even, darker than the liver, a faint blush early.
float neuroblastoma_hu(const LesionModel& m, F3 q, float d, const LesionSurroundings& s) {
  const float offset = value_at(kNeuroblastoma, s.delay_s) + m.mosaic * m.grains(q) * arrived(s.delay_s);
  const float rim = (1 - ramp(0.5f * m.rim, 1.5f * m.rim, -d / m.radius)) * m.rim_strength;
  const float edge = s.delay_s > 0 ? 10 * rim * (1 - ramp(40, 80, float(s.delay_s))) : 0;
  return calcified(m, q, ramp(0.2f, 0.5f, -d / m.radius), beside_liver(m, s, offset + edge));
}

float between(Rng& rng, double low, double high) { return float(rng.uniform(low, high)); }

CellField draw_cells(const LesionModel& m, Rng& rng, double low, double high) {
  return {{between(rng, 0, 900), between(rng, 0, 900), between(rng, 0, 900)}, 1 / (m.radius * between(rng, low, high))};
}

void draw_infantile_hemangioma(LesionModel& m, double, Rng& rng) {
  m.mosaic = between(rng, 0.5, 3);
  m.speed = between(rng, 0.75, 1.3) * (1 + 1.5f * (1 - ramp(6, 20, m.radius)));
  m.lobulation = between(rng, 0.02, 0.12);
  m.edge = between(rng, 0.8, 2);
}

void draw_congenital_hemangioma(LesionModel& m, double diameter_mm, Rng& rng) {
  m.mosaic = between(rng, 2, 6);
  m.speed = between(rng, 0.8, 1.5);
  m.lobulation = between(rng, 0.04, 0.12);
  m.inner = diameter_mm > 30 ? between(rng, 0.35, 0.65) : between(rng, 0.1, 0.4);
  m.calcium = rng.chance(0.4) ? between(rng, 0.3, 0.8) : 0;
  m.edge = between(rng, 0.8, 2.5);
}

void draw_mesenchymal_hamartoma(LesionModel& m, double, Rng& rng) {
  m.cells = draw_cells(m, rng, 0.35, 0.75);
  const double form = rng.uniform();  // 31 % cysts, 38 % mixed, 31 % solid [5]
  m.solid = form < 0.31 ? between(rng, 0, 0.12) : form < 0.69 ? between(rng, 0.25, 0.55) : between(rng, 0.7, 0.92);
  m.septum = m.radius * between(rng, 0.03, 0.1);
  m.fluid_hu = between(rng, 4, 14);
  m.mosaic = between(rng, 2, 6);
  m.lobulation = between(rng, 0.03, 0.12);
  m.edge = between(rng, 0.8, 2);
}

void draw_hepatoblastoma(LesionModel& m, double diameter_mm, Rng& rng) {
  m.cells = draw_cells(m, rng, 0.4, 0.8);
  m.lobulation = between(rng, 0.14, 0.3);
  m.mosaic = between(rng, 6, 15);
  m.septum = m.radius * between(rng, 0.06, 0.13);
  m.rim_strength = between(rng, 0.5, 1);
  m.speed = between(rng, -0.3, 1.3);
  m.inner = diameter_mm > 30 ? between(rng, 0.15, 0.5) : 2;
  m.calcium = rng.chance(0.5) ? between(rng, 0.25, 0.85) : 0;
  m.edge = between(rng, 1, 3);
}

void draw_sarcoma(LesionModel& m, double, Rng& rng) {
  m.cells = draw_cells(m, rng, 1.1, 1.9);
  m.fluid_hu = between(rng, 12, 24);
  m.rim = between(rng, 0.06, 0.2);
  m.septum = m.radius * between(rng, 0.03, 0.07);
  m.mosaic = between(rng, 3, 8);
  m.lobulation = between(rng, 0.03, 0.1);
  m.edge = between(rng, 0.8, 2);
}

void draw_neuroblastoma(LesionModel& m, double, Rng& rng) {
  m.mosaic = between(rng, 1, 5);
  m.lobulation = between(rng, 0.03, 0.2);
  m.rim = between(rng, 0.15, 0.35);
  m.rim_strength = between(rng, 0, 1);
  m.calcium = rng.chance(0.12) ? between(rng, 0.2, 0.5) : 0;
  m.edge = between(rng, 1.5, 4.5);
}

}  // namespace

LesionPattern child_pattern(LesionType type) {
  switch (type) {
    case LesionType::infantile_hemangioma:
      return {draw_infantile_hemangioma, infantile_hemangioma_hu};
    case LesionType::congenital_hemangioma:
      return {draw_congenital_hemangioma, congenital_hemangioma_hu};
    case LesionType::mesenchymal_hamartoma:
      return {draw_mesenchymal_hamartoma, mesenchymal_hamartoma_hu};
    case LesionType::hepatoblastoma:
      return {draw_hepatoblastoma, hepatoblastoma_hu};
    case LesionType::uesl:
      return {draw_sarcoma, sarcoma_hu};
    case LesionType::metastasis:
      return {draw_neuroblastoma, neuroblastoma_hu};
    default:
      return adult_pattern(type);
  }
}

}  // namespace hepatica::phantom
