#include "train/detect_examples.h"

#include <algorithm>
#include <cmath>

#include "image/components.h"
#include "image/morphology.h"

namespace hepatica::train {
namespace {

constexpr double kLeastFillMm = 4, kMostFillMm = 14;  ///< radius of the closing; a vena cava is 20 to 30 mm wide
constexpr double kLeastSidePx = 2;                    ///< of a box on the network's image
constexpr double kLeastSeen = 0.4;  ///< share of a lesion that must lie in a part of the image, else it is ignored

/// Moves the mask's border in or out: the mean over a square of side 2 r + 1 against a threshold.
void move_border(std::vector<uint8_t>& mask, int64_t width, int64_t height, double sigma_px, double threshold) {
  std::vector<float> soft(mask.begin(), mask.end());
  blur(soft, width, height, sigma_px);
  for (size_t i = 0; i < mask.size(); ++i) mask[i] = soft[i] > threshold;
}

void fill_bays(std::vector<uint8_t>& mask, const LearningSlice& slice, double radius_mm) {
  Geometry grid;
  grid.size = {slice.width, slice.height, 1};
  grid.spacing = {slice.spacing_mm, slice.spacing_mm, 1};
  Mask closed(grid, mask);
  close_on_slices(closed, radius_mm);
  fill_holes_on_slices(closed);
  mask.assign(closed.values().begin(), closed.values().end());
}

/// Takes the ellipse within `box` out of the mask.
void clear_box(std::vector<uint8_t>& mask, int64_t width, const Box2& box) {
  for (int64_t y = int64_t(box.y0); y < int64_t(box.y1); ++y) {
    for (int64_t x = int64_t(box.x0); x < int64_t(box.x1); ++x) {
      const size_t i = size_t(y * width + x);
      if (squared_ellipse_distance(box, double(x) + 0.5, double(y) + 0.5) < 1 && i < mask.size()) mask[i] = 0;
    }
  }
}

void clip(Box2& box, double size) {
  box = {std::max(box.x0, 0.0), std::max(box.y0, 0.0), std::min(box.x1, size), std::min(box.y1, size)};
}

Box2 region_of(const LearningSlice& slice, const std::vector<uint8_t>& liver, const DetectInput& input) {
  return detect_region(liver, slice.width, slice.height, {slice.spacing_mm, slice.spacing_mm}, input);
}

/// A square of `crop` of the network's pixels within the region, around a lesion as often as the options say.
Box2 part_of(const Box2& region, const LearningSlice& slice, const DetectExampleOptions& options, Rng& rng) {
  const double share = std::min(1.0, double(options.crop) / options.input.size);
  const double width = region.width() * share, height = region.height() * share;
  double x = rng.uniform(region.x0, region.x1 - width), y = rng.uniform(region.y0, region.y1 - height);
  if (!slice.lesions.empty() && rng.chance(options.crop_on_lesion)) {
    const Box2& box = slice.lesions[size_t(rng.integer(0, int64_t(slice.lesions.size()) - 1))].box;
    x = std::clamp(box.center_x() - width * rng.uniform(0.15, 0.85), region.x0, region.x1 - width);
    y = std::clamp(box.center_y() - height * rng.uniform(0.15, 0.85), region.y0, region.y1 - height);
  }
  return {x, y, x + width, y + height};
}

DetectExample example(const LearningSlice& slice,
                      const std::vector<uint8_t>& liver,
                      std::optional<double> liver_hu,
                      const Box2& region,
                      const DetectInput& input) {
  DetectExample made;
  made.image = detect_image(SlicePlanes<float>{slice.hu, slice.above, slice.below},
                            liver,
                            slice.width,
                            slice.height,
                            region,
                            liver_hu,
                            input);
  for (LesionBox lesion : slice.lesions) {
    lesion.box = image_box_from_slice(lesion.box, region, input);
    const double whole = lesion.box.area();
    clip(lesion.box, input.size);
    lesion.ignore = lesion.ignore || lesion.box.area() < kLeastSeen * whole;
    if (lesion.box.width() >= kLeastSidePx && lesion.box.height() >= kLeastSidePx) made.lesions.push_back(lesion);
  }
  return made;
}

}  // namespace

double covered(const Box2& box, const Box2& by) {
  const Box2 both{std::max(box.x0, by.x0), std::max(box.y0, by.y0), std::min(box.x1, by.x1), std::min(box.y1, by.y1)};
  return both.x1 > both.x0 && both.y1 > both.y0 && box.area() > 0 ? both.area() / box.area() : 0;
}

DetectExample plain_example(const LearningSlice& slice, const DetectExampleOptions& options) {
  return example(slice, slice.liver, slice.liver_hu, region_of(slice, slice.liver, options.input), options.input);
}

DetectExample varied_example(const LearningSlice& source, const DetectExampleOptions& options, Rng& rng) {
  // The source's field of view: in the pixels of the network, or, where it cuts the liver out, in about as fine ones.
  const double field = source.spacing_mm * double(source.width);
  const int64_t side =
      options.input.region == "liver" ? std::llround(field / options.input.spacing_mm) : options.input.size;
  LearningSlice slice = augmented(source, side, side, field / double(side), options.augment, rng);
  if (rng.chance(0.5)) std::swap(slice.above, slice.below);
  if (rng.chance(options.drop_context)) {
    slice.above.clear();
    slice.below.clear();
  }
  std::optional<double> liver_hu = median_liver_hu(slice);
  if (!liver_hu) liver_hu = slice.liver_hu;
  if (liver_hu) *liver_hu += rng.normal(0, options.liver_hu_jitter);
  std::vector<uint8_t> liver = slice.liver;
  if (rng.chance(options.drop_liver)) {
    liver.clear();
    if (rng.chance(0.5)) liver_hu.reset();
  } else if (!liver.empty()) {
    for (const LesionBox& lesion : slice.lesions) {
      if (rng.chance(options.miss_lesion)) clear_box(liver, slice.width, lesion.box);
    }
    if (rng.chance(options.fill_liver)) fill_bays(liver, slice, rng.uniform(kLeastFillMm, kMostFillMm));
    if (rng.chance(options.jitter_liver))
      move_border(liver, slice.width, slice.height, rng.uniform(1, 5), rng.uniform(0.15, 0.85));
  }
  const Box2 region = region_of(slice, liver, options.input);
  if (options.crop == 0) return example(slice, liver, liver_hu, region, options.input);
  DetectInput part = options.input;
  part.size = options.crop;
  return example(slice, liver, liver_hu, part_of(region, slice, options, rng), part);
}

}  // namespace hepatica::train
