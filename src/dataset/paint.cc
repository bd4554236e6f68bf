#include "dataset/paint.h"

#include <algorithm>
#include <cmath>

#include "dataset/intensity.h"
#include "phantom/painted.h"

namespace hepatica {
namespace {

constexpr double kSmoothMm = 2;

}  // namespace

double contrast_of(const LearningSlice& slice, std::span<const uint8_t> labels, uint8_t label) {
  if (!slice.liver_hu) return kVisibleHu;
  std::vector<float> smooth = slice.hu, differences;
  blur(smooth, slice.width, slice.height, std::max(0.3, kSmoothMm / slice.spacing_mm));
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == label) differences.push_back(std::abs(smooth[i] - float(*slice.liver_hu)));
  }
  if (differences.empty()) return 0;
  const auto place = differences.begin() + std::ptrdiff_t(differences.size() * 4 / 5);
  std::nth_element(differences.begin(), place, differences.end());
  return *place;
}

LearningSlice with_painted_lesions(const LearningSlice& slice, int most, Rng& rng) {
  LearningSlice out = slice;
  if (slice.liver.empty()) return out;
  phantom::PaintOptions options;
  options.phase = slice.phase;
  options.count = {1, double(most)};
  phantom::PaintedSlice painted =
      phantom::paint_lesions(slice.hu, slice.liver, slice.width, slice.height, slice.spacing_mm, options, rng);
  out.hu = std::move(painted.hu);
  for (const phantom::PaintedLesion& lesion : painted.painted) {
    const bool visible = contrast_of(out, painted.lesions, uint8_t(lesion.id)) >= kVisibleHu;
    out.lesions.push_back({lesion.box, std::string(phantom::name_of(lesion.type)), !visible});
  }
  return out;
}

}  // namespace hepatica
