#include <algorithm>
#include <numbers>

#include "phantom/paint.h"

namespace hepatica::phantom {
namespace {

constexpr int kAngles = 512;
constexpr float kPi = std::numbers::pi_v<float>;

/// Angle in [0, kAngles) units; error below 0.01 of one unit (polynomial of the tangent).
float angle_units(float y, float x) {
  const float ax = std::fabs(x), ay = std::fabs(y);
  const float t = std::min(ax, ay) / std::max(std::max(ax, ay), 1e-6f), t2 = t * t;
  float r = ((((-0.0134804700f * t2 + 0.0574773140f) * t2 - 0.1212390710f) * t2 + 0.1956359250f) * t2 - 0.3329946570f) *
                t2 * t +
            0.9999956300f * t;
  if (ay > ax) r = 0.5f * kPi - r;
  if (x < 0) r = kPi - r;
  if (y < 0) r = 2 * kPi - r;
  return r * (float(kAngles) / (2 * kPi));
}

/// The body wall around the axis: one ring on axial slices, rings every 4 mm on oblique ones.
class WallTable {
 public:
  WallTable(const Body& body, float z_low, float z_high) : low_(z_low) {
    count_ = z_high - z_low < 0.5f ? 1 : int((z_high - z_low) / kStep) + 2;
    rows_.resize(size_t(count_) * kAngles);
    for (int r = 0; r < count_; ++r)
      for (int i = 0; i < kAngles; ++i) {
        const float theta = 2 * kPi * float(i) / kAngles;
        rows_[size_t(r * kAngles + i)] = body.row(std::cos(theta), std::sin(theta), low_ + kStep * float(r));
      }
  }

  WallRow at(F3 p) const {
    const float u = angle_units(p.y, p.x);
    const int i = int(u);
    const WallRow first = ring(0, i, u - float(i), p.z);
    if (count_ == 1) return first;
    const float r = std::clamp((p.z - low_) / kStep, 0.0f, float(count_ - 1) - 0.001f);
    return blend(ring(int(r), i, u - float(i), p.z), ring(int(r) + 1, i, u - float(i), p.z), r - std::floor(r));
  }

 private:
  static constexpr float kStep = 4;

  static WallRow blend(const WallRow& a, const WallRow& b, float t) {
    return {mix(a.skin, b.skin, t),
            mix(a.muscle, b.muscle, t),
            mix(a.cavity, b.cavity, t),
            mix(a.rib, b.rib, t),
            mix(a.cartilage, b.cartilage, t)};
  }
  WallRow ring(int r, int i, float t, float) const {
    const WallRow* row = rows_.data() + size_t(r) * kAngles;
    return blend(row[i & (kAngles - 1)], row[(i + 1) & (kAngles - 1)], t);
  }

