#include "phantom/anatomy.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hepatica::phantom {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

/// Draws around means; `variation` scales every spread.
struct Draw {
  Rng& rng;
  float variation;

  float normal(double mean, double spread) const {
    return float(mean + variation * spread * std::clamp(rng.normal(), -2.0, 2.0));
  }
  /// A frame turned about x, y and z by angles around `mean` (radians).
  Frame turned(F3 mean, F3 spread) const {
    const F3 angle{normal(mean.x, spread.x), normal(mean.y, spread.y), normal(mean.z, spread.z)};
    return frame_from_angles(angle.x, angle.y, angle.z);
  }
  float from(Range range) const { return float(rng.uniform(range.low, range.high)); }
  float uniform(double low, double high) const { return float(rng.uniform(low, high)); }
  NoiseField field(double wavelength_mm) const {
    return {{uniform(0, 32), uniform(0, 32), uniform(0, 32)}, float(1 / wavelength_mm)};
  }
};

/// A child's trunk in mm of a mean adult, which `g.scale` shrinks to its own.
void draw_child_body(const Draw& d, const Growth& g, float habitus, Body& body) {
  const float stout = 0.9f + 0.35f * habitus;  // the mean at the middle of the usual range
  body.half_width = stout * d.normal(1, 0.04) * g.half_width_mm / g.scale;
  body.half_depth = stout * d.normal(1, 0.04) * g.half_depth_mm / g.scale;
  body.fat = std::max(2.0f, d.normal(0.6 + 1.6 * habitus, 0.15) * g.fat_mm) / g.scale;
  body.wall = g.muscle * d.normal(15, 2);
  body.spine_y = body.half_depth - 0.7f * body.fat - d.normal(52 + 18 * g.muscle, 3);
}

Body draw_body(const Draw& d, const PatientOptions& options, const Growth& growth) {
  Body body;
  const float habitus = d.from(options.habitus);
  body.half_width = d.normal(138 + 46 * habitus, 5);
  body.half_depth = d.normal(95 + 48 * habitus, 5);
  body.power = d.normal(2.25, 0.1);
  body.waist = d.normal(0.04, 0.02);
  body.chest = d.normal(0.04, 0.03);
  body.hips = d.normal(0.05, 0.03);
  body.fat = std::max(3.5f, d.normal(7 + 32 * std::pow(habitus, 1.4), 2.5 + 3 * habitus));
  body.wall = d.normal(15, 2);
  for (int i = 0; i < 3; ++i) {
    body.wave[i] = d.normal(0, 1.2);
    body.wave_phase[i] = d.uniform(-kPi, kPi);
  }
  body.spine_y = body.half_depth - 0.7f * body.fat - d.normal(70, 3);
  body.rib_z = d.normal(28, 5);
  body.fat_hu = d.normal(-104, 5);
  body.fat_strands = d.uniform(3, 12);
  body.cavity_hu = 4 + growth.lean_hu;
  body.rib_drop = growth.rib_drop_mm;
  if (growth.child) draw_child_body(d, growth, habitus, body);
  return body;
}

Spine draw_spine(const Draw& d, const Growth& growth) {
  Spine spine;
  spine.period = d.normal(35, 1.5) * growth.vertebra;
  spine.phase = d.uniform(0, 1);
  spine.rx = d.normal(22, 1.5);
  spine.ry = d.normal(16.5, 1);
  spine.marrow_hu = d.normal(160, 35);
  spine.cortex_hu = d.normal(420, 60);
  spine.sway = d.normal(0, 2.5);
  spine.sway_phase = d.uniform(-kPi, kPi);
  spine.lordosis = d.normal(5, 2);
  spine.length_scale = d.normal(1, 0.06);
  spine.texture = d.field(3.2);
  return spine;
}

