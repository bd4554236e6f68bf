// How the breath moved the liver from one phase to another.
#pragma once

#include <cstdint>
#include <vector>

#include "study/findings.h"

namespace hepatica {

/// Breathing moves the liver along z between phases by less than this, mm.
inline constexpr int64_t kLargestBreathing_mm = 15;

/// At [from][to] how much higher the liver lies in image `to` of the study than in image `from`, mm along z, by the
/// livers' masks; 0 where one is missing.
std::vector<std::vector<double>> breathing_shifts_mm(const PreprocessedStudy& study);

}  // namespace hepatica
