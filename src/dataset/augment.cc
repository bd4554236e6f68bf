#include "dataset/augment.h"

#include <algorithm>
#include <cmath>

#include "dataset/paint.h"

namespace hepatica {
namespace {

void vary_tissue(LearningSlice& slice, const AugmentOptions& options, Rng& rng) {
  const double share = double(liver_area(slice)) / double(slice.pixels());
  if (!slice.liver.empty() && share > 0 && share < options.erase_below && rng.chance(options.erase_liver))
    erase_liver(slice, rng.uniform(-60, 60), rng);
  if (rng.chance(options.shift_liver)) shift_liver(slice, rng.uniform(-1, 1) * options.shift_liver_hu);
  BlobOptions blobs;
  blobs.delta_low = -options.blob_contrast_hu;
  blobs.delta_high = options.blob_contrast_hu;
  if (rng.chance(options.blobs_inside)) {
    blobs.count = int(rng.integer(1, options.blobs_inside_count));
    paint_blobs_inside(slice, blobs, rng);
  }
  if (rng.chance(options.blobs_outside)) {
    blobs.count = int(rng.integer(1, options.blobs_outside_count));
    blobs.radius_low_mm = 8;
    blobs.radius_high_mm = 55;
    paint_blobs_outside(slice, blobs, rng);
  }
}

void vary_sharpness(LearningSlice& slice, const IntensityOptions& options, Rng& rng, Rng& noise) {
  if (rng.chance(options.coarsen)) coarsen(slice, rng.integer(2, options.coarsen_factor));
  if (rng.chance(options.blur)) {
    const double sigma_px = rng.uniform(0.3, options.blur_px);
    slice.for_planes([&](std::vector<float>& plane) { blur(plane, slice.width, slice.height, sigma_px); });
  }
  if (rng.chance(options.sharpen)) sharpen(slice, rng.uniform(0.6, 1.5), rng.uniform(0, options.sharpen_amount));
  if (rng.chance(options.noise)) {
    // GCC evaluates arguments from the last one on; kept, so that a seed goes on giving the same bytes.
    const double grain_px = rng.chance(0.5) ? rng.uniform(0.4, 1.2) : 0;
    const double sigma = rng.uniform(0, options.noise_hu);
    add_noise(slice, sigma, grain_px, noise);
  }
}

/// What changed in a slice since `before` goes on into the planes beside it, by a share of its own in each: what was
/// painted reaches there, or ends before.
void spread_change(const std::vector<float>& before, LearningSlice& slice, Rng& rng) {
  for (std::vector<float>* beside : {&slice.above, &slice.below}) {
    const auto share = float(std::clamp(rng.uniform(-0.3, 1.3), 0.0, 1.0));
    for (size_t i = 0; i < beside->size(); ++i) (*beside)[i] += share * (slice.hu[i] - before[i]);
  }
}

LearningSlice painted(const LearningSlice& slice, const AugmentOptions& options, Rng& rng) {
  LearningSlice out = with_painted_lesions(slice, options.paint_count, rng);
  spread_change(slice.hu, out, rng);
  return out;
}

/// Stands in for the planes beside a slice that has none: the slice itself, a little larger, smaller and bent.
void imagine_context(LearningSlice& slice, double context_mm, Rng& rng) {
  const WarpOptions options{1, 0.96, 1.04, 0.03, 0.005, 0, 0, context_mm};
  LearningSlice plane = slice;
  plane.liver.clear();
  plane.lesions.clear();
  for (std::vector<float>* beside : {&slice.above, &slice.below}) {
    const Warp warp = draw_warp(plane, slice.width, slice.height, slice.spacing_mm, options, rng);
    *beside = warped(plane, warp, slice.width, slice.height, slice.spacing_mm).hu;
  }
}

}  // namespace

void vary_intensity(LearningSlice& slice, const IntensityOptions& options, Rng& rng, Rng& noise) {
  if (rng.chance(options.contrast)) {
    change_contrast(slice,
                    std::exp(rng.uniform(-1, 1) * options.gain),
                    std::exp(rng.uniform(-1, 1) * options.gamma),
                    rng.uniform(-1, 1) * options.offset_hu);
  }
  vary_sharpness(slice, options, rng, noise);
  if (rng.chance(options.occlude)) occlude(slice, int(rng.integer(1, 3)), 70, rng);
  if (rng.chance(options.crop_range)) {
    const float low = float(rng.uniform(-160, 0)), high = float(rng.uniform(170, 255));
    slice.for_planes([&](std::vector<float>& plane) {
      for (float& hu : plane) hu = std::clamp(hu, low, high);
    });
  }
}

LearningSlice augmented(const LearningSlice& slice,
                        int64_t width,
                        int64_t height,
                        double spacing_mm,
                        const AugmentOptions& options,
                        Rng& rng) {
  const Warp warp = draw_warp(slice, width, height, spacing_mm, options.warp, rng);
  return augmented(slice, warp, width, height, spacing_mm, options, rng);
}

LearningSlice augmented(const LearningSlice& slice,
                        const Warp& warp,
                        int64_t width,
                        int64_t height,
                        double spacing_mm,
                        const AugmentOptions& options,
                        Rng& rng) {
  LearningSlice out = rng.chance(options.paint) ? warped(painted(slice, options, rng), warp, width, height, spacing_mm)
                                                : warped(slice, warp, width, height, spacing_mm);
  const std::vector<float> before = out.hu;
  vary_tissue(out, options, rng);
  spread_change(before, out, rng);
  if (options.context_mm > 0 && slice.above.empty()) imagine_context(out, options.context_mm, rng);
  vary_intensity(out, options, rng, rng);
  return out;
}

std::vector<LearningSlice> augmented_planes(
    const std::vector<LearningSlice>& planes, int64_t side, double field_px, const AugmentOptions& options, Rng& rng) {
  const Rng geometry = rng.fork(0);
  std::vector<LearningSlice> out;
  for (const LearningSlice& plane : planes) {
    const double spacing_mm = plane.spacing_mm * std::max(1.0, field_px / double(side));
    Rng same = geometry, own = rng.fork(out.size() + 1);
    Warp warp = draw_warp(plane, side, side, spacing_mm, options.warp, same);
    if (plane.target) {
      warp.center_in[0] = plane.target->center_x() - 0.5;
      warp.center_in[1] = plane.target->center_y() - 0.5;
    }
    out.push_back(augmented(plane, warp, side, side, spacing_mm, options, own));
  }
  return out;
}

void read_intensity_options(OptionReader& reader, IntensityOptions& o) {
  const auto chance = [&](const char* key, double& value) { value = reader.number(key, value, 0, 1); };
  const auto amount = [&](const char* key, double& value, double most) { value = reader.number(key, value, 0, most); };
  chance("contrast", o.contrast);
  amount("gain", o.gain, 3);
  amount("gamma", o.gamma, 3);
  amount("offset_hu", o.offset_hu, 500);
  chance("noise", o.noise);
  amount("noise_hu", o.noise_hu, 500);
  chance("blur", o.blur);
  o.blur_px = reader.number("blur_px", o.blur_px, 0.3, 10);
  chance("sharpen", o.sharpen);
  amount("sharpen_amount", o.sharpen_amount, 10);
  chance("coarsen", o.coarsen);
  o.coarsen_factor = int(reader.integer("coarsen_factor", o.coarsen_factor, 2, 8));
  chance("occlude", o.occlude);
  chance("crop_range", o.crop_range);
}

AugmentOptions augment_options(const Block& block) {
  AugmentOptions o;
  OptionReader reader(block);
  const auto chance = [&](const char* key, double& value) { value = reader.number(key, value, 0, 1); };
  const auto amount = [&](const char* key, double& value, double most) { value = reader.number(key, value, 0, most); };
  const auto count = [&](const char* key, int& value) { value = int(reader.integer(key, value, 1, 50)); };
  amount("rotation_deg", o.warp.rotation_deg, 180);
  o.warp.scale_low = reader.number("scale_low", o.warp.scale_low, 0.1, 10);
  o.warp.scale_high = reader.number("scale_high", o.warp.scale_high, o.warp.scale_low, 10);
  amount("stretch", o.warp.stretch, 1);
  amount("shift", o.warp.shift, 1);
  chance("flip_x", o.warp.flip_x);
  chance("flip_y", o.warp.flip_y);
  amount("elastic_mm", o.warp.elastic_mm, 50);
  read_intensity_options(reader, o);
  chance("shift_liver", o.shift_liver);
  amount("shift_liver_hu", o.shift_liver_hu, 300);
  chance("paint", o.paint);
  count("paint_count", o.paint_count);
  chance("blobs_inside", o.blobs_inside);
  o.context_mm = reader.number("context_mm", o.context_mm, 0, 50);
  count("blobs_inside_count", o.blobs_inside_count);
  chance("blobs_outside", o.blobs_outside);
  count("blobs_outside_count", o.blobs_outside_count);
  amount("blob_contrast_hu", o.blob_contrast_hu, 300);
  chance("erase_liver", o.erase_liver);
  chance("erase_below", o.erase_below);
  reader.finish();
  return o;
}

}  // namespace hepatica
