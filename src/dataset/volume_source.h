// Where whole volumes come from.
#pragma once

#include <string>

#include "dataset/source.h"
#include "image/volume.h"

namespace hepatica {

/// A CT in HU with its liver on the same grid, on axial axes.
struct LearningVolume {
  Volume<int16_t> hu;
  Mask liver;  ///< 1 inside the liver
};

/// A set of volumes that can be drawn again and again.
class VolumeSource : public ItemSource {
 public:
  /// The volume, without augmentation. Error where its file is broken, naming it.
  virtual LearningVolume get(size_t index) const = 0;
  /// Identifies what `get(index)` gives, for caches.
  virtual std::string key(size_t index) const = 0;
};

}  // namespace hepatica
