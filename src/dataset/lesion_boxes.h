// Boxes of the lesions of a mask on its slices.
#pragma once

#include <map>
#include <vector>

#include "dataset/slice.h"
#include "image/volume.h"

namespace hepatica {

/// The box around each label on slice k, 0 left out.
std::map<uint8_t, Box2> label_boxes(const Mask& labels, int64_t k);

/// One box for each connected part (8 neighbours) of each label on slice k, in order of labels. Parts whose longer side
/// is below `least_mm` are to be ignored.
std::vector<LesionBox> lesion_boxes(const Mask& labels, int64_t k, const std::string& type, double least_mm);

}  // namespace hepatica
