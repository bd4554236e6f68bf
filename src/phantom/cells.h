// Space parted into cells: locules, lobules and the walls between them.
#pragma once

#include <cstdint>

#include "phantom/field.h"

namespace hepatica::phantom {

/// Cells around points scattered on a grid, one a cube (S. Worley, "A cellular texture basis function", SIGGRAPH 1996).
struct CellField {
  struct Place {
    float to_wall_mm;  ///< about the distance to the nearest wall between two cells
    uint32_t cell;     ///< the same number everywhere in a cell
  };

  F3 offset;
  float frequency = 0.1f;  ///< cells per mm
  Place operator()(F3 p) const;

  /// In [0, 1), of a cell's own, for `salt`.
  static float value(uint32_t cell, uint32_t salt);
};

}  // namespace hepatica::phantom
