// Tells the gallbladder from lesions: a detector that sees single slices takes it for a cyst where the liver encloses
// it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/options.h"
#include "stages/detect/lesions.h"

namespace hepatica {

/// A fluid-filled body around a detection: neighbouring voxels of bile's or water's attenuation.
struct FluidBody {
  double volume_ml = 0;
  double in_liver = 0;  ///< share of its voxels that the liver's mask holds
  double spread = 1;    ///< mean square distance from its centre, that of a ball as large being 1: length shows
  double height = 0;    ///< of its centre between the liver's lowest (0) and highest (1) slice
  double bright = 0;    ///< share of the detection's ellipse that is bright as enhanced blood
};

/// nullopt where the middle of the box is not fluid.
std::optional<FluidBody> fluid_body(const PhaseImage& image, const Detection& detection, double most_hu);

/// Takes out the findings that are the gallbladder, numbers the others anew, and says what was taken out, a sentence
/// each. The images' axes run to the left, the back and the head.
std::vector<std::string> leave_out_gallbladder(const PreprocessedStudy& study,
                                               const GallbladderOptions& options,
                                               std::vector<LesionWithRegions>& lesions);

}  // namespace hepatica
