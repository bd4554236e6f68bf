#include "dataset/phantom_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/error.h"
#include "dataset/lesion_boxes.h"
#include "dataset/paint.h"
#include "dataset/slice_cache.h"
#include "study/body_size.h"

namespace hepatica {
namespace {

using phantom::LesionType;

constexpr double kAdultWidthMm = 316;  // of the mean adult's trunk

/// What a slice depends on; the number of patients is no part of it.
nlohmann::json json_of(const PhantomSourceOptions& o) {
  nlohmann::json json{{"version", phantom::kVersion},
                      {"cohort", o.cohort},
                      {"slices", o.slices},
                      {"view", o.view},
                      {"matrix", o.matrix},
                      {"field_low", o.field_low_mm},
                      {"field_high", o.field_high_mm},
                      {"in_lesion", o.in_lesion},
                      {"in_liver", o.in_liver},
                      {"no_lesion", o.no_lesion},
                      {"types", o.types},
                      {"phases", o.phases},
                      {"context_mm", o.context_mm},
                      {"least_lesion_mm", o.least_lesion_mm}};
  // Left out where they do nothing, so that slices that were rendered before them are still found.
  if (!o.weights.empty()) json["weights"] = o.weights;
  if (o.field_by_size) json["field_by_size"] = true;
  if (o.as_adult) json["as_adult"] = true;
  if (!o.lesions.empty()) json["lesions"] = o.lesions;
  if (!o.diameter_mm.empty()) json["diameter_mm"] = o.diameter_mm;
  return json;
}

/// One slice of `matrix` pixels a side around `center`.
Geometry slice_grid(const Vec3& center, int matrix, double field_mm, double thickness_mm) {
  Geometry grid;
  const double spacing = field_mm / matrix;
  grid.size = {matrix, matrix, 1};
  grid.spacing = {spacing, spacing, thickness_mm};
  grid.origin = {center[0] - 0.5 * spacing * (matrix - 1), center[1] - 0.5 * spacing * (matrix - 1), center[2]};
  return grid;
}

std::vector<LesionBox> boxes_of(const phantom::Rendering& rendering,
                                const phantom::Patient& patient,
                                const LearningSlice& slice,
                                double least_mm) {
  std::vector<LesionBox> all;
  const double spacing = rendering.hu.geometry().spacing[0];
  const std::vector<uint8_t> labels(rendering.lesions.values().begin(), rendering.lesions.values().end());
  for (const auto& [id, box] : label_boxes(rendering.lesions, 0)) {
    if (std::max(box.width(), box.height()) * spacing < least_mm) continue;
    const auto& truths = patient.lesions();
    const auto truth = std::find_if(truths.begin(), truths.end(), [id = id](const auto& t) { return t.id == id; });
    const bool visible = contrast_of(slice, labels, uint8_t(id)) >= kVisibleHu;
    all.push_back({box, truth == truths.end() ? "" : std::string(phantom::name_of(truth->type)), !visible});
  }
  return all;
}

class PhantomSource : public SliceSource {
 public:
  PhantomSource(const PhantomSourceOptions& options, uint64_t seed, const fs::path& cache)
      : options_(options), seed_(seed), patients_(options, seed) {
    fingerprint_ = sha256(json_of(options).dump() + std::to_string(seed) + bytes_of_slice(render(patient_of(0), 0)));
    if (!cache.empty()) folder_ = cache / fingerprint_.substr(0, 16);
    if (!folder_.empty()) fs::create_directories(folder_);
  }

  size_t size() const override { return size_t(options_.patients) * size_t(options_.slices); }
  std::string group(size_t index) const override { return std::to_string(index / size_t(options_.slices)); }
  std::string label(size_t index) const override { return patients_.type_of(index / size_t(options_.slices)); }
  std::string fingerprint() const override { return sha256(fingerprint_ + std::to_string(options_.patients)); }

  LearningSlice get(size_t index) const override {
    if (folder_.empty()) return render(patient_of(index), index);
    const fs::path path = path_of(index);
    if (!fs::exists(path)) {
      const phantom::Patient one = patient_of(index);
      for (const size_t item : items_of_patient(index))
        if (!fs::exists(path_of(item))) write_file(path_of(item), bytes_of_slice(render(one, item)));
    }
    return slice_from_bytes(read_file(path), path.string());
  }

  std::vector<LearningSlice> phases(size_t index) const override {
    if (options_.view == "scan") return {get(index)};
    if (folder_.empty()) return render_phases(patient_of(index), index);
    if (!has_phases(index)) {
      const phantom::Patient one = patient_of(index);
      for (const size_t item : items_of_patient(index))
        if (!has_phases(item)) keep_phases(item, render_phases(one, item));
    }
    std::vector<LearningSlice> planes;
    for (const fs::path& path : paths_of_phases(index))
      planes.push_back(slice_from_bytes(read_file(path), path.string()));
    return planes;
  }

 private:
  fs::path path_of(size_t index) const { return folder_ / fmt::format("{:06}.slice", index); }