Diaphragm draw_diaphragm(const Draw& d, const Body& body) {
  Diaphragm dome;
  const float w = body.inner_width();
  dome.right_x = -0.5f * w;
  dome.left_x = 0.52f * w;
  dome.half_x = 0.58f * w;
  dome.half_y = 0.98f * body.inner_depth();
  dome.right_top = d.normal(84, 9);
  dome.left_top = dome.right_top - d.normal(14, 6);
  dome.middle_top = dome.right_top - d.normal(22, 5);
  dome.edge_front = d.normal(18, 10);
  dome.edge_back = d.normal(-38, 14);
  return dome;
}

Liver draw_liver(const Draw& d, const Anatomy& a, const PatientOptions& options, bool cirrhosis) {
  Liver liver;
  const Body& body = a.body;
  const Diaphragm& dome = a.diaphragm;
  const float w = body.inner_width(), b = body.inner_depth();
  const float size = d.normal(1, 0.06);
  liver.cirrhosis = cirrhosis;
  liver.right = {{-0.55f * w, d.normal(-0.03, 0.04) * b, d.normal(5, 5)},
                 {size * d.normal(0.76, 0.05) * w, size * d.normal(0.97, 0.05) * b, dome.right_top + d.normal(24, 6)},
                 d.turned({}, {0, 0.08f, 0.08f})};
  const float left_length = d.normal(cirrhosis ? 0.62 : 0.5, 0.16) * w * a.growth.left_lobe;
  liver.left = {
      {d.normal(0.12, 0.05) * w, d.normal(-0.45, 0.05) * b, d.normal(28, 7)},
      {std::max(0.2f * w, left_length), size * d.normal(0.44, 0.06) * b, dome.middle_top - 20 + d.normal(4, 5)},
      d.turned({0, -0.18f, -0.12f}, {0.15f, 0.12f, 0.12f})};
  const float caudate = cirrhosis ? 1.25f : 1.0f;
  liver.caudate = {{-10, body.spine_y - d.normal(34, 3), 22},
                   {caudate * d.normal(17, 3), caudate * d.normal(13, 2), d.normal(26, 4)},
                   Frame{}};
  const F3 n{d.normal(0.42, 0.08), d.normal(0.22, 0.1), -0.85f};
  liver.plane_normal = n * (1 / length(n));
  liver.plane_point = {-0.33f * w, 0, d.normal(-26, 10)};
  liver.fissure_x = d.normal(-4, 7);
  liver.fissure_width = std::max(0.0f, d.normal(2.2, 1.3));
  liver.fissure_top = d.normal(14, 8);
  liver.surface_amplitude = d.normal(5, 1.5);
  liver.wall_gap = d.uniform(0.2, 2.5);
  liver.nodule_amplitude = cirrhosis ? d.uniform(1.2, 3.5) : 0;
  liver.surface = d.field(d.uniform(38, 60));
  liver.nodules = d.field(d.uniform(8, 14));
  liver.texture = d.field(d.uniform(3, 7));
  liver.steatosis = d.field(d.uniform(40, 70));
  liver.texture_hu = cirrhosis ? d.uniform(2, 6) : d.uniform(0.5, 3);
  liver.geographic_fat_hu = d.rng.chance(0.5 * options.steatosis_probability) ? d.uniform(5, 18) : 0;
  const float margin = liver.surface_amplitude + 12;
  for (const Ellipsoid* part : {&liver.right, &liver.left, &liver.caudate}) {
    const Bounds box = part->bounds();
    liver.box.add(box.low, margin);
    liver.box.add(box.high, margin);
  }
  liver.box.high.z = std::min(liver.box.high.z, dome.right_top + 5);
  return liver;
}