  float low_;
  int count_;
  std::vector<WallRow> rows_;
};

float wall_hu(const Anatomy& a, const WallRow& row, float rho, F3 p, float muscle) {
  const float f = (row.muscle - rho) / std::max(row.muscle - row.cavity, 1.0f);
  const bool flank = p.y > -0.55f * a.body.half_depth && p.y < 0.5f * a.body.half_depth && p.z < 10;
  float fat = 0;
  if (flank) fat = 1 - ramp(0.03f, 0.08f, std::min(std::fabs(f - 0.36f), std::fabs(f - 0.7f)));
  if (p.y > 0.45f * a.body.half_depth) {
    // Marbling, and the clefts between the columns of the back.
    fat = a.muscle_fat / 60 * ramp(0.25f, 0.6f, a.fine(p));
    const float x = std::fabs(p.x) + 2 * a.coarse(p), behind = p.y - a.body.spine_y - 22;
    const float cleft = std::min(std::fabs(x - 15 - 0.25f * behind), std::fabs(x - 62 + 0.4f * behind));
    if (behind > 0) fat = std::max(fat, a.muscle_fat / 30 * (1 - ramp(0.4f, 1.8f, cleft)));
  }

  return mix(muscle + 3 * a.fine(p), -60, 0.8f * fat);
}

void paint_arms(Canvas& canvas, const Anatomy& a, float muscle) {
  if (!a.arms) return;
  for (float side : {-1.0f, 1.0f}) {
    const F3 top{side * (a.body.half_width + 42), 18, 240}, low{side * (a.body.half_width + 52), 5, -260};
    const Tube flesh{{{top, low, 44, 32}}}, bone{{{top, low, 12, 9}}};
    canvas.each(flesh.bounds(), 2, [&](size_t k, F3 p) {
      const float d = flesh.sdf(p), b = bone.sdf(p);
      const float covered = canvas.coverage(d);
      if (covered <= 0 || canvas.skin[k] < 0) return;
      canvas.put(k, covered, d > -6 ? -100 : muscle, Organ::arm);
      const float hard = canvas.coverage(b);
      if (hard > 0) canvas.put(k, hard, b > -3.5f ? 900 : 60, Organ::arm);
    });
  }
}

}  // namespace

void paint_trunk(Canvas& canvas, const Anatomy& a, const Acquisition& now) {
  float z_low = 1e9f, z_high = -1e9f;
  for (int corner = 0; corner < 4; ++corner) {
    const float z = canvas.position(corner & 1 ? canvas.columns() : 0, corner & 2 ? canvas.rows() : 0).z;
    z_low = std::min(z_low, z);
    z_high = std::max(z_high, z);
  }
  const WallTable table(a.body, z_low, z_high);
  const float muscle = now[Tissue::muscle] - 0.15f * a.muscle_fat;
  const float rim = 1.2f * std::max(a.body.half_width, a.body.half_depth) + 25;
  canvas.each([&](size_t k, F3 p) {
    const float rho2 = p.x * p.x + p.y * p.y;
    if (rho2 > rim * rim) return;
    const float rho = std::sqrt(rho2);
    const WallRow row = table.at(p);
    const float skin = rho - row.skin;
    canvas.skin[k] = skin;
    canvas.wall[k] = rho - row.cavity;
    const float covered = canvas.coverage(skin);
    if (covered <= 0) return;
    if (skin > -1.8f) return canvas.put(k, covered, -5, Organ::skin);
    if (rho > row.muscle) return canvas.put(k, covered, a.body.fat_hu + 5 * a.coarse(p), Organ::fat);
    if (rho < row.cavity) {
      const float strand = a.fine(p) * a.body.fat_strands;
      return canvas.put(k, 1, a.body.fat_hu + a.body.cavity_hu + strand, Organ::fat);
    }
    canvas.put(k, 1, wall_hu(a, row, rho, p, muscle), Organ::muscle);
    const float depth = (rho - row.cavity - 5.0f) / 4.2f;
    const float cut = row.rib / 6.8f;
    const float rib = (std::sqrt(cut * cut + depth * depth) - 1) * 4.2f;
    if (rib < canvas.pixel()) {
      const float value = rib > -1.4f ? 0.85f * a.spine.cortex_hu + 60 : a.spine.marrow_hu;
      return canvas.put(k, canvas.coverage(rib), value, Organ::bone);
    }
    const float soft = row.cartilage / 7.5f;
    const float cartilage = (std::sqrt(soft * soft + depth * depth) - 1) * 4.2f;
    if (cartilage < canvas.pixel())
      canvas.put(k, canvas.coverage(cartilage), cartilage > -1 ? 150.0f : 95.0f, Organ::bone);
  });
  paint_arms(canvas, a, muscle);
  for (const Tube& whole : a.psoas) {
    const Tube tube = canvas.near(whole, Canvas::kReach);
    if (tube.segments.empty()) continue;
    const float striped = now[Tissue::muscle];
    canvas.solid(
        tube.bounds(),
        Organ::muscle,
        1.5f,
        [&](size_t, F3 p) { return tube.sdf(p) + 1.2f * a.fine(p); },
        [&](size_t, F3 p, float) { return striped + 3 * a.fine(p); });
  }
}

}  // namespace hepatica::phantom