  std::vector<fs::path> paths_of_phases(size_t index) const {
    std::vector<fs::path> paths;
    for (const Phase phase : patients_.distinct_phases())
      paths.push_back(folder_ / fmt::format("{:06}_{}.slice", index, name_of(phase)));
    return paths;
  }

  bool has_phases(size_t index) const {
    const std::vector<fs::path> paths = paths_of_phases(index);
    return std::all_of(paths.begin(), paths.end(), [](const fs::path& path) { return fs::exists(path); });
  }

  void keep_phases(size_t index, const std::vector<LearningSlice>& planes) const {
    const std::vector<fs::path> paths = paths_of_phases(index);
    for (size_t p = 0; p < paths.size(); ++p) write_file(paths[p], bytes_of_slice(planes[p]));
  }

  /// Items of the same patient, whose making takes longer than that of a slice: they are rendered together.
  std::vector<size_t> items_of_patient(size_t index) const {
    const size_t each = size_t(options_.slices);
    std::vector<size_t> items(each);
    std::iota(items.begin(), items.end(), index / each * each);
    return items;
  }

  phantom::Patient patient_of(size_t item) const { return patients_.get(item / size_t(options_.slices)); }

  LearningSlice render(const phantom::Patient& one, size_t index) const {
    Rng rng = Rng(seed_).fork(index + 1);
    LearningSlice slice;
    // A cut may miss its lesion (breathing, irregular shape): then another height is drawn.
    for (int attempt = 0; attempt < 8; ++attempt) {
      slice = options_.view == "lesion" ? around_lesion(one, index, rng) : through_trunk(one, rng);
      if (options_.view == "scan" || slice.target) break;
    }
    return slice;
  }

  double draw_field(const phantom::Patient& one, Rng& rng) const {
    const double field = rng.uniform(options_.field_low_mm, options_.field_high_mm);
    return options_.field_by_size ? field * 2 * one.body_box().high[0] / kAdultWidthMm : field;
  }

  LearningSlice through_trunk(const phantom::Patient& one, Rng& rng) const {
    const Box3 body = one.body_box(), liver = one.liver_box();
    double z = rng.uniform(body.low[2], body.high[2]);
    if (rng.chance(options_.in_lesion) && !one.lesions().empty()) {
      const auto& lesion = one.lesions()[size_t(rng.integer(0, int64_t(one.lesions().size()) - 1))];
      z = lesion.center[2] + rng.uniform(-0.42, 0.42) * lesion.diameter_mm;
    } else if (rng.chance(options_.in_liver)) {
      z = rng.uniform(liver.low[2] - 5, liver.high[2] + 5);
    }
    const double field = draw_field(one, rng);
    const Vec3 center{body.center()[0] + rng.uniform(-15, 15), body.center()[1] + rng.uniform(-15, 15), z};
    LearningSlice slice = cut(one, center, field, rng);
    slice.lesion.clear();
    return slice;
  }

  struct View {
    Vec3 center;
    double field_mm;
  };

  /// A field of view around one lesion of the item's type; around the liver where the patient has none.
  View view_of_lesion(const phantom::Patient& one, size_t index, Rng& rng) const {
    const LesionType type = *phantom::lesion_type_from_name(label(index));
    std::vector<phantom::LesionTruth> lesions;
    for (const auto& lesion : one.lesions()) {
      if (lesion.type == type) lesions.push_back(lesion);
    }
    if (lesions.empty()) return {one.liver_box().center(), options_.field_low_mm};
    const auto& lesion = lesions[size_t(rng.integer(0, int64_t(lesions.size()) - 1))];
    const double field = draw_field(one, rng);
    Vec3 center = lesion.center;
    center[2] += rng.uniform(-0.4, 0.4) * lesion.diameter_mm;
    return {center, field};
  }

  LearningSlice around_lesion(const phantom::Patient& one, size_t index, Rng& rng) const {
    const View view = view_of_lesion(one, index, rng);
    LearningSlice slice = cut(one, view.center, view.field_mm, rng);
    aim(slice, label(index));
    return slice;
  }

  /// The lesion of type `label` that lies nearest to the middle becomes the target, and the only one in `lesion`.
  void aim(LearningSlice& slice, const std::string& label) const {
    const double middle = 0.5 * options_.matrix;
    double nearest = 1e9;
    for (const LesionBox& box : slice.lesions) {
      const double distance = std::hypot(box.box.center_x() - middle, box.box.center_y() - middle);
      if (box.type != label || distance >= nearest) continue;
      nearest = distance;
      slice.target = box.box;
      slice.label = box.type;
    }
    slice.lesion = slice.target ? mask_of_box(slice, *slice.target) : std::vector<uint8_t>();
  }

