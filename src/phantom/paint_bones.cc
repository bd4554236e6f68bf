#include "phantom/paint.h"

namespace hepatica::phantom {
namespace {

struct Bone {
  float distance;  ///< mm
  float hu;
};

float box_distance(F3 q, F3 half) {
  const F3 d{std::fabs(q.x) - half.x, std::fabs(q.y) - half.y, std::fabs(q.z) - half.z};
  return std::max({d.x, d.y, d.z});
}

float layered(float d, float cortex, float inside) { return d > -1.5f ? cortex : inside; }

/// Body, disc and posterior elements of a vertebra; q relative to the vertebral body's centre line.
Bone vertebra(const Spine& s, F3 q, float z) {
  const float level = z / s.period + s.phase;
  const float u = level - std::floor(level);
  const float from_plate = std::min(std::fabs(u - 0.22f), std::min(std::fabs(u - 1), u + 0.78f)) * s.period;
  const bool disc = u < 0.22f;
  const float rx = s.rx * (1 - (disc ? 0 : 0.07f * std::sin((u - 0.22f) * 4.03f)));
  const float k = std::sqrt(q.x * q.x / (rx * rx) + q.y * q.y / (s.ry * s.ry));
  const float canal_y = s.ry + 6.5f;
  const float canal = (std::sqrt(q.x * q.x / 132 + (q.y - canal_y) * (q.y - canal_y) / 72) - 1) * 9;
  float body = std::max((k - 1) * s.ry, -canal - 1.5f);
  Bone best{body, disc ? 88.0f : layered(std::max(body, -from_plate), s.cortex_hu, s.marrow_hu + 45 * s.texture(q))};

  const float ring = std::sqrt(q.x * q.x / 196 + (q.y - canal_y) * (q.y - canal_y) / 115);
  float arch = std::fabs(ring - 1) * 11.5f - 2.8f;
  const float back = q.y - canal_y;
  const bool pedicle = u > 0.55f;
  if (!pedicle) arch = std::max(arch, 2 - back);
  if (u > 0.8f || u < 0.1f) arch = std::max(arch, 7 - std::fabs(q.x) - (pedicle ? 4 : 0));
  const float ax = std::fabs(q.x);
  const F3 facet{ax - 16 * s.length_scale, back - 6, 0};
  arch = std::min(arch, (std::sqrt(facet.x * facet.x / 42 + facet.y * facet.y / 60) - 1) * 6.5f);
  const float process_z = (u - 0.42f) * s.period;
  const float spinous =
      box_distance({q.x, back - 9 - 13 * s.length_scale, process_z}, {2.6f + 0.06f * back, 13 * s.length_scale, 10});
  const float transverse =
      box_distance({ax - 25 * s.length_scale, back - 0.5f - 0.15f * (ax - 14), (u - 0.68f) * s.period},
                   {14 * s.length_scale, 3.2f, 6});
  const float posterior = std::min({arch, spinous, transverse});
  if (posterior < best.distance)
    best = {posterior, layered(posterior, s.cortex_hu, s.marrow_hu + 60 + 40 * s.texture(q))};
  // The canal: fat around the sac.
  if (canal < 0 && -canal > -best.distance) best = {canal, canal > -1.6f ? -30.0f : 22.0f};
  return best;
}

}  // namespace

void paint_spine(Canvas& canvas, const Anatomy& a) {
  const F3 middle{0, a.body.spine_y, 0};
  Bounds bounds;
  bounds.low = middle + F3{-46, -24, -400};
  bounds.high = middle + F3{46, 75, 400};
  canvas.each(bounds, 0, [&](size_t k, F3 p) {
    const F3 q = p - a.spine.center(p.z, a.body.spine_y);
    const Bone bone = vertebra(a.spine, {q.x, q.y, p.z}, p.z);
    canvas.clear[k] = std::min(canvas.clear[k], bone.distance - 1.5f);
    const float covered = canvas.coverage(bone.distance);
    if (covered > 0) canvas.put(k, covered, bone.hu, Organ::bone);
  });
}

void paint_pelvis(Canvas& canvas, const Anatomy& a) {
  const float w = a.body.inner_width();
  for (float s : {-1.0f, 1.0f}) {
    // The iliac wing: a shell of an ellipsoid, cut in front and above its crest.
    const Ellipsoid wing{
        {s * 0.3f * w, a.body.spine_y - 12, -215}, {0.66f * w, 68, 105}, frame_from_angles(0, s * 0.12f, s * 0.5f)};
    Bounds bounds = wing.bounds();
    bounds.high.z = std::min(bounds.high.z, -118.0f);
    canvas.each(bounds, 6, [&](size_t k, F3 p) {
      const float shell = std::fabs(wing.sdf(p)) - 4 - 2 * a.coarse(p);
      const F3 q = p - wing.center;
      // Its crest rises to the side; towards the midline it ends at the sacrum.
      const float crest = p.z + 128 + 0.006f * (q.y - 10) * (q.y - 10);
      const float medial = mix(30, 62, ramp(-190, -130, p.z)) - s * p.x;
      const float d = std::max({shell - 0.02f * std::fabs(q.y), crest, medial, -35 - q.y, canvas.wall[k] - 12});
      canvas.clear[k] = std::min(canvas.clear[k], d - 3);
      const float covered = canvas.coverage(d);
      if (covered > 0)
        canvas.put(k, covered, layered(d + 0.5f, a.spine.cortex_hu + 120, a.spine.marrow_hu), Organ::bone);
    });
  }
}

}  // namespace hepatica::phantom
