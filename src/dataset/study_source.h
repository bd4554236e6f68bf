// Where whole studies come from: every phase of a patient, with lesions.
#pragma once

#include <string>
#include <vector>

#include "dataset/source.h"
#include "image/volume.h"
#include "study/phase.h"

namespace hepatica {

/// One phase of a patient in HU with its lesions on the same grid, on axial axes.
struct LearningPhase {
  Phase phase = Phase::unknown;
  Volume<int16_t> hu;
  Mask lesions;  ///< 0, or the lesion's number
};

/// A set of studies that can be drawn again and again.
class StudySource : public ItemSource {
 public:
  /// The phases of the patient, one each.
  virtual std::vector<LearningPhase> get(size_t index) const = 0;
  /// Identifies what `get(index)` gives, for caches.
  virtual std::string key(size_t index) const = 0;
};

}  // namespace hepatica
