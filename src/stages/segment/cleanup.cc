#include "stages/segment/cleanup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "image/components.h"
#include "image/mask_area.h"
#include "image/morphology.h"

namespace hepatica {
namespace {

constexpr int16_t kBodyHu = -250;  // fat is body, lung and air are not

std::vector<float> gaussian(double sigma) {
  const auto reach = int64_t(std::ceil(3 * sigma));
  std::vector<float> kernel;
  double sum = 0;
  for (int64_t x = -reach; x <= reach; ++x) sum += std::exp(-0.5 * double(x * x) / (sigma * sigma));
  for (int64_t x = -reach; x <= reach; ++x)
    kernel.push_back(float(std::exp(-0.5 * double(x * x) / (sigma * sigma)) / sum));
  return kernel;
}

/// The slice with most labels, with their number.
std::pair<int64_t, size_t> largest_slice(const Mask& mask) {
  std::pair<int64_t, size_t> largest{0, 0};
  for (int64_t k = 0; k < mask.nz(); ++k) {
    const auto count = size_t(labelled_pixels(mask, k));
    if (count > largest.second) largest = {k, count};
  }
  return largest;
}

double mean_where(std::span<const float> values, const Mask& mask) {
  double sum = 0;
  size_t count = 0;
  for (size_t v = 0; v < values.size(); ++v)
    if (mask.values()[v]) {
      sum += values[v];
      ++count;
    }
  return count ? sum / double(count) : 0.0;
}

}  // namespace

CleanupOptions read_cleanup_options(OptionReader& reader) {
  CleanupOptions options;
  options.threshold = reader.number("threshold", options.threshold, 0.01, 0.99);
  options.smooth_mm = reader.number("smooth_mm", options.smooth_mm, 0, 50);
  options.keep_fraction = reader.number("keep_fraction", options.keep_fraction, 0.001, 1);
  options.closing_mm = reader.number("closing_mm", options.closing_mm, 0, 50);
  options.holes = reader.choice("holes", options.holes, {"volume", "slices"});
  options.smallest_ml = reader.number("smallest_ml", options.smallest_ml, 0, 5000);
  options.least_confidence = reader.number("least_confidence", options.least_confidence, 0, 1);
  options.largest_body_part = reader.number("largest_body_part", options.largest_body_part, 0, 1);
  return options;
}

void smooth_across_slices(Volume<float>& volume, double sigma_mm) {
  const double sigma = sigma_mm / volume.geometry().spacing[2];
  if (sigma < 0.2 || volume.nz() < 2) return;
  const std::vector<float> kernel = gaussian(sigma);
  const auto reach = int64_t(kernel.size() / 2);
  const std::vector<float> original(volume.values().begin(), volume.values().end());
  const auto size = size_t(volume.nx() * volume.ny());
  parallel_for(size_t(volume.nz()), [&](size_t k) {
    const std::span<float> slice = volume.slice(int64_t(k));
    std::fill(slice.begin(), slice.end(), 0.0f);
    for (int64_t x = -reach; x <= reach; ++x) {
      const auto from = size_t(std::clamp<int64_t>(int64_t(k) + x, 0, volume.nz() - 1));
      const float weight = kernel[size_t(x + reach)];
      for (size_t v = 0; v < size; ++v) slice[v] += weight * original[from * size + v];
    }
  });
}

CleanLiver clean_probabilities(Volume<float>& probabilities, const CleanupOptions& options) {
  smooth_across_slices(probabilities, options.smooth_mm);
  const auto threshold = float(options.threshold);
  Mask mask(probabilities.geometry());
  const auto values = probabilities.values();
  for (size_t v = 0; v < values.size(); ++v) mask.values()[v] = values[v] >= threshold;
  keep_largest_components(mask, options.keep_fraction);
  if (options.closing_mm > 0) close_on_slices(mask, options.closing_mm);
  options.holes == "slices" ? fill_holes_on_slices(mask) : fill_holes_in_space(mask);
  const double confidence = mean_where(values, mask);
  for (size_t v = 0; v < values.size(); ++v) {
    if (mask.values()[v] && values[v] < threshold) values[v] = 1.0f;    // closed or filled
    if (!mask.values()[v] && values[v] >= threshold) values[v] = 0.0f;  // a dropped component
  }
  return {std::move(mask), confidence};
}

std::string implausibility(const Volume<int16_t>& hu,
                           const Mask& liver,
                           double confidence,
                           const CleanupOptions& options) {
  const auto count = std::count_if(liver.values().begin(), liver.values().end(), [](uint8_t v) { return v != 0; });
  const double volume_ml = double(count) * liver.geometry().voxel_volume_ml();
  if (volume_ml < options.smallest_ml)
    return fmt::format("no liver found in the scan ({:.0f} ml of liver-like tissue); is it a CT of the upper abdomen?",
                       volume_ml);
  if (confidence < options.least_confidence)
    return fmt::format("no certain liver in the scan (mean probability {:.2f}); is it a CT of the upper abdomen?",
                       confidence);
  const auto [k, labelled] = largest_slice(liver);
  const auto slice = hu.slice(k);
  const auto body = std::count_if(slice.begin(), slice.end(), [](int16_t value) { return value > kBodyHu; });
  if (double(labelled) > options.largest_body_part * double(body))
    return fmt::format("no liver found in the scan (what looks like one covers {:.0f}% of the body; a head CT?)",
                       100.0 * double(labelled) / double(std::max<std::ptrdiff_t>(body, 1)));
  return "";
}

}  // namespace hepatica