void draw_kidneys(Anatomy& a, const Draw& d) {
  const float w = a.body.inner_width();
  for (int side = 0; side < 2; ++side) {
    const float s = side == 0 ? -1.0f : 1.0f;  // right first
    Kidney& kidney = a.kidneys[side];
    const float size = d.normal(1, 0.07);
    // It lies on the back wall, in the gutter beside the spine.
    F3 gutter{s * std::max(d.normal(0.56, 0.03) * w, 62.0f), a.body.spine_y + 45, 0};
    const float free = d.normal(30, 2);
    for (float rho = length(gutter);
         gutter.y > 0 && a.body.row(gutter.x / rho, gutter.y / rho, -45).cavity < rho + free;
         rho = length(gutter))
      gutter.y -= 2;
    kidney.outer = {{gutter.x, gutter.y, d.normal(side == 0 ? -52 : -40, 9)},
                    {size * 27 * a.growth.kidney, size * 24 * a.growth.kidney, size * d.normal(54, 4)},
                    d.turned({-0.12f, s * 0.16f, s * -0.5f}, {0.05f, 0.05f, 0.12f})};
    kidney.sinus = kidney.outer;
    const F3 towards_hilum = kidney.outer.frame.x * (-s * size * d.normal(16, 2)) + kidney.outer.frame.y * (-3.0f);
    kidney.sinus.center = kidney.outer.center + towards_hilum;
    kidney.sinus.semi = {size * d.normal(15, 2), size * d.normal(8, 1.5), size * d.normal(26, 3)};
    kidney.fat = {kidney.outer.center + F3{-s * 10, 12, -4}, {size * 35, size * 34, size * 55}, kidney.outer.frame};
    kidney.cortex = d.normal(7, 0.8);
    kidney.lobes = float(d.rng.integer(5, 8));
    kidney.lobe_phase = d.uniform(-kPi, kPi);
    const F3 top = kidney.outer.center + F3{-s * 14, -8, 52 * size};
    a.adrenals[side] = tube_through({{top + F3{-s * 8, -10, 6}, 3.2f}, {top, 3}, {top + F3{s * 6, 12, -8}, 2.2f}}, 3);
    const F3 limb = top + F3{-s * 6, 10, -10};
    a.adrenals[side].segments.push_back({top, limb, 3, 2});
  }
}

void join(Tube& tube, const Tube& more) {
  tube.segments.insert(tube.segments.end(), more.segments.begin(), more.segments.end());
}

float spine_front(const Anatomy& a) { return a.body.spine_y - a.spine.ry; }

/// Aorta with its iliac, celiac, splenic, mesenteric and renal branches.
void draw_arteries(Anatomy& a, const Draw& d) {
  const float front = spine_front(a), r = d.normal(10.5, 1.4) * a.growth.vessel, x = d.normal(8, 3);
  std::vector<Knot> aorta;
  for (float z = 190; z >= -125; z -= 35)
    aorta.push_back(
        {{x + 9 * ramp(20, 110, z) + d.normal(0, 1.2), front - r - 3 + 12 * ramp(30, 130, z) + d.normal(0, 1), z},
         r * (1 + 0.15f * ramp(-60, 100, z))});
  a.aorta = tube_through(aorta, 3);
  const F3 fork = aorta.back().at;
  for (const float s : {-1.0f, 1.0f})
    join(a.aorta,
         tube_through({{fork, r * 0.75f},
                       {fork + F3{s * 22, 2, -40}, r * 0.62f},
                       {fork + F3{s * 52, 10, -85}, r * 0.55f},
                       {fork + F3{s * 62, -30, -130}, r * 0.5f}},
                      3));
  const auto at = [&](float z) { return F3{x, front - r - 3, z}; };
  const F3 celiac = at(d.normal(14, 4)), mesenteric = at(d.normal(-4, 4));
  const float gate_y = front - 44;
  a.arteries = tube_through(
      {{celiac, 4}, {celiac + F3{-2, -20, 4}, 3.6f}, {{-14, gate_y, 4}, 3}, {{-30, gate_y + 4, 6}, 2.4f}}, 3);
  join(a.arteries,
       tube_through({{celiac + F3{-1, -16, 4}, 3},
                     {{30, front - 26, 10}, 2.8f},
                     {{0.62f * a.body.inner_width(), front + 6, 28}, 2.2f}},
                    5));
  const F3 descent = mesenteric + F3{-1, -24, -12};
  join(a.arteries,
       tube_through(
           {{mesenteric, 4}, {descent, 3.8f}, {descent + F3{-4, -8, -40}, 3.4f}, {descent + F3{-14, -16, -95}, 2.4f}},
           4));
  join(a.arteries, tube_through({{at(-22), 3}, {a.kidneys[0].sinus.center + F3{14, 0, 0}, 2.2f}}, 3));
  join(a.arteries, tube_through({{at(-20), 3}, {a.kidneys[1].sinus.center - F3{14, 0, 0}, 2.2f}}, 2));
}

