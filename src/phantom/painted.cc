#include "phantom/painted.h"

#include <algorithm>
#include <cmath>

#include "phantom/kinetics.h"
#include "phantom/lesion.h"
#include "phantom/scanner.h"

namespace hepatica::phantom {
namespace {

/// The slice as painting sees it.
struct Ground {
  int columns, rows;
  float spacing;              ///< mm
  std::vector<float> smooth;  ///< HU of the liver without noise and vessels
  std::vector<float> depth;   ///< mm to the liver's edge, 0 outside
  float level = 0;            ///< median HU of the liver
  float noise = 0;            ///< standard deviation around `smooth`
  std::vector<size_t> inside;

  F3 position(size_t k) const { return F3{float(k % size_t(columns)), float(k / size_t(columns)), 0} * spacing; }
};

float median(std::vector<float> values) {
  const auto middle = values.begin() + long(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Two passes of the 3-4 chamfer distance (Borgefors 1986), in mm.
std::vector<float> depth_of(std::span<const uint8_t> liver, int columns, int rows, float spacing) {
  std::vector<float> depth(liver.size());
  for (size_t k = 0; k < liver.size(); ++k) depth[k] = liver[k] ? 1e6f : 0.0f;
  const float step = spacing, diagonal = 4.0f / 3 * spacing;
  const auto at = [&](int i, int j) {
    return i >= 0 && j >= 0 && i < columns && j < rows ? depth[size_t(j) * size_t(columns) + size_t(i)] : 0.0f;
  };
  const auto relax = [&](int i, int j, int s) {
    float& here = depth[size_t(j) * size_t(columns) + size_t(i)];
    here = std::min(
        {here, at(i - s, j) + step, at(i, j - s) + step, at(i - s, j - s) + diagonal, at(i + s, j - s) + diagonal});
  };
  for (int j = 0; j < rows; ++j)
    for (int i = 0; i < columns; ++i) relax(i, j, 1);
  for (int j = rows - 1; j >= 0; --j)
    for (int i = columns - 1; i >= 0; --i) relax(i, j, -1);
  return depth;
}

Ground study_ground(std::span<const float> hu, std::span<const uint8_t> liver, int columns, int rows, float spacing) {
  Ground g{columns, rows, spacing, {}, depth_of(liver, columns, rows, spacing), 0, 0, {}};
  std::vector<float> values;
  for (size_t k = 0; k < liver.size(); ++k)
    if (liver[k]) {
      g.inside.push_back(k);
      values.push_back(hu[k]);
    }
  if (values.empty()) return g;
  g.level = median(values);
  // Mean over the liver alone, with vessels and tumours cut to the level's neighbourhood.
  std::vector<float> weight(liver.size());
  g.smooth.resize(liver.size());
  for (const size_t k : g.inside) {
    weight[k] = 1;
    g.smooth[k] = std::clamp(hu[k] - g.level, -40.0f, 40.0f);
  }
  const float sigma = 6 / spacing;
  blur(weight, columns, rows, sigma);
  blur(g.smooth, columns, rows, sigma);
  std::vector<float> deviations;
  for (const size_t k : g.inside) {
    g.smooth[k] = g.level + g.smooth[k] / std::max(weight[k], 1e-4f);
    deviations.push_back(std::fabs(hu[k] - g.smooth[k]));
  }
  g.noise = 1.4826f * median(deviations);
  return g;
}

double delay_of(Phase phase) {
  switch (phase) {
    case Phase::noncontrast:
      return 0;
    case Phase::arterial:
      return 35;
    case Phase::delayed:
      return 180;
    default:
      return 70;
  }
}

LesionSurroundings surroundings(float liver_hu, double delay) {
  LesionSurroundings around;
  around.liver_hu = liver_hu;
  around.unenhanced_liver_hu =
      std::clamp(liver_hu - (mean_hu(Tissue::liver, delay) - mean_hu(Tissue::liver, 0)), 35.0f, 70.0f);
  around.arterial_blood_hu = mean_hu(Tissue::aorta, delay);
  around.venous_blood_hu = mean_hu(Tissue::portal_vein, delay);
  around.delay_s = delay;
  return around;
}

/// A place where the section of `radius` mm fits and meets no earlier lesion; false where there is none.
bool find_place(const Ground& g, const PaintedSlice& slice, float radius, Rng& rng, F3& place) {
  for (int attempt = 0; attempt < 40; ++attempt) {
    const size_t k = g.inside[size_t(rng.integer(0, int64_t(g.inside.size()) - 1))];
    if (g.depth[k] < radius * float(rng.uniform(0.6, 1.1)) + 1) continue;
    if (std::fabs(g.smooth[k] - g.level) > 20) continue;
    const F3 at = g.position(k);
    bool free = true;
    for (const PaintedLesion& other : slice.painted) {
      const F3 q{float(other.box.center_x()) * g.spacing, float(other.box.center_y()) * g.spacing, 0};
      free =
          free && length(q - at) > radius + 0.6f * g.spacing * float(std::max(other.box.width(), other.box.height()));
    }
    if (!free) continue;
    place = at;
    return true;
  }
  return false;
}

void paint_one(
    PaintedSlice& slice, const Ground& g, std::span<const uint8_t> liver, const LesionModel& lesion, double delay) {
  PaintedLesion painted{int(slice.painted.size()) + 1, lesion.type, {1e9, 1e9, -1, -1}};
  const float reach = lesion.reach();
  const int i0 = std::max(0, int((lesion.center.x - reach) / g.spacing)),
            j0 = std::max(0, int((lesion.center.y - reach) / g.spacing));
  const int i1 = std::min(g.columns - 1, int((lesion.center.x + reach) / g.spacing) + 1);
  const int j1 = std::min(g.rows - 1, int((lesion.center.y + reach) / g.spacing) + 1);
  const size_t middle = size_t(std::clamp(int(lesion.center.y / g.spacing), 0, g.rows - 1)) * size_t(g.columns) +
                        size_t(std::clamp(int(lesion.center.x / g.spacing), 0, g.columns - 1));
  const LesionSurroundings around = surroundings(g.smooth[middle], delay);
  for (int j = j0; j <= j1; ++j)
    for (int i = i0; i <= i1; ++i) {
      const size_t k = size_t(j) * size_t(g.columns) + size_t(i);
      if (!liver[k]) continue;
      const F3 p = g.position(k);
      const float d = lesion.distance(p), covered = lesion.coverage(d, g.spacing);
      if (covered <= 0) continue;
      // The slice's own noise stays; vessels that stand out of it do not run through the lesion.
      const float grain = std::clamp(slice.hu[k] - g.smooth[k], -2.5f * g.noise, 2.5f * g.noise);
      slice.hu[k] = mix(slice.hu[k], lesion.hu(p, d, around) + grain, covered);
      if (d > 0) continue;
      slice.lesions[k] = uint8_t(painted.id);
      painted.box = {std::min(painted.box.x0, double(i)),
                     std::min(painted.box.y0, double(j)),
                     std::max(painted.box.x1, i + 1.0),
                     std::max(painted.box.y1, j + 1.0)};
    }
  if (painted.box.x1 > 0) slice.painted.push_back(painted);
}

}  // namespace

PaintedSlice paint_lesions(std::span<const float> hu,
                           std::span<const uint8_t> liver,
                           int64_t columns,
                           int64_t rows,
                           double spacing_mm,
                           const PaintOptions& options,
                           Rng& rng) {
  if (columns <= 0 || rows <= 0 || hu.size() != size_t(columns * rows) || liver.size() != hu.size() ||
      !(spacing_mm > 0))
    throw Error(
        ErrorCode::bad_geometry,
        "painting lesions: the slice, its liver mask and the given size do not agree, or the spacing is not positive");
  PaintedSlice slice{{hu.begin(), hu.end()}, std::vector<uint8_t>(hu.size()), {}};
  const Ground ground = study_ground(hu, liver, int(columns), int(rows), float(spacing_mm));
  if (ground.inside.empty()) return slice;
  const LesionType type{int(rng.weighted(options.type_weights))};
  const int64_t count = rng.integer(std::llround(options.count.low), std::llround(options.count.high));
  for (int64_t n = 0; n < count; ++n) {
    const double diameter = rng.log_uniform(options.diameter_mm.low, options.diameter_mm.high);
    LesionModel lesion = draw_lesion(rng, type, diameter, rng.uniform(options.contrast.low, options.contrast.high));
    // The slice passes the lesion anywhere between its poles.
    const float off = float(rng.uniform(-0.85, 0.85)) * lesion.radius;
    const float section = std::sqrt(lesion.radius * lesion.radius - off * off);
    if (2 * section < options.least_diameter_mm || !find_place(ground, slice, section, rng, lesion.center)) continue;
    lesion.center.z = off;
    paint_one(slice, ground, liver, lesion, delay_of(options.phase));
  }
  return slice;
}

}  // namespace hepatica::phantom
