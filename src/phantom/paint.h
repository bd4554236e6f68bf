// Paints a patient at one acquisition on one slice, in order of priority: what comes first keeps its place.
#pragma once

#include <array>

#include "phantom/anatomy.h"
#include "phantom/canvas.h"

namespace hepatica::phantom {

/// One contrast phase of one patient: tissue HU and breathing position.
struct Acquisition {
  double delay_s = 0;  ///< of an adult whose contrast is as far
  F3 shift;
  std::array<float, size_t(Tissue::count)> hu{};
  bool liver_only = false;  ///< stop after the liver's shape: for measuring it

  float operator[](Tissue tissue) const { return hu[size_t(tissue)]; }
};

Acquisition acquisition_of(const Anatomy& anatomy, Phase phase);

/// What does not breathe, on a freshly placed canvas: trunk, spine, pelvis.
void paint_still(Canvas& canvas, const Anatomy& anatomy, const Acquisition& now);
/// All else, after `paint_still`.
void paint_viscera(Canvas& canvas, const Anatomy& anatomy, const Acquisition& now);

/// The layers of both.
void paint_trunk(Canvas& canvas, const Anatomy& anatomy, const Acquisition& now);
void paint_spine(Canvas& canvas, const Anatomy& anatomy);
void paint_pelvis(Canvas& canvas, const Anatomy& anatomy);
void paint_chest(Canvas& canvas, const Anatomy& anatomy, const Acquisition& now);
void paint_vessels(Canvas& canvas, const Anatomy& anatomy, const Acquisition& now);
void paint_kidneys(Canvas& canvas, const Anatomy& anatomy, const Acquisition& now);
void paint_liver(Canvas& canvas, const Anatomy& anatomy, const Acquisition& now);
void paint_upper_organs(Canvas& canvas, const Anatomy& anatomy, const Acquisition& now);
void paint_gut(Canvas& canvas, const Anatomy& anatomy, const Acquisition& now);

}  // namespace hepatica::phantom
