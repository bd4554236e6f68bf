// Slices of synthetic patients, rendered when they are first asked for.
#pragma once

#include <memory>

#include "base/files.h"
#include "base/options.h"
#include "dataset/phantom_patients.h"
#include "dataset/source.h"

namespace hepatica {

struct PhantomSourceOptions : PhantomPatientOptions {
  int slices = 8;  ///< of each patient
  /// "scan": whole axial slices. "lesion": a field of view around one lesion of the patient's type, which is `target`.
  std::string view = "scan";
  int matrix = 256;
  double field_low_mm = 320, field_high_mm = 460;  ///< side of the field of view
  /// The field's bounds are those of a mean adult, and shrink with a child's trunk.
  bool field_by_size = false;
  double in_lesion = 0;  ///< view scan: fraction of slices through a lesion
  double in_liver =
      0.7;  ///< fraction of the others that lie within the liver's height; the rest lies anywhere in the trunk
  double context_mm = 0;       ///< the planes this far above and below are rendered too; 0: they are not
  double least_lesion_mm = 4;  ///< cuts through lesions whose box is smaller get no box
};

/// Keys as above and of `read_phantom_patients`, with `field_mm: [low, high]`.
PhantomSourceOptions phantom_source_options(OptionReader& reader);

/// With the view "lesion", `phases` gives the same plane in each of the distinct phases, in their order.
/// Item i is slice i % slices of patient i / slices; it depends on the options, `seed` and i alone. Rendered slices are
/// kept in `cache` (empty: not kept) under a hash of the options, the phantoms' version and the first slice, so that
/// neither other options nor another version of the phantoms takes an old slice.
std::unique_ptr<SliceSource> make_phantom_source(const PhantomSourceOptions& options,
                                                 uint64_t seed,
                                                 const fs::path& cache);

}  // namespace hepatica
