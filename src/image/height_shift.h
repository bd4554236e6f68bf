// How much higher one organ lies in one image than in another.
#pragma once

#include <vector>

#include "image/volume.h"

namespace hepatica {

/// At [from][to] how much higher, mm along z, the organ of mask `to` lies than that of mask `from`: the shift in whole
/// mm, at most `most_mm`, at which their areas, height by height, differ least. 0 where one is empty. Slices are axial,
/// the lowest first.
std::vector<std::vector<double>> height_shifts_mm(const std::vector<const Mask*>& masks, int64_t most_mm);

}  // namespace hepatica
