#include "phantom/kinetics.h"

#include <algorithm>

#include "phantom/field.h"

namespace hepatica::phantom {
namespace {

// Sources.
// [1] Bae KT. Intravenous contrast medium administration and scan timing at CT: considerations and approaches.
//     Radiology 2010;256:32-61: shape and timing of the aortic, portal venous and hepatic curves (bolus of 30 s;
//     aortic peak just after its end, hepatic peak at 60-80 s of about 50 HU for 0.5 gI/kg).
// [2] Foley WD et al. Multiphase hepatic CT with a multirow detector CT scanner. AJR 2000;175:679-685: late arterial
//     (about 35 s) and portal (about 60-70 s) HU of aorta, portal vein and liver.
// [3] Dunnick NR, Sandler CM et al., Textbook of Uroradiology: corticomedullary 25-70 s, nephrographic 80-120 s,
//     excretory from 180 s.
// [4] McNulty NJ et al. Multi-detector row helical CT of the pancreas. Radiology 2001;220:97-102: pancreas 35-45 s.
// [5] Medians of aorta / portal vein in 1018 scans of known phase: unenhanced 37/32, arterial 267/92, portal 121/132
//     (github.com/limichael2004/CT_Phase_Identifier, internal_validation_dataset_with_radiomics.csv).
// [6] Kodama Y et al. Comparison of CT methods for determining the fat content of the liver. AJR 2007;188:1307-1312:
//     unenhanced liver 55-65, spleen 45-55 HU.
struct Curve {
  float unenhanced;                          ///< HU
  float spread;                              ///< standard deviation of `unenhanced` between patients
  float gain_spread;                         ///< relative standard deviation of the enhancement between patients
  std::vector<std::array<float, 2>> points;  ///< seconds, enhancement HU; constant after the last
};

const Curve& curve(Tissue tissue) {
  static const std::array<Curve, size_t(Tissue::count)> kCurves{{
      // aorta [1][2][5]
      {38,
       3,
       0.13f,
       {{12, 0},
        {18, 70},
        {24, 190},
        {30, 245},
        {35, 240},
        {42, 205},
        {50, 150},
        {60, 112},
        {70, 95},
        {80, 87},
        {120, 72},
        {180, 58},
        {300, 45}}},
      // portal vein [1][2][5]
      {36,
       3,
       0.13f,
       {{18, 0},
        {25, 14},
        {30, 38},
        {35, 62},
        {42, 92},
        {50, 112},
        {60, 126},
        {70, 122},
        {80, 110},
        {120, 78},
        {180, 59},
        {300, 45}}},
      // hepatic veins [1]: follow the sinusoids
      {36,
       3,
       0.14f,
       {{25, 0}, {35, 5}, {42, 20}, {50, 48}, {60, 92}, {70, 110}, {80, 106}, {120, 76}, {180, 58}, {300, 45}}},
      // inferior vena cava below the renal veins [1]: late return from the legs
      {36, 3, 0.2f, {{30, 0}, {45, 6}, {60, 25}, {80, 55}, {100, 72}, {120, 74}, {180, 60}, {300, 45}}},
      // and above them [1]: early renal return
      {36, 3, 0.15f, {{20, 0}, {25, 25}, {35, 60}, {45, 72}, {60, 78}, {80, 84}, {120, 76}, {180, 60}, {300, 45}}},
      // liver [1][2][6]
      {58,
       5,
       0.13f,
       {{20, 0},
        {28, 4},
        {35, 11},
        {42, 22},
        {50, 36},
        {60, 47},
        {70, 53},
        {80, 53},
        {100, 48},
        {120, 43},
        {180, 34},
        {300, 24}}},
      // spleen [1][6]
      {48,
       4,
       0.12f,
       {{15, 0}, {22, 35}, {30, 75}, {38, 85}, {50, 80}, {60, 75}, {70, 69}, {100, 57}, {180, 42}, {300, 30}}},
      // renal cortex [3]
      {33,
       3,
       0.13f,
       {{14, 0}, {20, 60}, {28, 130}, {40, 155}, {60, 150}, {80, 140}, {120, 130}, {180, 110}, {300, 85}}},
      // renal medulla [3]
      {32, 3, 0.13f, {{22, 0}, {30, 18}, {40, 40}, {60, 75}, {80, 112}, {100, 130}, {180, 115}, {300, 90}}},
      // renal pelvis: urine, then excreted contrast [3]
      {5, 4, 0.35f, {{110, 0}, {150, 120}, {180, 350}, {300, 700}}},
      // pancreas [4]
      {42, 5, 0.15f, {{18, 0}, {26, 35}, {35, 62}, {45, 66}, {60, 54}, {70, 48}, {120, 35}, {180, 28}, {300, 20}}},
      // adrenal: as pancreas, a little later [1]
      {30, 6, 0.15f, {{18, 0}, {30, 30}, {45, 52}, {60, 52}, {80, 48}, {180, 28}, {300, 20}}},
      // muscle [1]: small, late
      {54, 4, 0.2f, {{30, 0}, {60, 9}, {90, 13}, {180, 15}, {300, 13}}},
      // stomach and bowel wall [1]: mucosa peaks in the enteric phase of 45-50 s
      {38, 5, 0.2f, {{20, 0}, {30, 25}, {45, 55}, {60, 55}, {80, 48}, {180, 32}, {300, 25}}},
      // myocardium [1]
      {45, 3, 0.13f, {{12, 0}, {20, 35}, {35, 65}, {60, 58}, {90, 50}, {180, 42}, {300, 32}}},
  }};
  return kCurves[size_t(tissue)];
}

float enhancement(Tissue tissue, double delay_s) {
  const auto& points = curve(tissue).points;
  const float t = float(delay_s);
  if (t <= points.front()[0]) return 0;
  for (size_t i = 1; i < points.size(); ++i)
    if (t <= points[i][0])
      return mix(points[i - 1][1], points[i][1], (t - points[i - 1][0]) / (points[i][0] - points[i - 1][0]));
  return points.back()[1];
}

}  // namespace

float Kinetics::hu(Tissue tissue, double delay_s) const {
  const float base = unenhanced[size_t(tissue)];
  return delay_s <= 0 ? base : base + gain[size_t(tissue)] * enhancement(tissue, delay_s - time_shift_s);
}

float mean_hu(Tissue tissue, double delay_s) {
  return curve(tissue).unenhanced + (delay_s <= 0 ? 0 : enhancement(tissue, delay_s));
}

Kinetics draw_kinetics(Rng& rng, double dose, double variation) {
  Kinetics kinetics;
  // Blood shares one haematocrit and one bolus; organs vary around them.
  const double blood = rng.normal(0, 3), bolus = rng.normal(0, 0.1);
  const auto limited = [&] { return std::clamp(rng.normal(), -2.0, 2.0) * variation; };
  for (size_t i = 0; i < size_t(Tissue::count); ++i) {
    const Tissue tissue = Tissue(i);
    const bool vessel = tissue <= Tissue::vena_cava_high;
    const Curve& mean = curve(tissue);
    kinetics.unenhanced[i] = mean.unenhanced + float(vessel ? blood * variation : limited() * mean.spread);
    const double own = vessel ? 0.5 : 1.0;
    kinetics.gain[i] =
        float(dose * std::max(0.4, 1 + std::clamp(bolus, -0.2, 0.2) * variation + own * limited() * mean.gain_spread));
  }
  kinetics.time_shift_s = float(limited() * 1.5);
  return kinetics;
}

}  // namespace hepatica::phantom