  /// What carries the most frequent of the labels in the box.
  static std::vector<uint8_t> mask_of_box(const LearningSlice& slice, const Box2& box) {
    std::map<uint8_t, int64_t> counts;
    for (auto y = int64_t(box.y0); y < int64_t(box.y1); ++y)
      for (auto x = int64_t(box.x0); x < int64_t(box.x1); ++x)
        if (const uint8_t id = slice.lesion[size_t(y * slice.width + x)]) ++counts[id];
    const auto most = std::max_element(
        counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    std::vector<uint8_t> mask;
    for (const uint8_t id : slice.lesion) mask.push_back(id == most->first);
    return mask;
  }

  /// One plane in every phase, by one scanner: the breath moves the lesion through it.
  std::vector<LearningSlice> render_phases(const phantom::Patient& one, size_t index) const {
    Rng rng = Rng(seed_).fork(index + 1);
    std::vector<LearningSlice> planes;
    const auto seen = [](const LearningSlice& plane) { return plane.target.has_value(); };
    for (int attempt = 0; attempt < 8; ++attempt) {
      const View view = view_of_lesion(one, index, rng);
      const Cut cut = draw_cut(view.center, view.field_mm, rng);
      planes.clear();
      for (const Phase phase : patients_.distinct_phases()) {
        planes.push_back(cut_in(one, cut, phase, rng));
        aim(planes.back(), label(index));
      }
      if (std::any_of(planes.begin(), planes.end(), seen)) break;
    }
    const auto first = std::find_if(planes.begin(), planes.end(), seen);
    if (first == planes.end()) return planes;
    const Box2 box = *first->target;
    for (LearningSlice& plane : planes) {
      if (!plane.target) plane.target = box;
      plane.label = label(index);
    }
    return planes;
  }

  /// A slice's grid and the scanner that it is taken with.
  struct Cut {
    Geometry grid;
    phantom::ScannerOptions scanner;
  };

  Cut draw_cut(const Vec3& center, double field_mm, Rng& rng) const {
    const phantom::ScannerOptions scanner = phantom::draw_scanner(rng, options_.cohort);
    const double thickness = scanner.slice_thickness_mm > 0 ? scanner.slice_thickness_mm : rng.uniform(1, 5);
    return {slice_grid(center, options_.matrix, field_mm, thickness), scanner};
  }

  LearningSlice cut(const phantom::Patient& one, const Vec3& center, double field_mm, Rng& rng) const {
    const Phase phase = patients_.draw_phase(rng);
    return cut_in(one, draw_cut(center, field_mm, rng), phase, rng);
  }

  /// `lesion` holds the lesions' ids until `aim`.
  LearningSlice cut_in(const phantom::Patient& one, const Cut& cut, Phase phase, Rng& rng) const {
    const auto& [grid, scanner] = cut;
    const phantom::Rendering rendering = one.render(grid, phase, scanner, rng.next());
    LearningSlice slice;
    slice.width = slice.height = options_.matrix;
    slice.spacing_mm = grid.spacing[0];
    slice.phase = phase;
    slice.hu.assign(rendering.hu.values().begin(), rendering.hu.values().end());
    const Mask liver = phantom::liver_mask(rendering.organs);
    slice.liver.assign(liver.values().begin(), liver.values().end());
    slice.liver_hu = median_liver_hu(slice);
    slice.lesions = boxes_of(rendering, one, slice, options_.least_lesion_mm);
    slice.lesion.assign(rendering.lesions.values().begin(), rendering.lesions.values().end());
    if (options_.context_mm > 0) {
      const auto beside = [&](double side) {
        Geometry there = grid;
        there.origin[2] += side * options_.context_mm;
        const Volume<int16_t> hu = one.render(there, phase, scanner, rng.next()).hu;
        return std::vector<float>(hu.values().begin(), hu.values().end());
      };
      slice.above = beside(1);
      slice.below = beside(-1);
    }
    if (options_.as_adult) slice.spacing_mm /= size_from_trunk_width(2 * one.body_box().high[0]);
    return slice;
  }

  PhantomSourceOptions options_;
  uint64_t seed_;
  PhantomPatients patients_;
  std::string fingerprint_;
  fs::path folder_;
};

}  // namespace

PhantomSourceOptions phantom_source_options(OptionReader& reader) {
  PhantomSourceOptions o;
  read_phantom_patients(reader, o);
  o.slices = int(reader.integer("slices", o.slices, 1, 10000));
  o.view = reader.choice("view", o.view, {"scan", "lesion"});
  o.matrix = int(reader.integer("matrix", o.matrix, 16, 2048));
  const std::vector<double> field = reader.numbers("field_mm", {o.field_low_mm, o.field_high_mm}, 10, 2000);
  if (field.size() != 2 || field[0] > field[1])
    throw Error(ErrorCode::bad_recipe, "'field_mm' needs two values: the smallest and the largest field of view");
  o.field_low_mm = field[0];
  o.field_high_mm = field[1];
  o.field_by_size = reader.boolean("field_by_size", o.field_by_size);
  o.in_lesion = reader.number("in_lesion", o.in_lesion, 0, 1);
  o.in_liver = reader.number("in_liver", o.in_liver, 0, 1);
  o.context_mm = reader.number("context_mm", o.context_mm, 0, 50);
  o.least_lesion_mm = reader.number("least_lesion_mm", o.least_lesion_mm, 0, 100);
  return o;
}

std::unique_ptr<SliceSource> make_phantom_source(const PhantomSourceOptions& options,
                                                 uint64_t seed,
                                                 const fs::path& cache) {
  return std::make_unique<PhantomSource>(options, seed, cache);
}

}  // namespace hepatica