/// Inferior vena cava with iliac and renal veins; the left renal vein crosses in front of the aorta.
void draw_caval_veins(Anatomy& a, const Draw& d) {
  const float front = spine_front(a), r = d.normal(11, 1.6) * a.growth.vessel, x = -d.normal(21, 2.5);
  a.vena_cava = tube_through({{{x + 2, front - 8, -185}, r},
                              {{x, front - 9, -100}, r},
                              {{x, front - 10, -20}, r * 1.05f},
                              {{x - 2, front - 18, 25}, r * 1.12f},
                              {{x - 4, front - 30, 60}, r * 1.15f},
                              {{x - 1, front - 38, a.diaphragm.right_top + 12}, r * 1.15f}},
                             5);
  for (const float s : {-1.0f, 1.0f})
    join(a.vena_cava,
         tube_through({{{x, front - 8, -120}, r * 0.8f},
                       {{x + s * 25, front + 4, -160}, r * 0.75f},
                       {{x + s * 55 + 12, front + 8, -205}, r * 0.7f}},
                      3));
  const Segment& aorta = a.aorta.segments[18];  // at the level of the kidneys
  a.renal_veins = tube_through({{{x, front - 10, -24}, 5}, {a.kidneys[0].sinus.center, 4}}, 2);
  join(a.renal_veins,
       tube_through({{{x, front - 14, -18}, 5},
                     {{aorta.a.x, front - 2 * aorta.ra - 8, -16}, 4},
                     {{aorta.a.x + 24, front - 10, -24}, 5},
                     {a.kidneys[1].sinus.center, 4}},
                    3));
}

/// Portal, splenic and superior mesenteric vein, and the pancreas in front of their confluence. The first eight
/// segments of the portal vein are its trunk.
void draw_portal_system(Anatomy& a, const Draw& d) {
  const float front = spine_front(a), r = d.normal(7, 0.7);
  const F3 confluence{d.normal(-4, 3), front - 37, d.normal(-18, 4)};
  const F3 gate{-0.3f * a.body.inner_width() + d.normal(0, 3), front - 42 + d.normal(0, 3), d.normal(10, 3)};
  const F3 half_way{mix(confluence.x, gate.x, 0.5f), mix(confluence.y, gate.y, 0.4f), mix(confluence.z, gate.z, 0.5f)};
  const F3 hilum = a.spleen.center + F3{-16, -8, -8};
  a.portal = tube_through({{confluence, r}, {half_way, r}, {gate, r * 0.95f}}, 4);
  join(a.portal,
       tube_through({{confluence, r * 0.8f},
                     {{22, confluence.y + 4, confluence.z + 8}, 4.5f},
                     {{48, confluence.y + 22, 4}, 4.2f},
                     {hilum, 3.8f}},
                    4));
  join(a.portal,
       tube_through({{confluence, r * 0.85f}, {confluence + F3{-3, -4, -35}, 5}, {confluence + F3{-10, -14, -90}, 3}},
                    4));
  a.pancreas = tube_through({{{confluence.x - 18, confluence.y + 4, confluence.z - 24}, d.normal(14, 1.5)},
                             {confluence + F3{-6, -8, -6}, d.normal(11, 1.2)},
                             {{20, confluence.y - 6, confluence.z + 10}, d.normal(10, 1)},
                             {{48, confluence.y + 14, confluence.z + 22}, d.normal(11, 1)},
                             {hilum + F3{-14, -6, -2}, d.normal(9, 1)}},
                            4);
}

