// From liver probabilities to a mask: smoothing across slices, components, holes, and plausibility.
#pragma once

#include <string>

#include "base/options.h"
#include "image/volume.h"

namespace hepatica {

/// Part of block `stages.segment.options`. LiLNet's paper gives no such rules; values were set on training data.
struct CleanupOptions {
  double threshold = 0.5;       ///< probability from which a voxel is liver
  double smooth_mm = 3;         ///< standard deviation of the Gaussian across slices; 0 for none
  double keep_fraction = 0.25;  ///< components below this fraction of the largest are dropped; 1 keeps the largest
  double closing_mm = 3;        ///< radius of the closing on slices; 0 for none
  /// "volume": what the liver encloses on all sides is liver, which is lesions; "slices": what it encloses on a slice,
  /// which takes in bays such as the gallbladder's and the vena cava.
  std::string holes = "volume";
  double smallest_ml = 150;        ///< below this there is no liver in the scan
  double least_confidence = 0.75;  ///< mean probability below which the mask is not believed
  double largest_body_part = 0.6;  ///< a mask that covers more of its largest slice's body is no liver (a brain is)
};

CleanupOptions read_cleanup_options(OptionReader& reader);

/// Gaussian smoothing along k, borders repeated.
void smooth_across_slices(Volume<float>& volume, double sigma_mm);

struct CleanLiver {
  Mask mask;
  double confidence =
      0;  ///< mean probability over the mask; what was closed or filled has its own, low one. 0: no mask
};

/// Smooths and cleans liver probabilities in place, so that voxels at or above the threshold are the liver.
CleanLiver clean_probabilities(Volume<float>& probabilities, const CleanupOptions& options);

/// Why a mask on the CT's own grid cannot be a liver; empty where it can.
std::string implausibility(const Volume<int16_t>& hu,
                           const Mask& liver,
                           double confidence,
                           const CleanupOptions& options);

}  // namespace hepatica
