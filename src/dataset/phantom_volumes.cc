#include "dataset/phantom_volumes.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "study/body_size.h"

namespace hepatica {
namespace {

const std::map<std::string, phantom::ScanRange> kRanges{{"liver", phantom::ScanRange::liver},
                                                        {"abdomen", phantom::ScanRange::abdomen},
                                                        {"thorax", phantom::ScanRange::thorax_abdomen},
                                                        {"pelvis", phantom::ScanRange::abdomen_pelvis}};

/// What a volume depends on; the number of patients is no part of it.
nlohmann::json json_of(const PhantomVolumeOptions& o) {
  nlohmann::json json{{"version", phantom::kVersion},
                      {"cohort", o.cohort},
                      {"no_lesion", o.no_lesion},
                      {"types", o.types},
                      {"weights", o.weights},
                      {"phases", o.phases},
                      {"as_adult", o.as_adult},
                      {"matrix", o.matrix},
                      {"slice_mm", {o.slice_low_mm, o.slice_high_mm}},
                      {"ranges", o.ranges}};
  // Left out where they do nothing, so that what was made before them is still found.
  if (!o.lesions.empty()) json["lesions"] = o.lesions;
  if (!o.diameter_mm.empty()) json["diameter_mm"] = o.diameter_mm;
  return json;
}

/// Of the options and the phantoms' version; a rendered slice tells what changed without a new one.
std::string fingerprint_of(const PhantomVolumeOptions& options, const PhantomPatients& patients, uint64_t seed) {
  const phantom::Patient one = patients.get(0);
  Geometry grid = one.scan_geometry({phantom::ScanRange::liver, 0, 64, 0, 20});
  grid = slice_geometry(grid, grid.size[2] / 2);
  const Volume<int16_t> hu = one.render(grid, Phase::portal_venous, {}, seed).hu;
  return sha256(json_of(options).dump() + std::to_string(seed) +
                std::string(reinterpret_cast<const char*>(hu.values().data()), hu.values().size_bytes()));
}

/// How one patient is scanned.
struct Scan {
  Geometry grid;
  phantom::ScannerOptions scanner;
};

Scan draw_scan(const PhantomVolumeOptions& options, const phantom::Patient& patient, Rng& rng) {
  phantom::ScanOptions scan;
  scan.range = kRanges.at(options.ranges[size_t(rng.integer(0, int64_t(options.ranges.size()) - 1))]);
  scan.matrix = options.matrix;
  scan.slice_spacing_mm = rng.uniform(options.slice_low_mm, options.slice_high_mm);
  const phantom::ScannerOptions scanner = phantom::draw_scanner(rng, options.cohort);
  return {patient.scan_geometry(scan), scanner};
}

/// Items that are patients, each once.
template <class Source>
class OfPatients : public Source {
 public:
  OfPatients(const PhantomVolumeOptions& options, uint64_t seed)
      : options_(options),
        seed_(seed),
        patients_(options, seed),
        fingerprint_(fingerprint_of(options, patients_, seed)) {}

  size_t size() const override { return size_t(options_.patients); }
  std::string group(size_t index) const override { return std::to_string(index); }
  std::string label(size_t index) const override { return patients_.type_of(index); }
  std::string fingerprint() const override { return sha256(fingerprint_ + std::to_string(options_.patients)); }
  std::string key(size_t index) const override { return fmt::format("{}|{}", fingerprint_, index); }

 protected:
  Rng stream(size_t index) const { return Rng(seed_).fork(index + 1); }

  PhantomVolumeOptions options_;
  uint64_t seed_;
  PhantomPatients patients_;
  std::string fingerprint_;
};

/// States an adult's voxel size.
void enlarge(Geometry& grid, const phantom::Patient& patient) {
  for (double& spacing : grid.spacing) spacing /= size_from_trunk_width(2 * patient.body_box().high[0]);
}

class PhantomVolumes : public OfPatients<VolumeSource> {
 public:
  using OfPatients::OfPatients;

  LearningVolume get(size_t index) const override {
    const phantom::Patient patient = patients_.get(index);
    Rng rng = stream(index);
    const Phase phase = patients_.draw_phase(rng);
    const Scan scan = draw_scan(options_, patient, rng);
    phantom::Rendering made = patient.render(scan.grid, phase, scan.scanner, rng.next());
    LearningVolume volume{std::move(made.hu), phantom::liver_mask(made.organs)};
    if (options_.as_adult) {
      Geometry grid = volume.hu.geometry();
      enlarge(grid, patient);
      volume.hu.set_geometry(grid);
      volume.liver.set_geometry(grid);
    }
    return volume;
  }
};

class PhantomStudies : public OfPatients<StudySource> {
 public:
  using OfPatients::OfPatients;

  std::vector<LearningPhase> get(size_t index) const override {
    const phantom::Patient patient = patients_.get(index);
    Rng rng = stream(index);
    const Scan scan = draw_scan(options_, patient, rng);
    Geometry grid = scan.grid;
    if (options_.as_adult) enlarge(grid, patient);
    std::vector<LearningPhase> phases;
    for (const Phase phase : patients_.distinct_phases()) {
      phantom::Rendering made = patient.render(scan.grid, phase, scan.scanner, rng.next());
      phases.push_back({phase, std::move(made.hu), std::move(made.lesions)});
      phases.back().hu.set_geometry(grid);
      phases.back().lesions.set_geometry(grid);
    }
    return phases;
  }
};

}  // namespace

PhantomVolumeOptions phantom_volume_options(OptionReader& reader) {
  PhantomVolumeOptions o;
  read_phantom_patients(reader, o);
  o.matrix = int(reader.integer("matrix", o.matrix, 16, 2048));
  const std::vector<double> slices = reader.numbers("slice_mm", {o.slice_low_mm, o.slice_high_mm}, 0.3, 20);
  if (slices.size() != 2 || slices[0] > slices[1])
    throw Error(ErrorCode::bad_recipe, "phantoms: 'slice_mm' needs two values: the smallest and the largest distance");
  o.slice_low_mm = slices[0];
  o.slice_high_mm = slices[1];
  o.ranges = reader.texts("ranges", o.ranges);
  for (const std::string& range : o.ranges)
    if (!kRanges.count(range))
      throw Error(ErrorCode::bad_recipe,
                  fmt::format("phantoms: unknown range '{}'; use liver, abdomen, thorax or pelvis", range));
  if (o.ranges.empty()) throw Error(ErrorCode::bad_recipe, "phantoms: 'ranges' needs one entry or more");
  return o;
}

std::unique_ptr<VolumeSource> make_phantom_volumes(const PhantomVolumeOptions& options, uint64_t seed) {
  return std::make_unique<PhantomVolumes>(options, seed);
}

std::unique_ptr<StudySource> make_phantom_studies(const PhantomVolumeOptions& options, uint64_t seed) {
  return std::make_unique<PhantomStudies>(options, seed);
}

}  // namespace hepatica
