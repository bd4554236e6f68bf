#include <algorithm>
#include <cmath>

#include "phantom/anatomy.h"

namespace hepatica::phantom {
namespace {

/// Contents of a loop: gas in front, fluid, food or contrast behind.
GutLoop fill(Rng& rng, Tube tube, float radius, double gas, double stool, double oral) {
  GutLoop loop;
  float front = 1e9f, back = -1e9f;
  for (const Segment& s : tube.segments) {
    front = std::min(front, s.a.y);
    back = std::max(back, s.a.y);
  }
  loop.tube = std::move(tube);
  loop.wall = float(rng.uniform(1.8, 3));
  loop.content = rng.chance(oral) ? float(rng.uniform(120, 320)) : float(rng.uniform(8, 45));
  loop.level = rng.chance(gas) ? float(rng.uniform(front - 0.5 * radius, back + 0.4 * radius)) : front - 3 * radius;
  loop.stool = rng.chance(stool) ? float(rng.uniform(40, 160)) : float(rng.uniform(0, 8));
  loop.haustra = 0;
  return loop;
}

void draw_stomach(Anatomy& a, Rng& rng, double oral) {
  const float w = a.body.inner_width(), b = a.body.inner_depth(), top = a.diaphragm.left_top;
  const float size = float(rng.uniform(0.6, 1.15));
  const auto jitter = [&](float spread) { return float(rng.uniform(-spread, spread)); };
  Tube tube = tube_through({{{0.42f * w + jitter(4), 0.22f * b, top - 34}, 30 * size},
                            {{0.5f * w + jitter(6), -0.18f * b, top - 52}, 29 * size},
                            {{0.38f * w + jitter(8), -0.5f * b, 0 + jitter(10)}, 24 * size},
                            {{0.12f * w + jitter(6), -0.58f * b, -24 + jitter(10)}, 17 * size},
                            {{-0.12f * w, -0.38f * b, -20 + jitter(8)}, 9}},
                           4);
  a.stomach = fill(rng, std::move(tube), 26 * size, 0.85, 0.35, oral);
  a.stomach.wall = float(rng.uniform(3, 6));
  a.stomach.level = float(rng.uniform(-0.75, -0.1)) * b;
}

void draw_colon(Anatomy& a, Rng& rng, double oral) {
  const float w = a.body.inner_width(), b = a.body.inner_depth();
  const auto add = [&](std::vector<Knot> knots, double gas) {
    for (Knot& knot : knots) {
      knot.at = knot.at + F3{float(rng.uniform(-7, 7)), float(rng.uniform(-6, 6)), float(rng.uniform(-8, 8))};
      knot.radius *= float(rng.uniform(0.75, 1.2));
    }
    for (size_t i = 0; i + 1 < knots.size(); ++i) {
      // Each piece has contents of its own, cut from one smooth tube.
      const Tube whole = tube_through(knots, 3);
      Tube piece;
      piece.segments.assign(whole.segments.begin() + long(3 * i), whole.segments.begin() + long(3 * i + 3));
      a.bowel.push_back(fill(rng, std::move(piece), knots[i].radius, gas, 0.7, 0.6 * oral));
      a.bowel.back().haustra = float(rng.uniform(1.5, 4));
    }
  };
  add({{{-0.6f * w, -0.15f * b, -165}, 25},
       {{-0.68f * w, 0.05f * b, -120}, 24},
       {{-0.66f * w, 0.05f * b, -80}, 22},
       {{-0.55f * w, -0.25f * b, -62}, 21},
       {{-0.3f * w, -0.6f * b, -72}, 20},
       {{0, -0.68f * b, -80}, 19},
       {{0.35f * w, -0.62f * b, -62}, 19},
       {{0.6f * w, -0.3f * b, -22}, 19},
       {{0.74f * w, 0.1f * b, 2}, 18},
       {{0.76f * w, 0.28f * b, -40}, 15},
       {{0.75f * w, 0.2f * b, -100}, 14},
       {{0.66f * w, 0, -160}, 14},
       {{0.4f * w, 0, -205}, 15},
       {{0.1f * w, -0.1f * b, -235}, 16}},
      0.75);
}

void draw_small_bowel(Anatomy& a, Rng& rng, double oral) {
  const float w = a.body.inner_width(), b = a.body.inner_depth();
  const bool positive = rng.chance(oral);
  a.bowel.push_back(fill(rng,
                         tube_through({{{-0.14f * w, -0.36f * b, -22}, 11},
                                       {{-0.27f * w, -0.15f * b, -28}, 11},
                                       {{-0.3f * w, 0.05f * b, -55}, 12},
                                       {{-0.18f * w, 0.2f * b, -84}, 11},
                                       {{0.1f * w, 0.12f * b, -88}, 10},
                                       {{0.24f * w, -0.05f * b, -62}, 10}},
                                      3),
                         11,
                         0.5,
                         0,
                         positive ? 0.9 : 0.1));
  const int loops = int(rng.integer(70, 140));
  for (int i = 0; i < loops; ++i) {
    const F3 at{float(rng.uniform(-0.55, 0.6)) * w, float(rng.uniform(-0.62, 0.15)) * b, float(rng.uniform(-235, -38))};
    const auto step = [&] {
      return F3{float(rng.uniform(-30, 30)), float(rng.uniform(-16, 16)), float(rng.uniform(-22, 22))};
    };
    const float r = float(rng.uniform(9, 13.5));
    const F3 middle = at + step(), end = middle + step();
    a.bowel.push_back(
        fill(rng, tube_through({{at, r}, {middle, r * 1.08f}, {end, r}}, 2), r, 0.25, 0, positive ? 0.8 : 0.03));
  }
}

void draw_mesentery(Anatomy& a, Rng& rng) {
  const float w = a.body.inner_width(), b = a.body.inner_depth();
  const auto twigs = [&](Tube& tree, int count, double low, double high, Bounds box) {
    for (int i = 0; i < count; ++i) {
      F3 at{float(rng.uniform(box.low.x, box.high.x)),
            float(rng.uniform(box.low.y, box.high.y)),
            float(rng.uniform(box.low.z, box.high.z))};
      const float r = float(rng.uniform(low, high));
      for (int part = 0; part < 4; ++part) {
        const F3 next = at + F3{float(rng.normal(0, 7)), float(rng.normal(0, 5)), float(rng.normal(-4, 8))};
        tree.segments.push_back({at, next, r, r * 0.9f});
        at = next;
      }
    }
  };
  const Bounds mesentery{{-0.45f * w, -0.65f * b, -200}, {0.55f * w, 0.1f * b, -25}};
  const Bounds upper{{0.05f * w, -0.5f * b, -20}, {0.75f * w, 0.3f * b, 55}};
  twigs(a.mesenteric_veins, 90, 1, 2.6, mesentery);
  twigs(a.mesenteric_arteries, 70, 0.7, 1.6, mesentery);
  twigs(a.mesenteric_veins, 30, 0.8, 2, upper);
  twigs(a.mesenteric_arteries, 20, 0.7, 1.4, upper);
}

}  // namespace

void draw_bowel(Anatomy& anatomy, Rng& rng, const PatientOptions& options) {
  const double oral = rng.chance(options.oral_contrast_probability) ? 0.85 : 0.0;
  draw_stomach(anatomy, rng, oral);
  draw_colon(anatomy, rng, oral);
  draw_small_bowel(anatomy, rng, oral);
  draw_mesentery(anatomy, rng);
}

}  // namespace hepatica::phantom
