// Aorta, liver and kidneys in an abdominal CT, found without a network: enough of each to measure its HU.
#pragma once

#include <optional>
#include <vector>

#include "image/volume.h"

namespace hepatica {

/// A CT averaged to pixels of about 2 mm, every slice that is about 5 mm from the last, on axial axes (i to the left, j
/// to the back, k to the head). These are millimetres of an adult: a child's scan is enlarged to an adult's size, by
/// its width, so that the distances by which landmarks are found fit both.
struct CoarseCt {
  Volume<float> hu;
  Mask body;  ///< the largest component above air on each slice

  double pixel_mm() const { return hu.geometry().spacing[0]; }
};

CoarseCt coarse_ct_from(const Volume<int16_t>& hu);

/// A place on one slice, in pixels of the coarse CT.
struct SlicePoint {
  int64_t slice = 0;
  double x = 0, y = 0;
  double radius_mm = 0;
  double hu = 0;  ///< mean within
};

/// The spinal canal on every slice, interpolated where the arch of the vertebra is open: soft tissue enclosed by bone,
/// near the midline, in line over slices. Empty where it is not found on at least two.
std::vector<SlicePoint> find_spinal_canal(const CoarseCt& ct);

/// The aorta as a chain of round, even discs in front and to the left of the vertebral bodies: the chain of best
/// roundness, evenness and continuity (dynamic programming over slices). Empty where none is long enough.
std::vector<SlicePoint> find_aorta(const CoarseCt& ct, const std::vector<SlicePoint>& canal);

struct LiverSample {
  double hu = 0;         ///< of the parenchyma: the mode
  double volume_ml = 0;  ///< of the core that was measured
  double vessel_hu = 0;  ///< bright vessels within: the 98th percentile
};

/// The largest even block of soft tissue right of the spine; nullopt below 60 ml.
std::optional<LiverSample> find_liver(const CoarseCt& ct, const std::vector<SlicePoint>& canal);

/// HU of the brightest 0.4 ml at the places of the renal pelves: contrast that is being excreted; nullopt where no
/// kidney level is in the scan.
std::optional<double> find_renal_pelvis(const CoarseCt& ct, const std::vector<SlicePoint>& canal);

}  // namespace hepatica
