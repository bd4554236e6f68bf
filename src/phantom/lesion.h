// Shape and enhancement of one focal lesion, the same in whole patients and in lesions painted into real slices.
#pragma once

#include "base/rng.h"
#include "phantom/cells.h"
#include "phantom/lesion_type.h"
#include "phantom/shapes.h"

namespace hepatica::phantom {

/// What is around a lesion at one acquisition.
struct LesionSurroundings {
  float liver_hu = 58;  ///< parenchyma beside it
  float unenhanced_liver_hu = 58;
  float arterial_blood_hu = 40;  ///< aorta
  float venous_blood_hu = 40;    ///< portal vein
  double delay_s = 0;            ///< of an adult after the start of injection; 0 or less without contrast
};

struct LesionModel;
/// HU at `q` (mm from the lesion's centre), `distance_mm` from its surface (0 or less).
using LesionHu = float (*)(const LesionModel& lesion, F3 q, float distance_mm, const LesionSurroundings& around);

/// A lesion in mm.
struct LesionModel {
  int id = 0;
  LesionType type = LesionType::cyst;
  F3 center;
  float radius = 10;     ///< mm of the sphere of its size
  Ellipsoid shape;       ///< unit ellipsoid times `radius`, at the origin
  float lobulation = 0;  ///< relative amplitude of the surface's waves
  float roughness = 0;   ///< the same for short waves
  float edge = 1;        ///< mm over which the border blends
  float contrast = 1;    ///< factor on the difference to the liver
  float inner = 0.5f;    ///< size of scar, necrosis or core, by type
  float rim = 0.2f;      ///< thickness of rim or capsule: relative to the radius (capsule: mm)
  float rim_strength = 1;
  float mosaic = 0;    ///< HU of internal variation
  float speed = 1;     ///< of hemangioma's filling and of washout
  float fluid_hu = 8;  ///< of cysts and locules
  float solid = 0;     ///< share of what is solid in a lesion of locules
  float septum = 0;    ///< mm, thickness of the walls between locules or lobules
  float calcium = 0;   ///< 0 none .. 1 much
  NoiseField waves, grains, texture;
  CellField cells;  ///< locules, lobules
  LesionHu pattern = nullptr;

  /// mm to the surface, negative inside; good near the surface.
  float distance(F3 p) const;
  /// Share of a pixel that is lesion, given `distance` and the pixel's size in mm.
  float coverage(float distance_mm, float pixel_mm) const;
  /// HU at p inside, `distance_mm` from the surface.
  float hu(F3 p, float distance_mm, const LesionSurroundings& around) const;
  float reach() const { return radius * 1.5f * (1 + lobulation + roughness) + edge + 3; }
};

/// Draws a lesion of a type and diameter (mm) with the spread of appearance that the type has, centred at the origin.
LesionModel draw_lesion(
    Rng& rng, LesionType type, double diameter_mm, double contrast, Population population = Population::adult);

}  // namespace hepatica::phantom
