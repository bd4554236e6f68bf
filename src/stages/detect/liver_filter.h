// Which boxes lie in the liver. LiLNet drops boxes outside it and does not say by which rule.
#pragma once

#include <string>

#include "base/options.h"
#include "study/findings.h"

namespace hepatica {

/// Part of block `stages.detect.options`, key `liver`.
struct LiverFilterOptions {
  std::string rule = "overlap";  ///< "center": the box's centre is liver; "overlap": enough of the box is
  double fraction = 0.5;         ///< of the box's area that must be liver for rule "overlap"
  double margin_mm = 5;          ///< the liver is grown by this in plane before either rule
};

LiverFilterOptions read_liver_filter_options(const Block& block);

/// The detections of one slice of `liver` that pass; all of them have this slice.
std::vector<Detection> inside_liver(const std::vector<Detection>& detections,
                                    const Mask& liver,
                                    int64_t slice,
                                    const LiverFilterOptions& options);

}  // namespace hepatica
