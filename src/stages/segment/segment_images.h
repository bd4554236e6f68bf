// The livers of all images of a patient.
#pragma once

#include <optional>
#include <string>

#include "study/stages.h"

namespace hepatica {

/// The liver of each image in turn; where one was not found (whole), that of another phase is taken (share_livers).
/// Images without one are left out with a warning. The reason for refusal where all are.
std::optional<std::string> segment_images(PreprocessedStudy& study, const Segmenter& segmenter);

}  // namespace hepatica
