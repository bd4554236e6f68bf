// The shapes of one patient, in mm of a mean adult (world mm divided by the patient's scale); x left, y back, z up,
// z = 0 at the liver's gate (first lumbar vertebra).
#pragma once

#include <optional>
#include <vector>

#include "base/rng.h"
#include "image/box.h"
#include "phantom/growth.h"
#include "phantom/kinetics.h"
#include "phantom/lesion.h"
#include "phantom/patient.h"
#include "phantom/shapes.h"

namespace hepatica::phantom {

/// Distances from the body's axis along one direction at one height.
struct WallRow {
  float skin;       ///< to the outer surface
  float muscle;     ///< to the outer face of the muscular wall
  float cavity;     ///< to the inner face of the wall
  float rib;        ///< mm along z to the nearest rib's axis
  float cartilage;  ///< the same for costal cartilage
};

/// Trunk: outline, fat, muscular wall, ribs.
struct Body {
  float half_width, half_depth, power;  ///< superellipse at z = 0
  float waist, chest, hips;             ///< relative changes of width along z
  float fat, wall;                      ///< mm of subcutaneous fat, of flank muscle
  float wave[3], wave_phase[3];         ///< harmonics 3, 4 and 5 of the outline
  float spine_y;                        ///< centre of the vertebral bodies
  float rib_z;                          ///< height of the twelfth rib's head
  float fat_hu, fat_strands;            ///< visceral fat and its density variation
  float cavity_hu;                      ///< of the cavity's fat over that below the skin
  float rib_drop;                       ///< mm that a rib descends from back to front

  float inner_width() const { return half_width - fat - wall - 2; }
  float inner_depth() const { return half_depth - 0.8f * fat - 12; }
  /// `c`, `s` are cosine and sine of the direction, (1, 0) to the left, (0, 1) to the back.
  WallRow row(float c, float s, float z) const;
};

struct Spine {
  float period, phase;  ///< mm a level; where a level starts
  float rx, ry;         ///< half axes of the vertebral body
  float marrow_hu, cortex_hu;
  float sway, sway_phase, lordosis;
  float length_scale;  ///< of the processes
  NoiseField texture;

  F3 center(float z, float spine_y) const;
};

/// Height of the diaphragm.
struct Diaphragm {
  float right_x, left_x, half_x, half_y, right_top, left_top, middle_top, edge_front, edge_back;
  float height(float x, float y) const;
};

struct Liver {
  Ellipsoid right, left, caudate;
  F3 plane_point, plane_normal;  ///< visceral surface; the liver lies on the negative side
  float fissure_x, fissure_width, fissure_top;
  float surface_amplitude, nodule_amplitude, wall_gap;  ///< mm
  NoiseField surface, nodules, texture, steatosis;
  float texture_hu, geographic_fat_hu;
  bool cirrhosis = false;
  std::vector<Ellipsoid> bulges;  ///< what large tumours push out
  Bounds box;

  float sdf(F3 p) const;

 private:
  float own_sdf(F3 p) const;
};

struct Kidney {
  Ellipsoid outer, sinus, fat;  ///< `fat`: the space around it that other organs leave free
  float cortex, lobes, lobe_phase;
};

struct GutLoop {
  Tube tube;
  float wall;     ///< mm
  float content;  ///< HU below the fluid level
  float level;    ///< y of the fluid level: gas in front of it
  float stool;    ///< amplitude of the content's granularity in HU
  float haustra;  ///< depth of the folds in mm
};

struct Anatomy {
  Growth growth;
  float scale = 1;
  Body body;
  Spine spine;
  Diaphragm diaphragm;
  Liver liver;
  Ellipsoid spleen, heart, heart_left, heart_right, gallbladder_bulb;
  Kidney kidneys[2];
  Tube aorta, arteries, vena_cava, renal_veins, portal, esophagus, pancreas, gallbladder, adrenals[2];
  std::vector<Tube> psoas;
  Tube liver_portal, liver_veins, liver_arteries, mesenteric_arteries, mesenteric_veins;
  GutLoop stomach;
  std::vector<GutLoop> bowel;  ///< colon first
  Tube lung_vessels[2];        ///< arteries and veins look the same; left and right
  float spleen_hilum_depth = 0;
  float calcification = 0;  ///< share of the aortic wall
  float bile_hu = 8, ascites_mm = 0, effusion_z[2] = {-1e3f, -1e3f}, steatosis_hu = 0;
  float muscle_fat = 0;  ///< HU lost to fat in muscle, striped
  std::optional<Ellipsoid> mass;
  float mass_hu = 0;
  bool arms = false, metal = false;
  F3 metal_at;
  Kinetics kinetics;
  double delay_s[5] = {0, 0, 0, 0, 0};  ///< by Phase
  F3 shift[5];                          ///< of the viscera by breathing, by Phase
  std::vector<LesionModel> lesions;
  NoiseField coarse, fine;
  Box3 liver_box;  ///< world mm
  double liver_volume_ml = 0;
};

/// Everything but what needs the finished liver (`grow_liver_vessels`, lesions).
Anatomy draw_anatomy(Rng& rng, const PatientOptions& options, const Growth& growth);

/// Stomach, colon, small bowel and mesentery.
void draw_bowel(Anatomy& anatomy, Rng& rng, const PatientOptions& options);

}  // namespace hepatica::phantom