void draw_trunk_muscles(Anatomy& a, const Draw& d) {
  const float size = d.normal(1, 0.12) * a.growth.muscle;
  for (float s : {-1.0f, 1.0f}) {
    const float y = a.body.spine_y;
    a.psoas.push_back(tube_through({{{s * 20, y + 6, 12}, 4},
                                    {{s * 31, y + 6, -25}, 9 * size},
                                    {{s * 39, y + 4, -80}, 14 * size},
                                    {{s * 48, y - 4, -130}, 18.5f * size},
                                    {{s * 62, y - 24, -190}, 19 * size},
                                    {{s * 72, y - 50, -250}, 17 * size}},
                                   3));
    // Quadratus lumborum, on the back wall.
    std::vector<Knot> quadratus;
    for (const float z : {-12.0f, -60.0f, -125.0f}) {
      F3 to_wall{s * (44 - 0.1f * z), y + 42, 0};
      to_wall = to_wall * (1 / length(to_wall));
      to_wall = to_wall * (a.body.row(to_wall.x, to_wall.y, z).cavity - 3);
      quadratus.push_back({{to_wall.x, to_wall.y, z}, (z > -20 ? 5.0f : 9.0f) * size});
    }
    a.psoas.push_back(tube_through(quadratus, 3));
    // Crus of the diaphragm.
    a.psoas.push_back(tube_through({{{s * 10 + 2, y - a.spine.ry - 3, -38}, 3},
                                    {{s * 16 + 4, y - a.spine.ry - 8, 0}, 5},
                                    {{s * 17 + 5, y - a.spine.ry - 16, 32}, 4},
                                    {{s * 14 + 6, y - 40, 58}, 3}},
                                   3));
  }
}

void draw_upper_organs(Anatomy& a, const Draw& d) {
  const float w = a.body.inner_width(), b = a.body.inner_depth();
  const float big = a.liver.cirrhosis ? d.uniform(1.1, 1.5) : d.normal(1, 0.1);
  a.spleen = {{d.normal(0.73, 0.03) * w, d.normal(0.34, 0.06) * b, d.normal(32, 8)},
              {big * d.normal(25, 2.5), big * d.normal(40, 4), big * d.normal(46, 5) * a.growth.spleen},
              d.turned({0.35f, 0.15f, -0.35f}, {0.12f, 0.1f, 0.15f})};
  const float base = a.diaphragm.middle_top;
  a.heart = {{d.normal(22, 6), -0.34f * b, base + d.normal(38, 5)},
             {d.normal(62, 5), d.normal(44, 4), 48},
             d.turned({0.2f, 0.25f, 0.45f}, {0, 0.08f, 0.1f})};
  a.heart_left = {a.heart.center + F3{20, 8, 4}, {30, 19, 30}, a.heart.frame};
  a.heart_right = {a.heart.center + F3{-22, -12, 2}, {29, 22, 32}, a.heart.frame};
  a.esophagus = tube_through({{{9, a.body.spine_y - 45, 190}, 7},
                              {{11, a.body.spine_y - 46, 90}, 7},
                              {{22, a.body.spine_y - 44, 58}, 8},
                              {{40, a.body.spine_y - 50, 46}, 9}},
                             4);
  const F3 neck{-0.36f * w, d.normal(-0.3, 0.05) * b, d.normal(-8, 5)};
  const float fill = d.uniform(0.65, 1.25);
  const F3 bulb = neck + F3{d.normal(-8, 6), d.normal(-22, 7), -d.normal(36, 9)};
  a.gallbladder = tube_through({{neck, 4 * fill}, {(neck + bulb) * 0.5f, 11 * fill}, {bulb, 14 * fill}}, 4);
  a.bile_hu = d.normal(8, 5);
}

