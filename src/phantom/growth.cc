#include "phantom/growth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace hepatica::phantom {
namespace {

struct AgePoint {
  double age_years, value;
};

double at(std::span<const AgePoint> table, double age) {
  if (age <= table.front().age_years) return table.front().value;
  for (size_t i = 1; i < table.size(); ++i)
    if (age <= table[i].age_years) {
      const double t = (age - table[i - 1].age_years) / (table[i].age_years - table[i - 1].age_years);
      return table[i - 1].value + t * (table[i].value - table[i - 1].value);
    }
  return table.back().value;
}

// Mean length of both kidneys in mm; Konus OL et al. Normal liver, spleen, and kidney dimensions in neonates, infants,
// and children: evaluation with sonography. AJR 1998;171:1693-1698 (ages at the middle of its groups). It sets the size
// of all organs: livers and spleens keep to it within a few percent, in length (same paper) and in mass (ICRP 89).
constexpr std::array<AgePoint, 12> kKidney{{{0.0, 47},
                                            {0.17, 50},
                                            {0.42, 54.5},
                                            {0.67, 60},
                                            {1.75, 63.5},
                                            {4, 69},
                                            {6, 76.5},
                                            {8, 82},
                                            {10, 83},
                                            {12, 90},
                                            {14, 95},
                                            {18, 104}}};
constexpr double kAdultKidney = 108;

// Trunk of the reference children, mm: width, depth and height; Cristy M, Eckerman KF. Specific absorbed fractions of
// energy at various ages from internal photon sources. ORNL/TM-8381, 1987. Its width holds the arms: 0.86 of it is the
// trunk alone (our reading; the girths that follow are those of Fernandez JR et al., J Pediatr 2004;145:439-444).
constexpr std::array<AgePoint, 6> kWidth{{{0, 127}, {1, 176}, {5, 229}, {10, 278}, {15, 345}, {18, 372}}};
constexpr std::array<AgePoint, 6> kDepth{{{0, 98}, {1, 130}, {5, 150}, {10, 168}, {15, 196}, {18, 198}}};
constexpr std::array<AgePoint, 6> kHeight{{{0, 216}, {1, 307}, {5, 408}, {10, 508}, {15, 631}, {18, 668}}};
constexpr double kWithoutArms = 0.86, kAdultHeight = 700;

// Our reading: subcutaneous fat is thick in infants and thin in preschool children, that of the cavity is sparse;
// muscle and large vessels are slim.
constexpr std::array<AgePoint, 6> kFat{{{0, 3.5}, {0.5, 7}, {2, 5.5}, {6, 4.5}, {11, 8}, {16, 9}}};
constexpr std::array<AgePoint, 4> kLean{{{0, 50}, {2, 40}, {8, 15}, {14, 0}}};
constexpr std::array<AgePoint, 4> kMuscle{{{0, 0.55}, {3, 0.65}, {10, 0.8}, {17, 1}}};
constexpr std::array<AgePoint, 4> kVessel{{{0, 0.72}, {3, 0.76}, {10, 0.85}, {17, 0.97}}};
constexpr std::array<AgePoint, 4> kRibDrop{{{0, 18}, {2, 28}, {6, 40}, {10, 45}}};
constexpr std::array<AgePoint, 4> kLeftLobe{{{0, 1.3}, {1, 1.2}, {5, 1.08}, {10, 1}}};

// Our reading: small children's circulation is quicker (cardiac output per weight is higher, paths are shorter; Bae KT,
// Radiology 2010;256:32-61), so that phases come earlier (portal venous at 45 to 60 s; Nievelstein RAJ et al. Pediatr
// Radiol 2010;40:1324-1344).
constexpr std::array<AgePoint, 5> kTempo{{{0, 1.5}, {1, 1.4}, {5, 1.25}, {10, 1.12}, {16, 1.02}}};

}  // namespace

