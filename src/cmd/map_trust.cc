#include "cmd/map_trust.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/threads.h"
#include "cmd/cohort_study.h"
#include "cmd/reference_masks.h"
#include "io/mask_cell.h"
#include "stages/explain/map_checks.h"
#include "stages/ingest/ingest.h"

namespace hepatica::cmd {
namespace {

constexpr int64_t kControlCells = 7;  // of a random map, as of a ResNet's features on 224 pixels

/// A crop with what its checks need; the study that it comes from is not kept.
struct Subject {
  TrustCrop about;
  PlaneImage crop;
  size_t chosen = 0;
  std::vector<uint8_t> lesion;  ///< its pixels, with the tolerance
  std::shared_ptr<const Baselines> baselines;
};

/// The largest area of one label on a slice, and its box.
struct LesionSlice {
  int label = 0;
  int64_t slice = 0, area = 0;
  Box2 box;
};

void extend(LesionSlice& into, int64_t i, int64_t j) {
  const Box2 pixel{double(i), double(j), double(i + 1), double(j + 1)};
  if (into.area++ == 0) {
    into.box = pixel;
    return;
  }
  into.box = {std::min(into.box.x0, pixel.x0),
              std::min(into.box.y0, pixel.y0),
              std::max(into.box.x1, pixel.x1),
              std::max(into.box.y1, pixel.y1)};
}

/// Of each label the slice of its largest area, the largest labels first.
std::vector<LesionSlice> largest_slices(const Mask& lesions) {
  std::map<int, LesionSlice> best;
  for (int64_t k = 0; k < lesions.nz(); ++k) {
    std::map<int, LesionSlice> here;
    for (int64_t j = 0; j < lesions.ny(); ++j)
      for (int64_t i = 0; i < lesions.nx(); ++i)
        if (const int label = lesions.at(i, j, k)) extend(here[label], i, j);
    for (auto& [label, found] : here)
      if (found.area > best[label].area) best[label] = {label, k, found.area, found.box};
  }
  std::vector<LesionSlice> all;
  for (const auto& [label, found] : best) all.push_back(found);
  std::stable_sort(all.begin(), all.end(), [](const LesionSlice& a, const LesionSlice& b) { return a.area > b.area; });
  return all;
}

/// The lesion's box, moved so that it lies off the crop's middle and stays within the crop.
Box2 moved(const Box2& box, double side, double shift, Rng& rng) {
  const auto off = [&](double extent) {
    const double most = std::max(0.0, std::min(shift * side, 0.5 * (side - extent)));
    return std::round(rng.uniform(-most, most));
  };
  const double x = off(box.width()), y = off(box.height());
  return {box.x0 + x, box.y0 + y, box.x1 + x, box.y1 + y};
}

size_t winner(const std::vector<double>& logits) {
  return size_t(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

double softmax_of(const std::vector<double>& logits, size_t chosen) {
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - logits[chosen]);
  return 1 / sum;
}

/// Boxes of reference lesions as detections, so that slices with a lesion are no baselines.
std::vector<Detection> findings_of(const Mask& lesions, size_t image) {
  std::vector<Detection> findings;
  for (int64_t k = 0; k < lesions.nz(); ++k) {
    const auto slice = lesions.slice(k);
    if (std::any_of(slice.begin(), slice.end(), [](uint8_t v) { return v != 0; }))
      findings.push_back({image, k, {0, 0, 1, 1}, 1});
  }
  return findings;
}

class Gatherer {
 public:
  Gatherer(const ReferenceManifest& manifest, const Recipe& recipe, const CropModel& model, const TrustOptions& options)
      : manifest_(manifest), recipe_(recipe), model_(model), options_(options), rng_(options.seed) {}

  std::vector<Subject> gather() {
    Progress progress("patients", manifest_.patients.size());
    for (const ReferencePatient& patient : manifest_.patients) {
      check_interrupted();
      add_patient(patient);
      progress.advance();
    }
    if (subjects_.empty())
      throw Error(ErrorCode::bad_manifest,
                  fmt::format("{}: no image of the recipe's phases has a reference lesion; give masks in the column "
                              "lesions",
                              manifest_.file));
    return std::move(subjects_);
  }

 private:
  void add_patient(const ReferencePatient& patient) {
    const CohortStudy cohort = read_patient(patient, options_.known_phases);
    require_accepted_series(cohort.study);
    PreprocessedStudy study = preprocess(cohort.study, recipe_.phases, recipe_.preprocess);
    for (size_t i = 0; i < study.images.size(); ++i) {
      const auto row = cohort.row_of_series[study.images[i].series];
      if (!row) continue;
      const ReferenceImage& reference = patient.images[*row];
      const Geometry& grid = study.images[i].hu.geometry();
      const Mask lesions = read_lesion_reference(reference.lesions, manifest_.folder, grid);
      if (lesions.empty()) continue;
      study.images[i].liver = read_mask_cell(reference.liver, manifest_.folder, grid);
      add_image(patient.id, study, i, lesions);
    }
  }

  void add_image(const std::string& patient, const PreprocessedStudy& study, size_t i, const Mask& lesions) {
    const std::vector<LesionSlice> slices = largest_slices(lesions);
    if (slices.empty()) return;
    auto baselines = std::make_shared<Baselines>(
        baselines_of(model_, study, i, findings_of(lesions, i), recipe_.explain.expected_gradients));
    if (!baselines->warning.empty() && uses_baselines()) log_warning("{}: {}", patient, baselines->warning);
    const Geometry& grid = study.images[i].hu.geometry();
    for (size_t l = 0; l < std::min(slices.size(), size_t(options_.lesions)); ++l) {
      Subject subject;
      const Box2 any = model_.crop_box(study, {i, slices[l].slice, slices[l].box, 1});
      const Detection place{i, slices[l].slice, moved(slices[l].box, any.width(), options_.shift, rng_), 1};
      subject.crop = model_.crop(study, place);
      subject.lesion = mask_on_crop(lesions,
                                    place.slice,
                                    model_.crop_box(study, place),
                                    options_.tolerance_mm / std::max(grid.spacing[0], grid.spacing[1]));
      subject.baselines = baselines;
      const std::vector<double> logits = model_.logits({subject.crop}).front();
      subject.chosen = winner(logits);
      subject.about = {
          patient,
          std::string(name_of(study.images[i].phase)),
          place.slice,
          slices[l].label,
          model_.classes()[subject.chosen],
          softmax_of(logits, subject.chosen),
          double(std::count(subject.lesion.begin(), subject.lesion.end(), uint8_t(1))) / double(subject.lesion.size())};
      subjects_.push_back(std::move(subject));
    }
  }

  bool uses_baselines() const {
    const auto& methods = options_.methods;
    return std::find(methods.begin(), methods.end(), "expected_gradients") != methods.end();
  }

  const ReferenceManifest& manifest_;
  const Recipe& recipe_;
  const CropModel& model_;
  const TrustOptions& options_;
  Rng rng_;
  std::vector<Subject> subjects_;
};

std::vector<CropMap> maps_of(const CropModel& model,
                             const std::vector<Subject>& subjects,
                             const std::string& method,
                             ExplainOptions options) {
  std::vector<PlaneImage> crops;
  std::vector<size_t> classes;
  for (const Subject& subject : subjects) {
    crops.push_back(subject.crop);
    classes.push_back(subject.chosen);
  }
  options.method = method;
  return crop_maps(model, crops, classes, options, [&](size_t n) -> const std::vector<PlaneImage>& {
    return subjects[n].baselines->crops;
  });
}

MapCheck check_map(const CropModel& model, const Subject& subject, const CropMap& map, int64_t steps) {
  const PlaneImage& crop = subject.crop;
  const std::vector<float> pixels = map_on_pixels(map, crop.height, crop.width);
  FidelityCurve deletion = deletion_curve(model, crop, subject.chosen, pixels, steps);
  FidelityCurve insertion = insertion_curve(model, crop, subject.chosen, pixels, steps);
  const auto highest = highest_pixel(pixels, crop.width);
  MapCheck check;
  check.deletion = std::move(deletion.probability);
  check.insertion = std::move(insertion.probability);
  check.deletion_area = deletion.area;
  check.insertion_area = insertion.area;
  check.hit = highest && subject.lesion[*highest] != 0;
  if (map.additivity) check.residual = map.additivity->residual();
  return check;
}

MethodChecks check_all(const CropModel& model,
                       const std::vector<Subject>& subjects,
                       const std::string& name,
                       bool control,
                       const std::vector<CropMap>& maps,
                       int64_t steps) {
  MethodChecks checks{name, control, {}};
  for (size_t n = 0; n < subjects.size(); ++n) {
    check_interrupted();
    checks.of_crop.push_back(check_map(model, subjects[n], maps[n], steps));
  }
  return checks;
}

CropMap random_map(Rng rng) {
  CropMap map{kControlCells, kControlCells, {}, {}};
  for (int64_t cell = 0; cell < kControlCells * kControlCells; ++cell) map.values.push_back(float(rng.uniform()));
  return map;
}

CropMap centre_map() {
  CropMap map{kControlCells, kControlCells, {}, {}};
  const int64_t middle = kControlCells / 2;
  for (int64_t row = 0; row < kControlCells; ++row)
    for (int64_t column = 0; column < kControlCells; ++column)
      map.values.push_back(float(-std::hypot(double(row - middle), double(column - middle))));
  return map;
}

}  // namespace

TrustData check_maps(const ReferenceManifest& manifest,
                     const Recipe& recipe,
                     const Classifier& classifier,
                     const TrustOptions& options) {
  const CropModel& model = classifier.crop_model();
  const std::vector<Subject> subjects = Gatherer(manifest, recipe, model, options).gather();
  TrustData data;
  data.layers = model.layers();
  for (const Subject& subject : subjects) data.crops.push_back(subject.about);
  Progress progress("maps", options.methods.size() * (data.layers.size() + 1) + 2);
  std::vector<std::vector<CropMap>> maps;
  for (const std::string& method : options.methods) {
    maps.push_back(maps_of(model, subjects, method, recipe.explain));
    data.methods.push_back(check_all(model, subjects, method, false, maps.back(), options.steps));
    progress.advance();
  }
  for (size_t layers = 1; layers <= data.layers.size(); ++layers) {
    const std::unique_ptr<CropModel> untrained = model.with_random_layers(layers, options.seed);
    for (size_t m = 0; m < options.methods.size(); ++m) {
      const std::vector<CropMap> others = maps_of(*untrained, subjects, options.methods[m], recipe.explain);
      for (size_t n = 0; n < subjects.size(); ++n)
        data.methods[m].of_crop[n].correlations.push_back(map_correlation(maps[m][n].values, others[n].values));
      progress.advance();
    }
  }
  std::vector<CropMap> random;
  const Rng rng(options.seed);
  for (size_t n = 0; n < subjects.size(); ++n) random.push_back(random_map(rng.fork(n)));
  data.methods.push_back(check_all(model, subjects, "random", true, random, options.steps));
  progress.advance();
  const std::vector<CropMap> centres(subjects.size(), centre_map());
  data.methods.push_back(check_all(model, subjects, "centre", true, centres, options.steps));
  progress.advance();
  return data;
}

}  // namespace hepatica::cmd
