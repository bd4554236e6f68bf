#include <algorithm>

#include "phantom/paint.h"

namespace hepatica::phantom {
namespace {

void paint_loop(Canvas& canvas, const Anatomy& a, const GutLoop& loop, Organ label, float wall_hu) {
  constexpr float kNear = 3;
  const Tube here = canvas.near(loop.tube, kNear);
  if (here.segments.empty()) return;
  canvas.solid(
      here.bounds(),
      label,
      1.2f,
      [&](size_t k, F3 p) {
        const float bound = std::max({canvas.wall[k] + 3.5f, 1 - canvas.clear[k], canvas.ceiling[k] + 3});
        if (bound > kNear) return bound;
        const float d = here.sdf(p);
        return d > kNear + loop.haustra ? d : std::max(bound, d + loop.haustra * a.coarse(p * 1.3f) + 0.8f);
      },
      [&](size_t, F3 p, float d) {
        const float inside = canvas.coverage(d + loop.wall);
        const float gas = canvas.coverage(p.y - loop.level);
        float content = loop.content;
        if (loop.stool > 0) {
          const float grain = a.fine(p * 0.9f);
          content += loop.stool * grain;
          if (grain > 0.42f) content = mix(content, -650, clamp01(loop.stool / 120));
        }
        return mix(wall_hu, mix(content, -980, gas), inside);
      },
      kNear);
}

}  // namespace

void paint_gut(Canvas& canvas, const Anatomy& a, const Acquisition& now) {
  const float wall = now[Tissue::gut_wall];
  paint_loop(canvas, a, a.stomach, Organ::stomach, wall);
  for (const GutLoop& loop : a.bowel) paint_loop(canvas, a, loop, Organ::bowel, wall);
  const auto free_fat = [&](const Tube& tubes, float value, Organ label) {
    for (const Segment& segment : tubes.segments)
      canvas.each(segment.bounds(), canvas.pixel(), [&](size_t k, F3 p) {
        if (canvas.clear[k] < 0 || canvas.wall[k] > -4 || Organ{canvas.organ[k]} != Organ::fat) return;
        const float covered = canvas.coverage(segment.sdf(p));
        if (covered > 0) canvas.put(k, covered, value, label);
      });
  };
  free_fat(a.mesenteric_veins, now[Tissue::portal_vein], Organ::portal_vein);
  free_fat(a.mesenteric_arteries, 0.9f * now[Tissue::aorta], Organ::aorta);
  if (a.ascites_mm > 0)
    canvas.each([&](size_t k, F3) {
      if (Organ{canvas.organ[k]} == Organ::fat && canvas.wall[k] < 0 && canvas.wall[k] > -a.ascites_mm &&
          canvas.ceiling[k] < 0)
        canvas.put(k, 1, 6, Organ::fluid);
    });
}

}  // namespace hepatica::phantom