void draw_rare(Anatomy& a, const Draw& d, const PatientOptions& options) {
  const float w = a.body.inner_width(), b = a.body.inner_depth();
  if (d.rng.chance(options.ascites_probability)) a.ascites_mm = d.uniform(4, 18);
  for (float& z : a.effusion_z)
    if (d.rng.chance(options.effusion_probability)) z = d.uniform(0.1, 0.7);
  if (d.rng.chance(options.mass_probability)) {
    const float r = d.uniform(22, 50);
    a.mass = Ellipsoid{{d.uniform(-0.6, 0.5) * w, d.uniform(-0.5, 0.3) * b, d.uniform(-70, -20)},
                       {r * d.uniform(0.8, 1.2), r * d.uniform(0.8, 1.1), r},
                       frame_from_angles(d.uniform(-1, 1), 0, 0)};
    a.mass_hu = d.uniform(25, 60);
  }
  a.arms = d.rng.chance(options.arms_down_probability);
  a.metal = d.rng.chance(options.metal_probability);
  a.metal_at = {d.uniform(-0.3, 0.3) * w, a.body.spine_y + d.uniform(-5, 25), d.uniform(-60, 80)};
}

void draw_acquisitions(Anatomy& a, const Draw& d, const PatientOptions& options) {
  a.kinetics = draw_kinetics(d.rng, d.from(options.contrast_dose), options.anatomy_variation);
  a.delay_s[size_t(Phase::arterial)] = d.from(options.arterial_delay_s) / a.growth.tempo;
  a.delay_s[size_t(Phase::portal_venous)] = d.from(options.portal_delay_s) / a.growth.tempo;
  a.delay_s[size_t(Phase::delayed)] = d.from(options.delayed_delay_s) / a.growth.tempo;
  for (const Phase phase : {Phase::noncontrast, Phase::arterial, Phase::delayed})
    a.shift[size_t(phase)] = F3{d.normal(0, 0.25), d.normal(0, 0.35), d.normal(0, 1)} * float(options.breathing_mm);
  if (d.rng.chance(options.steatosis_probability)) a.steatosis_hu = d.uniform(8, 45);
  a.kinetics.unenhanced[size_t(Tissue::liver)] -= a.steatosis_hu;
}

}  // namespace

WallRow Body::row(float c, float s, float z) const {
  const float wide =
      1 - waist * std::exp(-(z + 70) * (z + 70) / 3200) - chest * ramp(40, 170, z) + hips * ramp(110, 190, -z);
  const float theta = std::atan2(s, c);
  float skin = std::pow(std::pow(std::fabs(c) / (half_width * wide), power) +
                            std::pow(std::fabs(s) / (half_depth * (0.5f + 0.5f * wide)), power),
                        -1 / power);
  for (int i = 0; i < 3; ++i) skin += wave[i] * std::cos(float(3 + i) * theta + wave_phase[i] + 0.008f * z);
  const float from_back = std::fabs(std::remainder(theta - 0.5f * kPi, 2 * kPi)) * 180 / kPi;  // degrees
  const float from_front = 180 - from_back;
  skin -= 6 * std::exp(-from_back * from_back / 110);
  const float thorax = ramp(5, 60, z);
  float fat_here = fat * (0.82f + 0.22f * s + 0.2f * std::fabs(c) * (1 - thorax)) * (1 - 0.4f * thorax);
  fat_here *= 1 - 0.45f * std::exp(-from_back * from_back / 300);
  fat_here = std::max(fat_here, 2.5f);
  const float front = 1 - ramp(35, 62, from_front);
  float thickness = mix(wall, 0.55f * wall, front);
  thickness *= 1 - 0.75f * (1 - ramp(1, 5, from_front));  // linea alba
  thickness = mix(thickness, 0.8f * wall + 2, thorax);
  thickness += 14 * (1 - ramp(20, 42, from_back));
  WallRow row{skin, skin - fat_here, skin - fat_here - thickness, 1e3f, 1e3f};
  for (int rib = 5; rib <= 12; ++rib) {
    const float head = rib_z + 25 * float(12 - rib);
    const float end = rib == 12 ? 62.0f : rib == 11 ? 92.0f : 128.0f;
    const float along = std::min(from_back, 128.0f);
    const float height = head - rib_drop * (1 - std::cos(along * 1.4f * kPi / 180));
    if (from_back > 9 && from_back < end) row.rib = std::min(row.rib, std::fabs(z - height));
    if (from_front < 9 && z > 78) row.rib = std::min(row.rib, 0.6f * from_front);  // sternum
    if (rib <= 10 && from_back >= 126 && from_back < 170)
      row.cartilage = std::min(row.cartilage, std::fabs(z - height - 1.5f * (from_back - 128)));
  }
  return row;
}

