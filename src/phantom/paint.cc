#include "phantom/paint.h"

namespace hepatica::phantom {

Acquisition acquisition_of(const Anatomy& anatomy, Phase phase) {
  Acquisition now;
  now.delay_s = anatomy.delay_s[size_t(phase)] * anatomy.growth.tempo;
  now.shift = anatomy.shift[size_t(phase)];
  for (size_t i = 0; i < size_t(Tissue::count); ++i) now.hu[i] = anatomy.kinetics.hu(Tissue(i), now.delay_s);
  return now;
}

void paint_still(Canvas& canvas, const Anatomy& anatomy, const Acquisition& now) {
  paint_trunk(canvas, anatomy, now);
  paint_spine(canvas, anatomy);
  paint_pelvis(canvas, anatomy);
}

void paint_viscera(Canvas& canvas, const Anatomy& anatomy, const Acquisition& now) {
  canvas.set_shift(now.shift);
  paint_vessels(canvas, anatomy, now);
  paint_chest(canvas, anatomy, now);
  paint_kidneys(canvas, anatomy, now);
  paint_liver(canvas, anatomy, now);
  if (!now.liver_only) {
    paint_upper_organs(canvas, anatomy, now);
    paint_gut(canvas, anatomy, now);
  }
  canvas.set_shift({});
}

}  // namespace hepatica::phantom
