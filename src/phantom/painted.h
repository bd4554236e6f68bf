// Synthetic lesions painted into real slices, with the shapes and enhancement of the phantom's lesions: true
// backgrounds for detectors where real annotated lesions are few.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/rng.h"
#include "image/box.h"
#include "phantom/lesion_type.h"
#include "phantom/patient.h"
#include "study/phase.h"

namespace hepatica::phantom {

struct PaintOptions {
  Phase phase = Phase::portal_venous;                  ///< of the slice; unknown counts as portal venous
  std::vector<double> type_weights{1, 1, 1, 1, 1, 1};  ///< one type a slice, in the order of LesionType
  Range count{1, 3};
  Range diameter_mm{8, 60};      ///< of the whole lesion, log-uniform; the slice may cut it off centre
  Range contrast{0.6, 1.3};      ///< factor on the difference to the liver
  double least_diameter_mm = 4;  ///< of the section on the slice; thinner ones are not painted
};

struct PaintedLesion {
  int id = 0;  ///< value in PaintedSlice::lesions, from 1
  LesionType type = LesionType::cyst;
  Box2 box;  ///< pixels of the slice that are labelled
};

struct PaintedSlice {
  std::vector<float> hu;               ///< [rows * columns], as the input with lesions in it
  std::vector<uint8_t> lesions;        ///< PaintedLesion::id, 0 elsewhere
  std::vector<PaintedLesion> painted;  ///< may be empty: a liver without room
};

/// Paints into a slice. `hu` and `liver` (non-zero is liver) are [rows * columns], pixels of `spacing_mm`. The lesion's
/// HU is relative to the liver around it, and the slice's own noise is kept within it. Error{bad_geometry} where the
/// sizes do not agree.
PaintedSlice paint_lesions(std::span<const float> hu,
                           std::span<const uint8_t> liver,
                           int64_t columns,
                           int64_t rows,
                           double spacing_mm,
                           const PaintOptions& options,
                           Rng& rng);

}  // namespace hepatica::phantom
