// Whole volumes of synthetic patients, rendered when they are asked for.
#pragma once

#include <memory>

#include "dataset/phantom_patients.h"
#include "dataset/study_source.h"
#include "dataset/volume_source.h"

namespace hepatica {

struct PhantomVolumeOptions : PhantomPatientOptions {
  int matrix = 256;                            ///< columns and rows
  double slice_low_mm = 2, slice_high_mm = 5;  ///< distance of the slices, uniform
  /// What a scan takes in, drawn alike: "liver", "abdomen" (to the kidneys), "thorax", "pelvis" (with the abdomen).
  std::vector<std::string> ranges{"liver", "abdomen", "thorax"};
};

/// The keys of `read_phantom_patients`, `matrix`, `slice_mm: [low, high]` and `ranges`.
PhantomVolumeOptions phantom_volume_options(OptionReader& reader);

/// Item i is one volume of patient i, in one of the phases; it depends on the options, `seed` and i alone.
std::unique_ptr<VolumeSource> make_phantom_volumes(const PhantomVolumeOptions& options, uint64_t seed);
/// Item i is patient i in each of the phases, on one grid and by one scanner.
std::unique_ptr<StudySource> make_phantom_studies(const PhantomVolumeOptions& options, uint64_t seed);

}  // namespace hepatica
