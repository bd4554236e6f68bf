// One axial slice to learn from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "image/box.h"
#include "study/phase.h"

namespace hepatica {

/// A lesion's box on a slice.
struct LesionBox {
  Box2 box;             ///< pixels
  std::string type;     ///< "hcc", "cyst", ...; empty where not known
  bool ignore = false;  ///< may or may not be a lesion: neither hit nor miss counts
  bool operator==(const LesionBox&) const = default;
};

/// Image [height, width] in HU, rows from the front of the body to the back, columns from its right to its left
/// (as radiologists see it), with what is known about it.
struct LearningSlice {
  int64_t width = 0, height = 0;
  double spacing_mm = 1;            ///< of square pixels
  std::vector<float> hu;            ///< [height * width]
  std::vector<float> above, below;  ///< HU of the planes at a source's `context_mm` beside it; empty where not known
  std::vector<uint8_t> liver;       ///< 1 inside the liver; empty where not labelled
  std::vector<LesionBox> lesions;
  Phase phase = Phase::unknown;
  std::optional<double> liver_hu;  ///< median HU of the liver in the whole volume
  std::optional<Box2> target;      ///< the lesion that this slice is about (classification)
  std::string label;               ///< class of `target`, such as "hcc"
  std::vector<uint8_t> lesion;     ///< 1 inside the lesion of `target`; empty where not known

  /// Calls change(values) for this plane and the known ones beside it.
  template <class Change>
  void for_planes(Change change) {
    for (std::vector<float>* plane : {&hu, &above, &below})
      if (!plane->empty()) change(*plane);
  }

  size_t pixels() const { return size_t(width * height); }
};

/// Number of liver pixels.
int64_t liver_area(const LearningSlice& slice);

/// Median HU inside the liver of this slice; nullopt where there is none.
std::optional<double> median_liver_hu(const LearningSlice& slice);

}  // namespace hepatica
