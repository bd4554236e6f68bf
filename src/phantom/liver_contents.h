// What is placed inside a finished liver: vessel trees and lesions.
#pragma once

#include <vector>

#include "phantom/anatomy.h"

namespace hepatica::phantom {

/// The liver on a coarse grid, in anatomy mm.
struct LiverMap {
  F3 origin;       ///< centre of the first cell
  float step = 5;  ///< mm
  int nx = 0, ny = 0, nz = 0;
  std::vector<float> depth;  ///< mm to the surface (chamfer distance), 0 outside; x fastest
  float deepest = 0;         ///< largest of `depth`

  size_t index(int i, int j, int k) const { return (size_t(k) * size_t(ny) + size_t(j)) * size_t(nx) + size_t(i); }
  float depth_at(F3 p) const;  ///< of the nearest cell, 0 outside the map
  /// A random place in the liver at least `depth_mm` deep; the deepest place where there is none.
  F3 place(Rng& rng, float depth_mm) const;
};

LiverMap map_liver(const Anatomy& anatomy);

/// Portal tree, hepatic veins and the arteries beside the portal branches.
void grow_liver_vessels(Anatomy& anatomy, const LiverMap& map, Rng& rng);

/// Places the patient's lesions; gives up on those for which there is no room.
void place_lesions(Anatomy& anatomy, const LiverMap& map, Rng& rng, const PatientOptions& options, LesionType type);

}  // namespace hepatica::phantom
