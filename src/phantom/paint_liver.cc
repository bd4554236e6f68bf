#include <algorithm>

#include "phantom/paint.h"

namespace hepatica::phantom {
namespace {

void paint_tree(Canvas& canvas, const Tube& tree, Organ label, float value) {
  for (const Segment& segment : tree.segments)
    canvas.each(segment.bounds(), canvas.pixel(), [&](size_t k, F3 p) {
      if (canvas.share[k] <= 0) return;
      const float covered = canvas.coverage(segment.sdf(p)) * canvas.share[k];
      if (covered <= 0) return;
      canvas.hu[k] = mix(canvas.hu[k], value, covered);
      if (covered >= 0.5f) canvas.organ[k] = uint8_t(label);
    });
}

void paint_lesion(Canvas& canvas, const LesionModel& lesion, LesionSurroundings around) {
  Bounds bounds;
  bounds.add(lesion.center, lesion.reach());
  canvas.each(bounds, 0, [&](size_t k, F3 p) {
    if (canvas.share[k] <= 0) return;
    const float d = lesion.distance(p);
    const float covered = lesion.coverage(d, canvas.pixel()) * canvas.share[k];
    if (covered <= 0) return;
    canvas.hu[k] = mix(canvas.hu[k], lesion.hu(p, d, around), covered);
    if (d > 0 || canvas.share[k] < 0.5f) return;
    canvas.lesion[k] = uint8_t(lesion.id);
    canvas.organ[k] = uint8_t(Organ::liver);
  });
}

void paint_gallbladder(Canvas& canvas, const Anatomy& a, const Acquisition& now) {
  const Tube here = canvas.near(a.gallbladder, Canvas::kReach);
  canvas.solid(
      here.bounds(),
      Organ::gallbladder,
      0.5f,
      [&](size_t k, F3 p) {
        return std::max({here.sdf(p), canvas.wall[k] + 4, -canvas.clear[k]});
      },
      [&](size_t, F3, float d) { return d > -1.4f ? 0.5f * (now[Tissue::gut_wall] + a.bile_hu) : a.bile_hu; });
}

}  // namespace

void paint_liver(Canvas& canvas, const Anatomy& a, const Acquisition& now) {
  paint_gallbladder(canvas, a, now);
  const Liver& liver = a.liver;
  if (!canvas.meets(liver.box, Canvas::kReach)) return;
  const float wall_gap = liver.wall_gap + 0.8f * a.ascites_mm;
  canvas.solid(
      liver.box,
      Organ::liver,
      1,
      [&](size_t k, F3 p) {
        const float bound = std::max({canvas.wall[k] + wall_gap, -canvas.clear[k], canvas.ceiling[k] + 2});
        if (bound > Canvas::kReach) return bound;
        // The crura, and the vessels and fat between them, keep it away from the spine's front.
        const F3 q{p.x - 12, 0.9f * (p.y - a.body.spine_y + 24), 0};
        const float d = std::max({bound, liver.sdf(p), 25 - length(q)});
        canvas.share[k] = canvas.coverage(d);
        return d;
      },
      [&](size_t, F3 p, float) {
        float value = now[Tissue::liver] + liver.texture_hu * liver.texture(p);
        if (liver.geographic_fat_hu > 0) value -= liver.geographic_fat_hu * ramp(-0.1f, 0.3f, liver.steatosis(p));
        return value;
      });
  if (now.liver_only) return;
  paint_tree(canvas, a.liver_veins, Organ::liver_hepatic_vein, now[Tissue::hepatic_vein]);
  paint_tree(canvas, a.liver_portal, Organ::liver_portal_vein, now[Tissue::portal_vein]);
  paint_tree(canvas, a.liver_arteries, Organ::liver_portal_vein, 0.9f * now[Tissue::aorta]);
  LesionSurroundings around{now[Tissue::liver],
                            a.kinetics.unenhanced[size_t(Tissue::liver)],
                            now[Tissue::aorta],
                            now[Tissue::portal_vein],
                            now.delay_s};
  for (const LesionModel& lesion : a.lesions) paint_lesion(canvas, lesion, around);
}

}  // namespace hepatica::phantom
