// A synthetic patient: anatomy, lesions and contrast kinetics drawn from a seed, rendered as CT on any grid on demand.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "image/box.h"
#include "image/volume.h"
#include "phantom/lesion_type.h"
#include "phantom/organ.h"
#include "study/phase.h"

namespace hepatica::phantom {

/// Of what a seed gives; to be raised with every change of it. Caches and checkpoints know their phantoms by it.
inline constexpr int kVersion = 2;

/// Closed range that a value is drawn from, uniformly unless said otherwise.
struct Range {
  double low = 0, high = 0;
};

/// What patients are like. Values are drawn per patient from the ranges.
struct PatientOptions {
  /// Weights of the patient's lesion type, in the order of LesionType; those left out are 0. Here those of adults.
  std::vector<double> type_weights{1, 1, 1, 1, 1, 1};
  double no_lesion_probability = 0;  ///< patients with a healthy liver
  Range lesion_count{1, 3};  ///< number of lesions of the patient's type; metastases draw from `metastasis_count`
  Range metastasis_count{2, 7};
  Range lesion_diameter_mm{8, 70};      ///< log-uniform
  Range lesion_contrast{0.8, 1.2};      ///< factor on the difference between lesion and liver; 1 is the published mean
  double simple_cyst_probability = 0;   ///< of one to three extra cysts of 4..15 mm beside the patient's type
  Range scale{0.94, 1.06};              ///< size of the whole body; 1 is a mean adult
  Range habitus{0, 0.8};                ///< 0 thin, 1 obese
  double anatomy_variation = 1;         ///< factor on the spread of organ positions, sizes and shapes; 0 gives the mean
  double cirrhosis_probability = 0.15;  ///< nodular liver, large spleen; 0.6 where the patient has HCC
  double steatosis_probability = 0.2;
  Range contrast_dose{0.85, 1.15};  ///< factor on all enhancement
  Range arterial_delay_s{30, 38};   ///< from the start of injection
  Range portal_delay_s{62, 80};
  Range delayed_delay_s{160, 200};
  double breathing_mm = 4;  ///< standard deviation of the shift along z between phases
  double ascites_probability = 0.04;
  double effusion_probability = 0.05;
  double mass_probability = 0.03;  ///< of a large tumour outside the liver, next to it
  double arms_down_probability = 0.03;
  double metal_probability = 0;  ///< of an implant with streaks
  double oral_contrast_probability = 0.15;

  /// Children: sizes follow the age (growth.h), lesions are those of children (numbers and diameters, too: the three
  /// ranges above are left aside), and the delays above are of an adult whose contrast is as far.
  bool children = false;
  Range age_years{0.02, 16};
  double any_age_probability = 0;  ///< of an age from `age_years` alike for all types, not from the type's own ages
  Range age_share{0, 1};           ///< part of the distribution of ages that is drawn from: strata of a cohort
};

/// Options of a named cohort: "default"; "training" (wide randomisation of anatomy, contrast and habitus);
/// "test" (realistic, as "default", with seeds of its own); "pediatric", "pediatric_training" and "pediatric_test": the
/// same for children of 0 to 16 years, with the nine types of `childhood_lesions`. Other names take "default", or
/// "pediatric" where they begin with it. See `patient_seed`.
PatientOptions cohort_options(std::string_view cohort);

bool is_pediatric(std::string_view cohort);        ///< its name begins with "pediatric"
bool is_training_cohort(std::string_view cohort);  ///< "training" or "pediatric_training"
/// The types that a cohort's patients have, in the order in which they take turns.
std::vector<LesionType> cohort_types(std::string_view cohort);

/// Seed of patient `index` of a cohort. The name enters the seed, so cohorts of different names share no patient.
uint64_t patient_seed(std::string_view cohort, uint64_t seed, uint64_t index);

/// The scanner and its reconstruction.
struct ScannerOptions {
  double noise_hu = 12;           ///< standard deviation in the centre of a mean adult body; follows size and dose
  double kernel = 0.4;            ///< 0 soft .. 1 sharp: blur and colour of the noise
  double slice_thickness_mm = 0;  ///< averaged along z; 0 takes the grid's spacing along k
  double field_of_view_mm = 0;    ///< diameter of the reconstructed circle around the body's axis, air outside; 0 none
  double streaks = 0.2;           ///< strength of beam hardening and photon starvation, 0 none .. 1 strong
  bool table = true;
};

/// A scanner drawn at random, as `cohort` has them ("training": wider ranges).
ScannerOptions draw_scanner(Rng& rng, std::string_view cohort);

/// What lies where, for one lesion.
struct LesionTruth {
  int id = 0;  ///< from 1; the value in `Rendering::lesions`
  LesionType type = LesionType::cyst;
  Vec3 center{0, 0, 0};    ///< mm, LPS, at the breathing position of the reference (portal venous) phase
  double diameter_mm = 0;  ///< of the sphere of its size before irregularities
};

/// How much of the body a scan takes in.
enum class ScanRange { liver, abdomen, thorax_abdomen, abdomen_pelvis };

struct ScanOptions {
  ScanRange range = ScanRange::liver;
  double margin_mm = 15;        ///< above and below the liver for ScanRange::liver
  int64_t matrix = 512;         ///< columns and rows
  double field_of_view_mm = 0;  ///< 0 fits the body
  double slice_spacing_mm = 5;
};

struct Rendering {
  Volume<int16_t> hu;  ///< HU
  Mask organs;         ///< Organ labels
  Mask lesions;        ///< LesionTruth::id, 0 elsewhere
};

struct Anatomy;

/// A patient in mm, LPS: x = 0 in the midline, z = 0 at the liver's gate. Safe to render from several threads.
///
///     Patient patient(patient_seed("training", 0, 7), cohort_options("training"));
///     Geometry grid = patient.scan_geometry({});
///     Rendering slice = patient.render(slice_geometry(grid, 12), Phase::arterial, {}, 1);
class Patient {
 public:
  /// Error{bad_values} where the type weights are more than there are types, or none is above 0.
  Patient(uint64_t seed, const PatientOptions& options);
  ~Patient();
  Patient(Patient&&) noexcept;
  Patient& operator=(Patient&&) noexcept;

  const std::vector<LesionTruth>& lesions() const { return lesions_; }
  /// Type of the patient's lesions ("hcc", ...); "none" for a healthy liver.
  std::string diagnosis() const;
  Box3 body_box() const;           ///< from the lower thorax to the pelvis, table left out
  Box3 liver_box() const;          ///< mm, to about 5 mm
  double liver_volume_ml() const;  ///< to about 5 %
  uint64_t seed() const { return seed_; }
  double age_years() const { return age_years_; }
  char sex() const { return female_ ? 'F' : 'M'; }
  /// Seconds from the start of injection to the acquisition; 0 for noncontrast and unknown.
  double delay_s(Phase phase) const;

  Geometry scan_geometry(const ScanOptions& options) const;

  /// CT on `geometry` (any grid: one slice, a crop, a volume, oblique too). Slices are rendered in parallel; the result
  /// does not depend on the number of threads. Noise is drawn from `noise_seed` and the slice's place in the grid.
  /// Masks are those of the slice's central plane. Phase::unknown renders as noncontrast.
  Rendering render(const Geometry& geometry, Phase phase, const ScannerOptions& scanner, uint64_t noise_seed) const;

 private:
  uint64_t seed_;
  double age_years_ = 0;
  bool female_ = false;
  std::vector<LesionTruth> lesions_;
  std::unique_ptr<const Anatomy> anatomy_;
};

}  // namespace hepatica::phantom
