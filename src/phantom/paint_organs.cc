#include <algorithm>

#include "phantom/paint.h"

namespace hepatica::phantom {
namespace {

/// Distance of an organ in the cavity after it has given way: to the wall, to what is painted, to the diaphragm.
float within(const Canvas& canvas, size_t k, float d, float wall_gap) {
  return std::max({d, canvas.wall[k] + wall_gap, -canvas.clear[k], canvas.ceiling[k] + 2.5f});
}

void paint_lungs(Canvas& canvas, const Anatomy& a) {
  Bounds bounds;
  bounds.low = {-a.body.half_width, -a.body.half_depth, a.diaphragm.edge_back - 70};
  bounds.high = {a.body.half_width, a.body.half_depth, 400};
  const float my = a.body.spine_y - 26;
  canvas.each(bounds, 0, [&](size_t k, F3 p) {
    if (canvas.wall[k] > 6) return;
    const float above = (p.z - a.diaphragm.height(p.x, p.y)) * 0.7f;
    canvas.ceiling[k] = above;
    const float mx = (p.x - 7) * 0.95f, mz = (p.y - my) * 0.75f;
    const float d = std::max({-above, canvas.wall[k] + 1.5f, 25 - std::sqrt(mx * mx + mz * mz), -canvas.clear[k]});
    canvas.clear[k] = std::min(canvas.clear[k], d - 2.5f);
    const float covered = canvas.coverage(d);
    if (covered <= 0) return;
    const float z = a.effusion_z[p.x > 0];
    if (z > 0 && p.y > (1 - z) * a.body.inner_depth()) return canvas.put(k, covered, 8, Organ::fluid);
    const float vessel = ramp(0.5f, 0.72f, a.fine({p.x * 0.8f, p.y * 0.8f, p.z * 0.35f})) * ramp(2, 14, -d);
    canvas.put(k, covered, mix(-865 + 0.35f * p.y + 25 * a.coarse(p), 10, vessel), Organ::lung);
  });
}

void paint_heart(Canvas& canvas, const Anatomy& a, const Acquisition& now) {
  if (!canvas.meets(a.heart.bounds(), Canvas::kReach)) return;
  const float left = 0.9f * now[Tissue::aorta], right = mix(now[Tissue::vena_cava_high], now[Tissue::aorta], 0.6f);
  canvas.solid(
      a.heart.bounds(),
      Organ::heart,
      3,
      [&](size_t k, F3 p) {
        return std::max({a.heart.sdf(p) + 2 * a.coarse(p),
                         canvas.wall[k] + 6,
                         -canvas.clear[k],
                         (a.diaphragm.height(p.x, p.y) - p.z) * 0.7f + 1});
      },
      [&](size_t, F3 p, float d) {
        float value = d > -3 ? -60.0f : now[Tissue::myocardium];
        if (d > -3) return value;
        const float in_left = canvas.coverage(0.4f * a.heart_left.sdf(p)),
                    in_right = canvas.coverage(0.4f * a.heart_right.sdf(p));
        value = mix(value, left, in_left);
        return mix(value, right, in_right);
      });
}

}  // namespace

void paint_chest(Canvas& canvas, const Anatomy& a, const Acquisition& now) {
  canvas.tube(a.esophagus, Organ::stomach, 1, now[Tissue::gut_wall]);
  paint_heart(canvas, a, now);
  paint_lungs(canvas, a);
}

void paint_vessels(Canvas& canvas, const Anatomy& a, const Acquisition& now) {
  const float aorta = now[Tissue::aorta];
  const Tube aortic = canvas.near(a.aorta, Canvas::kReach), caval = canvas.near(a.vena_cava, Canvas::kReach);
  canvas.solid(
      aortic.bounds(),
      Organ::aorta,
      1.2f,
      [&](size_t, F3 p) { return aortic.sdf(p); },
      [&](size_t, F3 p, float d) {
        const bool plaque = d > -1.6f && a.coarse(p * 1.6f) > 1 - 1.2f * a.calcification;
        return plaque ? 600.0f : d > -1.2f ? 0.75f * aorta + 12 : aorta;
      });
  const float low = now[Tissue::vena_cava_low], high = now[Tissue::vena_cava_high];
  canvas.solid(
      caval.bounds(),
      Organ::vena_cava,
      -0.5f,
      [&](size_t k, F3 p) {
        return std::max({caval.sdf(p), canvas.wall[k], 0.3f - canvas.clear[k]});
      },
      [&](size_t, F3 p, float) {
        // Renal blood streams in at the sides and mixes upwards.
        const float mixed = ramp(-45, -5, p.z + 14 * a.coarse(p));
        return mix(low, high, mixed);
      });
  canvas.tube(a.arteries, Organ::aorta, 1, aorta * 0.95f);
  canvas.tube(a.renal_veins, Organ::vena_cava, 1, high);
  canvas.tube(a.portal, Organ::portal_vein, -0.4f, now[Tissue::portal_vein]);
}

void paint_kidneys(Canvas& canvas, const Anatomy& a, const Acquisition& now) {
  for (const Kidney& kidney : a.kidneys) {
    if (!canvas.meets(kidney.outer.bounds(), Canvas::kReach)) continue;
    canvas.solid(
        kidney.outer.bounds(),
        Organ::kidney,
        4,
        [&](size_t k, F3 p) {
          return std::max({kidney.outer.sdf(p) + 1.2f * a.coarse(p),
                           -kidney.sinus.sdf(p) - 1.5f * a.fine(p),
                           canvas.wall[k] + 5,
                           -canvas.clear[k]});
        },
        [&](size_t, F3 p, float) {
          const float depth = -kidney.outer.sdf(p);
          const F3 q = kidney.outer.local(p);
          const float pyramid = std::cos(kidney.lobes * std::atan2(q.y, q.x) + kidney.lobe_phase + 0.14f * q.z) +
                                0.3f * std::cos(0.35f * q.z);
          const float medulla = ramp(kidney.cortex - 1, kidney.cortex + 1.5f, depth) * ramp(-0.5f, 0, pyramid);
          return mix(now[Tissue::renal_cortex], now[Tissue::renal_medulla], medulla) + 3 * a.fine(p);
        });
    Ellipsoid pelvis = kidney.sinus;
    pelvis.semi = pelvis.semi * 0.45f;
    canvas.each(pelvis.bounds(), 1, [&](size_t k, F3 p) {
      const float covered = canvas.coverage(pelvis.sdf(p));
      if (covered > 0) canvas.put(k, covered, now[Tissue::renal_pelvis], Organ::kidney);
    });
    // Nothing comes between a kidney and the back wall.
    Bounds behind = kidney.fat.bounds();
    behind.high.y += 60;
    canvas.each(behind, Canvas::kReach, [&](size_t k, F3 p) {
      const F3 forward{p.x, std::min(p.y, kidney.fat.center.y), p.z};
      canvas.clear[k] = std::min(canvas.clear[k], kidney.fat.sdf(forward));
    });
  }
  for (const Tube& adrenal : a.adrenals) canvas.tube(adrenal, Organ::adrenal, 1.5f, now[Tissue::adrenal]);
}

void paint_upper_organs(Canvas& canvas, const Anatomy& a, const Acquisition& now) {
  if (a.mass)
    canvas.solid(
        a.mass->bounds(),
        Organ::mass,
        1,
        [&](size_t k, F3 p) { return within(canvas, k, a.mass->sdf(p) + 4 * a.coarse(p), 3); },
        [&](size_t, F3 p, float d) {
          const float solid = a.mass_hu + 0.5f * (now[Tissue::gut_wall] - 38);
          return mix(solid, 22, ramp(8, 18, -d) * ramp(-0.1f, 0.3f, a.coarse(p))) + 5 * a.fine(p);
        });
  const float zebra = now.delay_s > 0 ? 28 * (1 - ramp(28, 55, float(now.delay_s))) : 0;
  canvas.solid(
      a.spleen.bounds(),
      Organ::spleen,
      2.5f,
      [&](size_t k, F3 p) {
        const float d = a.spleen.sdf(p);
        if (d > Canvas::kReach) return d;
        const F3 q = a.spleen.local(p);
        // Concave towards the stomach.
        const float hollow = 26 - length(F3{q.x + 38, q.y + 6, q.z * 0.5f});
        return within(canvas, k, smooth_max(d + 2 * a.coarse(p), hollow, 10), 2.5f);
      },
      [&](size_t, F3 p, float) { return now[Tissue::spleen] + zebra * a.coarse(p * 1.4f) + 1.5f * a.fine(p); });
  const Tube pancreas = canvas.near(a.pancreas, Canvas::kReach);
  canvas.solid(
      pancreas.bounds(),
      Organ::pancreas,
      1.5f,
      [&](size_t k, F3 p) {
        const float d = pancreas.sdf(p);
        return d > Canvas::kReach ? d : within(canvas, k, d + 2.6f * a.fine(p) + 1.5f * a.coarse(p), 6);
      },
      [&](size_t, F3 p, float) { return now[Tissue::pancreas] + 8 * a.fine(p); });
}

}  // namespace hepatica::phantom
