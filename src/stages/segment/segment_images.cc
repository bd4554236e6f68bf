#include "stages/segment/segment_images.h"

#include <fmt/format.h>

#include "stages/segment/share.h"

namespace hepatica {

std::optional<std::string> segment_images(PreprocessedStudy& study, const Segmenter& segmenter) {
  std::vector<std::string> refusals;
  for (PhaseImage& image : study.images) {
    LiverSegmentation found = segmenter.segment(image.hu);
    refusals.push_back(found.refusal);
    if (!found.refusal.empty()) continue;
    image.liver = std::move(found.liver);
    image.liver_volume_ml = found.volume_ml;
  }
  const SharedLivers shared = share_livers(study.images);
  study.warnings.insert(study.warnings.end(), shared.warnings.begin(), shared.warnings.end());
  std::vector<PhaseImage> with_liver;
  std::optional<std::string> refusal;
  for (size_t i = 0; i < study.images.size(); ++i) {
    if (refusals[i].empty() || shared.taken[i]) {
      with_liver.push_back(std::move(study.images[i]));
      continue;
    }
    if (!refusal) refusal = refusals[i];
    study.warnings.push_back(fmt::format("the {} series is left out: {}", name_of(study.images[i].phase), refusals[i]));
  }
  if (with_liver.empty()) {
    study.images.clear();
    return refusal;
  }
  study.images = std::move(with_liver);
  return std::nullopt;
}

}  // namespace hepatica
