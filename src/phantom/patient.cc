#include "phantom/patient.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "phantom/growth.h"
#include "phantom/liver_contents.h"
#include "phantom/paint.h"
#include "phantom/scanner.h"

namespace hepatica::phantom {
namespace {

constexpr double kBodyTop = 185, kBodyBottom = -240;

/// Finds the liver's extent and volume on its coarse map.
void measure(Anatomy& a, const LiverMap& map) {
  Bounds box;
  size_t cells = 0;
  for (int k = 0; k < map.nz; ++k)
    for (int j = 0; j < map.ny; ++j)
      for (int i = 0; i < map.nx; ++i)
        if (map.depth[map.index(i, j, k)] > 0) {
          box.add(map.origin + F3{float(i), float(j), float(k)} * map.step, 0.5f * map.step);
          ++cells;
        }
  const double s = a.scale;
  a.liver_box = {{box.low.x * s, box.low.y * s, box.low.z * s}, {box.high.x * s, box.high.y * s, box.high.z * s}};
  a.liver_volume_ml = double(cells) * std::pow(map.step * s, 3) / 1000;
}

std::optional<LesionType> draw_type(Rng& rng, const PatientOptions& options) {
  if (rng.chance(options.no_lesion_probability)) return std::nullopt;
  return LesionType(rng.weighted(options.type_weights));
}

void check_weights(const std::vector<double>& weights) {
  const size_t most = size_t(LesionType::count);
  if (weights.size() <= most && std::any_of(weights.begin(), weights.end(), [](double w) { return w > 0; })) return;
  throw Error(ErrorCode::bad_values,
              "a phantom needs one weight a lesion type, at most " + std::to_string(most) +
                  ", of which one or more are above 0; got " + std::to_string(weights.size()));
}

/// Age, sex and, of children, what they have of their type.
struct Person {
  double age_years;
  bool female;
};

Person draw_child(Rng& rng, std::optional<LesionType> type, PatientOptions& options) {
  const ChildhoodLesion* lesion = type ? childhood_lesion(*type) : nullptr;
  const double share = rng.uniform(options.age_share.low, options.age_share.high);
  const bool any_age = rng.chance(options.any_age_probability);
  const Person person{age_at_share(any_age ? nullptr : lesion, share, options.age_years),
                      rng.chance(lesion ? lesion->girls : 0.5)};
  if (lesion) {
    const double count = std::floor(rng.log_uniform(lesion->count.low, lesion->count.high + 0.99));
    options.lesion_count = options.metastasis_count = {count, count};
    options.lesion_diameter_mm = lesion->diameter_mm;
  }
  return person;
}

F3 to_canvas(const Vec3& world, float scale) {
  return {float(world[0]) / scale, float(world[1]) / scale, float(world[2]) / scale};
}

/// Paints the planes of one thick slice; the canvas keeps the labels of the central one and the mean of HU. What does
/// not breathe (wall, spine, pelvis) is painted once, on the central plane.
void paint_slice(Canvas& canvas,
                 const Anatomy& a,
                 const Acquisition& now,
                 const Geometry& grid,
                 int64_t k,
                 const ScannerOptions& scanner) {
  const double thickness = scanner.slice_thickness_mm > 0 ? scanner.slice_thickness_mm : grid.spacing[2];
  const F3 i_step = to_canvas(world_from_index(grid, {1, 0, 0}), a.scale) - to_canvas(grid.origin, a.scale);
  const F3 j_step = to_canvas(world_from_index(grid, {0, 1, 0}), a.scale) - to_canvas(grid.origin, a.scale);
  const auto origin_at = [&](double slice) { return to_canvas(world_from_index(grid, {0, 0, slice}), a.scale); };
  canvas.place(origin_at(double(k)), i_step, j_step);
  if (scanner.table) paint_table(canvas, a);
  paint_still(canvas, a, now);
  if (thickness < 2.6) return paint_viscera(canvas, a, now);
  const Canvas still = canvas;
  std::vector<float> sum(canvas.hu.size(), 0);
  for (const int plane : {-1, 1, 0}) {
    canvas = still;
    canvas.move_to(origin_at(double(k) + double(plane) / 3 * thickness / grid.spacing[2]));
    paint_viscera(canvas, a, now);
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += canvas.hu[i];
  }
  for (size_t i = 0; i < sum.size(); ++i) canvas.hu[i] = sum[i] / 3;
}

}  // namespace

Patient::Patient(uint64_t seed, const PatientOptions& options) : seed_(seed) {
  check_weights(options.type_weights);
  const Rng root(seed);
  Rng type_rng = root.fork(0), anatomy_rng = root.fork(1), bowel_rng = root.fork(2), vessel_rng = root.fork(3),
      lesion_rng = root.fork(4);
  const auto type = draw_type(type_rng, options);
  PatientOptions own = options;
  if (type == LesionType::hcc && options.cirrhosis_probability > 0)
    own.cirrhosis_probability = std::max(0.6, options.cirrhosis_probability);
  Person person{35 + double(seed % 45), seed % 2 == 1};
  if (options.children) {
    Rng person_rng = root.fork(5);
    person = draw_child(person_rng, type, own);
  }
  age_years_ = person.age_years;
  female_ = person.female;
  const Growth growth = options.children ? growth_at(age_years_) : Growth{};
  auto anatomy = std::make_unique<Anatomy>(draw_anatomy(anatomy_rng, own, growth));
  draw_bowel(*anatomy, bowel_rng, own);
  const LiverMap map = map_liver(*anatomy);
  measure(*anatomy, map);
  grow_liver_vessels(*anatomy, map, vessel_rng);
  if (type) place_lesions(*anatomy, map, lesion_rng, own, *type);
  if (!anatomy->liver.bulges.empty()) measure(*anatomy, map_liver(*anatomy));
  for (const LesionModel& lesion : anatomy->lesions) {
    const double s = anatomy->scale;
    lesions_.push_back({lesion.id,
                        lesion.type,
                        {lesion.center.x * s, lesion.center.y * s, lesion.center.z * s},
                        2 * lesion.radius * s});
  }
  anatomy_ = std::move(anatomy);
}

Patient::~Patient() = default;
Patient::Patient(Patient&&) noexcept = default;
Patient& Patient::operator=(Patient&&) noexcept = default;

std::string Patient::diagnosis() const { return lesions_.empty() ? "none" : std::string(name_of(lesions_[0].type)); }

Box3 Patient::body_box() const {
  const double s = anatomy_->scale, x = anatomy_->body.half_width * s, y = anatomy_->body.half_depth * s;
  return {{-x, -y, kBodyBottom * s}, {x, y, kBodyTop * s}};
}

Box3 Patient::liver_box() const { return anatomy_->liver_box; }
double Patient::liver_volume_ml() const { return anatomy_->liver_volume_ml; }
double Patient::delay_s(Phase phase) const { return anatomy_->delay_s[size_t(phase)]; }

Geometry Patient::scan_geometry(const ScanOptions& options) const {
  const Box3 body = body_box(), liver = liver_box();
  double low = liver.low[2] - options.margin_mm, high = liver.high[2] + options.margin_mm;
  const double size = anatomy_->growth.child ? anatomy_->scale : 1;
  if (options.range == ScanRange::abdomen || options.range == ScanRange::thorax_abdomen) low = liver.low[2] - 90 * size;
  if (options.range == ScanRange::abdomen || options.range == ScanRange::abdomen_pelvis)
    high = liver.high[2] + 25 * size;
  if (options.range == ScanRange::thorax_abdomen) high = body.high[2];
  if (options.range == ScanRange::abdomen_pelvis) low = body.low[2];
  low = std::max(low, body.low[2]);
  double view = options.field_of_view_mm;
  if (view <= 0)
    view = std::clamp(2.12 * std::max(body.high[0], body.high[1]) + 8, anatomy_->growth.child ? 120.0 : 300.0, 500.0);
  Geometry grid;
  const double pixel = view / double(options.matrix);
  grid.size = {
      options.matrix, options.matrix, std::max<int64_t>(1, std::llround((high - low) / options.slice_spacing_mm) + 1)};
  grid.spacing = {pixel, pixel, options.slice_spacing_mm};
  grid.origin = {-0.5 * double(options.matrix - 1) * pixel, -0.5 * double(options.matrix - 1) * pixel, low};
  return grid;
}

Rendering Patient::render(const Geometry& geometry,
                          Phase phase,
                          const ScannerOptions& scanner,
                          uint64_t noise_seed) const {
  if (geometry.voxel_count() == 0)
    throw Error(ErrorCode::bad_geometry, "a phantom cannot be rendered on an empty grid; give it sizes of at least 1");
  Rendering rendering{Volume<int16_t>(geometry), Mask(geometry), Mask(geometry)};
  const Anatomy& a = *anatomy_;
  const Acquisition now = acquisition_of(a, phase);
  const Rng noise(noise_seed);
  parallel_for(size_t(geometry.size[2]), [&](size_t k) {
    check_interrupted();
    Canvas canvas(int(geometry.size[0]), int(geometry.size[1]));
    paint_slice(canvas, a, now, geometry, int64_t(k), scanner);
    Rng own = noise.fork(k);
    scan(canvas, a, scanner, a.scale, own);
    const auto hu = rendering.hu.slice(int64_t(k));
    for (size_t i = 0; i < hu.size(); ++i)
      hu[i] = int16_t(int(std::clamp(canvas.hu[i], -1024.0f, 3071.0f) + 2048.5f) - 2048);
    std::copy(canvas.organ.begin(), canvas.organ.end(), rendering.organs.slice(int64_t(k)).begin());
    std::copy(canvas.lesion.begin(), canvas.lesion.end(), rendering.lesions.slice(int64_t(k)).begin());
  });
  return rendering;
}

}  // namespace hepatica::phantom