F3 Spine::center(float z, float spine_y) const {
  return {sway * std::sin(z * 0.012f + sway_phase), spine_y - lordosis * std::cos((z + 60) * 0.016f) + lordosis, z};
}

float Diaphragm::height(float x, float y) const {
  const float edge = mix(edge_front, edge_back, ramp(-0.7f * half_y, 0.9f * half_y, y));
  const auto dome = [&](float cx, float hx, float top) {
    const float u = (x - cx) / hx, v = (y + 2) / half_y;
    const float r2 = u * u + v * v;
    return r2 < 1 ? edge + (top - edge) * std::sqrt(1 - r2) : edge - 60 * (std::sqrt(r2) - 1);
  };
  const float right = dome(right_x, half_x, right_top), left = dome(left_x, half_x, left_top);
  const float middle = dome(8, 0.62f * half_x, middle_top);
  return smooth_max(smooth_max(right, left, 12), middle, 12);
}

float Liver::sdf(F3 p) const {
  float d = own_sdf(p);
  for (const Ellipsoid& bulge : bulges) d = smooth_min(d, bulge.sdf(p), 10);
  return d;
}

float Liver::own_sdf(F3 p) const {
  float d = smooth_min(right.sdf(p), left.sdf(p), 22);
  const float under = dot(p - plane_point, plane_normal);
  d = smooth_max(d, under, 18);
  d = smooth_min(d, caudate.sdf(p), 8);
  if (d > surface_amplitude + 4 || d < -surface_amplitude - 14) return d;
  const float slot = smooth_max(
      std::fabs(p.x - fissure_x - 0.12f * p.y) - fissure_width, smooth_max(p.z - fissure_top, p.y + 14, 6), 4);
  d = smooth_max(d, -slot, 4);
  d += surface_amplitude * surface(p);
  if (nodule_amplitude > 0) d += nodule_amplitude * nodules(p);
  return d;
}

Anatomy draw_anatomy(Rng& rng, const PatientOptions& options, const Growth& growth) {
  Anatomy a;
  const Draw d{rng, float(options.anatomy_variation)};
  a.growth = growth;
  a.scale = d.from(options.scale) * growth.scale;
  a.body = draw_body(d, options, growth);
  a.spine = draw_spine(d, growth);
  a.diaphragm = draw_diaphragm(d, a.body);
  const bool cirrhosis = rng.chance(options.cirrhosis_probability);
  a.liver = draw_liver(d, a, options, cirrhosis);
  draw_upper_organs(a, d);
  draw_kidneys(a, d);
  draw_arteries(a, d);
  draw_caval_veins(a, d);
  draw_portal_system(a, d);
  draw_trunk_muscles(a, d);
  draw_rare(a, d, options);
  draw_acquisitions(a, d, options);
  a.calcification = rng.chance(0.4) ? d.uniform(0, 0.4) : 0;
  a.muscle_fat = d.uniform(0, 30);
  if (growth.child) {
    a.calcification = 0;
    a.muscle_fat *= 0.3f;
  }
  a.coarse = d.field(22);
  a.fine = d.field(4);
  return a;
}

}  // namespace hepatica::phantom
