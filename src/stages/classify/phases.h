// One lesion plane seen in several phases.
#pragma once

#include <vector>

#include "stages/classify/input.h"
#include "study/findings.h"

namespace hepatica {

/// Breathing moves the liver along z between phases by less than this, mm.
inline constexpr double kLargestBreathing_mm = 15;

/// Where the plane of `detections[n]` lies in each image of the study, itself included: another image's detection of
/// the list whose box overlaps it in the patient's axial plane and whose slice is nearest, at most kLargestBreathing_mm
/// away (the lesion has moved with the breath); else the same place in the patient. Images that do not reach there are
/// left out. In the order of the images.
std::vector<Detection> same_plane(const PreprocessedStudy& study, const std::vector<Detection>& detections, size_t n);

/// What a classifier's network takes for `detections[n]`, [channels, size, size]: its plane, or with a fused input that
/// of every phase (same_plane).
PlaneImage network_crop(const PreprocessedStudy& study,
                        const std::vector<Detection>& detections,
                        size_t n,
                        const ClassifyInput& input);

}  // namespace hepatica