Growth growth_at(double age) {
  Growth g;
  g.child = true;
  g.age_years = age;
  g.scale = float(at(kKidney, age) / kAdultKidney);
  g.half_width_mm = float(0.5 * kWithoutArms * at(kWidth, age));
  g.half_depth_mm = float(0.5 * at(kDepth, age));
  g.fat_mm = float(at(kFat, age));
  g.lean_hu = float(at(kLean, age));
  g.muscle = float(at(kMuscle, age));
  g.vertebra = float(at(kHeight, age) / kAdultHeight) / g.scale;
  g.vessel = float(at(kVessel, age));
  g.rib_drop_mm = float(at(kRibDrop, age));
  g.left_lobe = float(at(kLeftLobe, age));
  g.spleen = 1.22f;  // to the lengths of Konus 1998
  g.kidney = 1.12f;  // to the masses of ICRP 89
  g.tempo = float(at(kTempo, age));
  return g;
}

double child_noise(double width_mm, double depth_mm) {
  // Doses: Goske MJ et al. Diagnostic reference ranges for pediatric abdominal CT. Radiology 2013;268:208-218: of the
  // adult's SSDE 0.4 at 100 mm width to 0.9 at 300 mm. CTDI from it: AAPM Report 204 (2011), eq. for the 32 cm phantom.
  // Noise: photons that come through, with water's attenuation at 70 keV; the adult is the mean body of `scan`.
  constexpr double kAdultDiameter = 270, kWater = 0.0190, kSsdeFall = 0.003671937;  // mm, 1/mm, 1/mm
  const double diameter = std::sqrt(width_mm * depth_mm), thinner = kAdultDiameter - diameter;
  const double ssde = std::clamp(0.4 + (width_mm - 100) * 0.5 / 200, 0.3, 1.0);
  const double ctdi = ssde * std::exp(-kSsdeFall * thinner);
  return std::sqrt(std::exp(-kWater * thinner) / ctdi);
}

const std::vector<ChildhoodLesion>& childhood_lesions() {
  // Ages, numbers, sizes: the sources of lesion_child.cc. Infantile hemangiomas: multifocal or diffuse, in the first
  // half year [3][4]. Congenital ones: single, at birth, mean 6 cm [3]. FNH: 2 to 16, mostly girls past seven [1].
  // Mesenchymal hamartoma: before three in most, mean 13 cm [5]. Hepatoblastoma: before five in 90 %, peak at 18
  // months, mean 10 to 12 cm, single in 80 % [2][6]. HCC: past five, peak in adolescence [2]. UESL: 6 to 10 [7], 10 to
  // 20 cm. Neuroblastoma: before five, mostly before two [8].
  static const std::vector<ChildhoodLesion> kLesions{
      {LesionType::infantile_hemangioma, {0.03, 1.5}, 0.3, {3, 24}, {6, 45}, 0.7},
      {LesionType::congenital_hemangioma, {0.01, 1}, 0.1, {1, 1}, {30, 90}, 0.5},
      {LesionType::fnh, {1, 16}, 11, {1, 2}, {18, 100}, 0.75},
      {LesionType::mesenchymal_hamartoma, {0.1, 5}, 1.2, {1, 1}, {45, 180}, 0.4},
      {LesionType::cyst, {0.1, 16}, 7, {1, 2}, {8, 70}, 0.55},
      {LesionType::hepatoblastoma, {0.2, 6}, 1.5, {1, 2.4}, {45, 150}, 0.4},
      {LesionType::hcc, {4, 16}, 13, {1, 3}, {25, 140}, 0.4},
      {LesionType::uesl, {2, 15}, 8, {1, 1}, {80, 190}, 0.5},
      {LesionType::metastasis, {0.1, 7}, 1.2, {4, 26}, {6, 40}, 0.45}};
  return kLesions;
}

const ChildhoodLesion* childhood_lesion(LesionType type) {
  for (const ChildhoodLesion& lesion : childhood_lesions())
    if (lesion.type == type) return &lesion;
  return nullptr;
}

double age_at_share(const ChildhoodLesion* lesion, double share, Range within) {
  if (!lesion) return within.low + share * (within.high - within.low);
  const double low = lesion->age_years.low, span = lesion->age_years.high - low;
  const double peak = (lesion->usual_age - low) / span;
  // Quantile of the triangular distribution.
  const double t = share < peak ? std::sqrt(share * peak) : 1 - std::sqrt((1 - share) * (1 - peak));
  return std::clamp(low + t * span, within.low, within.high);
}

}  // namespace hepatica::phantom
