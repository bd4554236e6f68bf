#include "study/breathing.h"

#include "image/height_shift.h"

namespace hepatica {

std::vector<std::vector<double>> breathing_shifts_mm(const PreprocessedStudy& study) {
  std::vector<const Mask*> livers;
  for (const PhaseImage& image : study.images) livers.push_back(&image.liver);
  return height_shifts_mm(livers, kLargestBreathing_mm);
}

}  // namespace hepatica
