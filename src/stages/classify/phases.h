// One lesion plane seen in several phases.
#pragma once

#include <vector>

#include "stages/classify/input.h"
#include "study/breathing.h"
#include "study/findings.h"

namespace hepatica {

/// Where the plane of `detections[n]` lies in each image of the study, itself included: another image's detection of
/// the list whose box overlaps it in the patient's axial plane and whose slice is nearest, at most kLargestBreathing_mm
/// away (the lesion has moved with the breath); else the same place in the patient. Images that do not reach there are
/// left out. In the order of the images.
std::vector<Detection> same_plane(const PreprocessedStudy& study, const std::vector<Detection>& detections, size_t n);

/// The detections of one lesion and, for each image in which it was boxed on less than half of its height, those of the
/// image with the greatest height at the same places of the liver there: that a lesion does not stand out in a phase
/// says what it is, too. `breathing_mm`
/// is that of breathing_shifts_mm. In the order of the images, slices ascending. The published LiLNet takes its
/// detector's boxes alone.
std::vector<Detection> in_all_phases(const PreprocessedStudy& study,
                                     const std::vector<std::vector<double>>& breathing_mm,
                                     const std::vector<Detection>& lesion);

/// What a classifier's network takes for `detections[n]`, [channels, size, size]: its plane, or with a fused input that
/// of every phase (same_plane).
PlaneImage network_crop(const PreprocessedStudy& study,
                        const std::vector<Detection>& detections,
                        size_t n,
                        const ClassifyInput& input);

}  // namespace hepatica
