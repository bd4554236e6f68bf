// HU of tissues over time after injection of iodinated contrast medium.
#pragma once

#include <array>
#include <vector>

#include "base/rng.h"

namespace hepatica::phantom {

enum class Tissue {
  aorta,
  portal_vein,
  hepatic_vein,
  vena_cava_low,   ///< below the renal veins
  vena_cava_high,  ///< at and above the renal veins
  liver,
  spleen,
  renal_cortex,
  renal_medulla,
  renal_pelvis,
  pancreas,
  adrenal,
  muscle,
  gut_wall,
  myocardium,
  count
};

/// One patient's answer to the injection.
struct Kinetics {
  std::array<float, size_t(Tissue::count)> unenhanced{};  ///< HU
  std::array<float, size_t(Tissue::count)> gain{};        ///< factor on the mean enhancement curve, dose included
  float time_shift_s = 0;  ///< later arrival of the bolus (low cardiac output) is positive

  /// HU of a tissue `delay_s` seconds after the start of injection; 0 or less is unenhanced.
  float hu(Tissue tissue, double delay_s) const;
};

/// Draws a patient's kinetics; `dose` scales all enhancement, `variation` the spread around the published means.
Kinetics draw_kinetics(Rng& rng, double dose, double variation);

/// Published mean HU of a tissue at a delay (dose 1, no shift).
float mean_hu(Tissue tissue, double delay_s);

}  // namespace hepatica::phantom
