#include "dataset/crop_augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hepatica {
namespace {

void flip_columns(PlaneImage& image) {
  for (auto row = image.values.begin(); row != image.values.end(); row += image.width)
    std::reverse(row, row + image.width);
}

void flip_rows(PlaneImage& image) {
  for (int64_t c = 0; c < image.channels; ++c) {
    const auto plane = image.values.begin() + c * image.width * image.height;
    for (int64_t y = 0; y < image.height / 2; ++y)
      std::swap_ranges(
          plane + y * image.width, plane + (y + 1) * image.width, plane + (image.height - 1 - y) * image.width);
  }
}

void invert(PlaneImage& image, const GreyRange& range) {
  for (float& value : image.values) value = range.black + range.white - value;
}

/// Calls change(value, pixel) for every value.
template <class Change>
void for_pixels(PlaneImage& image, Change change) {
  const size_t pixels = size_t(image.width * image.height);
  for (size_t i = 0; i < image.values.size(); ++i) change(image.values[i], i % pixels);
}

void add_noise(PlaneImage& image, const GreyRange& range, double deviation, Rng& rng) {
  std::vector<float> plane(size_t(image.width * image.height));
  for (float& value : plane) value = float(rng.normal(0, deviation));
  for_pixels(image,
             [&](float& value, size_t pixel) { value = std::clamp(value + plane[pixel], range.black, range.white); });
}

void add_salt_and_pepper(PlaneImage& image, const GreyRange& range, double density, Rng& rng) {
  std::vector<double> plane(size_t(image.width * image.height));
  for (double& value : plane) value = rng.uniform();
  for_pixels(image, [&](float& value, size_t pixel) {
    if (plane[pixel] < density) value = plane[pixel] < 0.5 * density ? range.black : range.white;
  });
}

}  // namespace

PlaneImage turned(const PlaneImage& image, double degrees, float fill) {
  PlaneImage out = image;
  const double angle = degrees * std::numbers::pi / 180, cosine = std::cos(angle), sine = std::sin(angle);
  const double cx = 0.5 * double(image.width), cy = 0.5 * double(image.height);
  const int64_t pixels = image.width * image.height;
  for (int64_t y = 0; y < image.height; ++y) {
    for (int64_t x = 0; x < image.width; ++x) {
      const double u = double(x) + 0.5 - cx, v = double(y) + 0.5 - cy;
      const int64_t i = int64_t(std::floor(cosine * u - sine * v + cx)),
                    j = int64_t(std::floor(sine * u + cosine * v + cy));
      const bool inside = i >= 0 && j >= 0 && i < image.width && j < image.height;
      for (int64_t c = 0; c < image.channels; ++c)
        out.values[size_t(c * pixels + y * image.width + x)] =
            inside ? image.values[size_t(c * pixels + j * image.width + i)] : fill;
    }
  }
  return out;
}

void vary_crop(
    PlaneImage& crop, const GreyRange& range, bool invert_first, const CropAugmentOptions& options, Rng& rng) {
  if (rng.chance(options.flip_x)) flip_columns(crop);
  if (rng.chance(options.flip_y)) flip_rows(crop);
  const bool inverted = rng.chance(options.invert);
  if (inverted && invert_first) invert(crop, range);
  if (options.rotation_deg > 0) crop = turned(crop, rng.uniform(-1, 1) * options.rotation_deg, range.black);
  if (inverted && !invert_first) invert(crop, range);
  if (rng.chance(options.noise)) add_noise(crop, range, options.noise_grey * (range.white - range.black) / 255, rng);
  if (rng.chance(options.salt_pepper)) add_salt_and_pepper(crop, range, options.salt_pepper_density, rng);
}

CropAugmentOptions crop_augment_options(const Block& block) {
  CropAugmentOptions o;
  OptionReader reader(block);
  o.flip_x = reader.number("flip_x", o.flip_x, 0, 1);
  o.flip_y = reader.number("flip_y", o.flip_y, 0, 1);
  o.rotation_deg = reader.number("rotation_deg", o.rotation_deg, 0, 360);
  o.invert = reader.number("invert", o.invert, 0, 1);
  o.invert_first = reader.texts("invert_first", {});
  o.noise = reader.number("noise", o.noise, 0, 1);
  o.noise_grey = reader.number("noise_grey", o.noise_grey, 0, 255);
  o.salt_pepper = reader.number("salt_pepper", o.salt_pepper, 0, 1);
  o.salt_pepper_density = reader.number("salt_pepper_density", o.salt_pepper_density, 0, 1);
  reader.finish();
  return o;
}

}  // namespace hepatica
