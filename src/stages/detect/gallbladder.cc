#include "stages/detect/gallbladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "image/components.h"
#include "image/morphology.h"
#include "stages/detect/input.h"

namespace hepatica {
namespace {

constexpr double kReachMm = 45;             // around the detection; a gallbladder is up to 10 cm long
constexpr double kSmoothMm = 1.5;           // half side of the mean that tames noise
constexpr double kThreadMm = 1.3;           // bridges up to twice as wide part bodies
constexpr double kLeastHu = -15;            // below lies fat
constexpr double kLeastBelowLiverHu = 25;   // else it is not told from the liver
constexpr double kBrightAboveLiverHu = 30;  // of enhanced blood, which a gallbladder's wall and bile are not

/// A box of voxels of an image.
struct Part {
  std::array<int64_t, 3> first{}, size{};
};

Part around(const Volume<int16_t>& hu, const Detection& detection) {
  const Geometry& geometry = hu.geometry();
  const std::array<double, 3> center{detection.box.center_x(), detection.box.center_y(), double(detection.slice)};
  Part part;
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto reach = int64_t(std::ceil(kReachMm / geometry.spacing[axis]));
    part.first[axis] = std::max<int64_t>(0, int64_t(center[axis]) - reach);
    part.size[axis] = std::min(geometry.size[axis], int64_t(center[axis]) + reach + 1) - part.first[axis];
  }
  return part;
}

/// Mean HU over a square in plane.
double smooth_hu(const Volume<int16_t>& hu, int64_t i, int64_t j, int64_t k) {
  const int64_t reach_i = std::llround(kSmoothMm / hu.geometry().spacing[0]),
                reach_j = std::llround(kSmoothMm / hu.geometry().spacing[1]);
  int64_t sum = 0, count = 0;
  for (int64_t v = std::max<int64_t>(0, j - reach_j); v <= std::min(hu.ny() - 1, j + reach_j); ++v)
    for (int64_t u = std::max<int64_t>(0, i - reach_i); u <= std::min(hu.nx() - 1, i + reach_i); ++u) {
      sum += hu.at(u, v, k);
      ++count;
    }
  return double(sum) / double(count);
}

/// Median HU of the middle third of the box.
double core_hu(const Volume<int16_t>& hu, const Detection& detection) {
  const Box2& box = detection.box;
  std::vector<double> values;
  for (auto j = int64_t(box.center_y() - box.height() / 6); j <= int64_t(box.center_y() + box.height() / 6); ++j)
    for (auto i = int64_t(box.center_x() - box.width() / 6); i <= int64_t(box.center_x() + box.width() / 6); ++i)
      if (i >= 0 && j >= 0 && i < hu.nx() && j < hu.ny()) values.push_back(smooth_hu(hu, i, j, detection.slice));
  if (values.empty()) return std::numeric_limits<double>::infinity();
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Mask fluid_in(const Volume<int16_t>& hu, const Part& part, double most_hu) {
  Geometry geometry = hu.geometry();
  geometry.size = part.size;
  Mask fluid(geometry);
  for (int64_t k = 0; k < part.size[2]; ++k)
    for (int64_t j = 0; j < part.size[1]; ++j)
      for (int64_t i = 0; i < part.size[0]; ++i) {
        const double value = smooth_hu(hu, part.first[0] + i, part.first[1] + j, part.first[2] + k);
        fluid.at(i, j, k) = value > kLeastHu && value < most_hu;
      }
  return fluid;
}

/// Takes the outermost `radius_mm` off each slice's labels.
Mask eroded(const Mask& mask, double radius_mm) {
  Mask smaller(mask.geometry());
  const Vec3& spacing = mask.geometry().spacing;
  for (int64_t k = 0; k < mask.nz(); ++k) {
    std::vector<uint8_t> outside;
    for (const uint8_t value : mask.slice(k)) outside.push_back(!value);
    const std::vector<uint8_t> grown = dilated_slice(outside, mask.nx(), mask.ny(), spacing[0], spacing[1], radius_mm);
    std::transform(grown.begin(), grown.end(), smaller.slice(k).begin(), [](uint8_t value) { return !value; });
  }
  return smaller;
}

/// The body of `fluid` that holds the voxel `seed`, without what hangs on it by a thread; empty where there is none.
Mask body_at(const Mask& fluid, const std::array<int64_t, 3>& seed) {
  const Mask cores = eroded(fluid, kThreadMm);
  const Components components = find_components(cores, Connectivity::faces);
  const int32_t label = components.labels[size_t((seed[2] * fluid.ny() + seed[1]) * fluid.nx() + seed[0])];
  if (label == 0) return {};
  Mask body(fluid.geometry());
  const Vec3& spacing = fluid.geometry().spacing;
  const size_t area = size_t(fluid.nx() * fluid.ny());
  for (int64_t k = 0; k < fluid.nz(); ++k) {
    std::vector<uint8_t> own(area);
    for (size_t v = 0; v < area; ++v) own[v] = components.labels[size_t(k) * area + v] == label;
    const std::vector<uint8_t> grown = dilated_slice(own, fluid.nx(), fluid.ny(), spacing[0], spacing[1], kThreadMm);
    for (size_t v = 0; v < area; ++v) body.slice(k)[v] = grown[v] && fluid.slice(k)[v];
  }
  return body;
}

/// Share of the box's ellipse, on its slice, that is brighter than the liver by `kBrightAboveLiverHu`.
double bright_share(const Volume<int16_t>& hu, const Detection& detection, double liver_hu) {
  const Box2& box = detection.box;
  size_t bright = 0, all = 0;
  for (auto j = int64_t(box.y0); j < int64_t(std::ceil(box.y1)); ++j)
    for (auto i = int64_t(box.x0); i < int64_t(std::ceil(box.x1)); ++i) {
      if (squared_ellipse_distance(box, double(i) + 0.5, double(j) + 0.5) > 1 || i < 0 || j < 0 || i >= hu.nx() ||
          j >= hu.ny())
        continue;
      ++all;
      bright += smooth_hu(hu, i, j, detection.slice) > liver_hu + kBrightAboveLiverHu;
    }
  return all ? double(bright) / double(all) : 0;
}

/// Place of `k` between the lowest and the highest slice with liver.
double height_in_liver(const Mask& liver, double k) {
  int64_t low = -1, high = -1;
  for (int64_t slice = 0; slice < liver.nz(); ++slice) {
    const auto labels = liver.slice(slice);
    if (std::all_of(labels.begin(), labels.end(), [](uint8_t v) { return v == 0; })) continue;
    if (low < 0) low = slice;
    high = slice;
  }
  return high > low ? (k - double(low)) / double(high - low) : 0.5;
}

}  // namespace

std::optional<FluidBody> fluid_body(const PhaseImage& image, const Detection& detection, double most_hu) {
  const std::optional<double> liver_hu = median_hu(image.hu.values(), image.liver.values());
  const double core = core_hu(image.hu, detection);
  if (!liver_hu || core > most_hu || core > *liver_hu - kLeastBelowLiverHu) return std::nullopt;
  const Part part = around(image.hu, detection);
  const Mask fluid = fluid_in(image.hu, part, std::min(most_hu + 5, 0.5 * (core + *liver_hu)));
  const Mask body = body_at(fluid,
                            {int64_t(detection.box.center_x()) - part.first[0],
                             int64_t(detection.box.center_y()) - part.first[1],
                             detection.slice - part.first[2]});
  if (body.empty()) return std::nullopt;
  size_t voxels = 0, inside = 0;
  Vec3 sum{0, 0, 0}, squares{0, 0, 0};  // of places, mm
  const Vec3& spacing = body.geometry().spacing;
  for (int64_t k = 0; k < body.nz(); ++k)
    for (int64_t j = 0; j < body.ny(); ++j)
      for (int64_t i = 0; i < body.nx(); ++i) {
        if (!body.at(i, j, k)) continue;
        ++voxels;
        inside += image.liver.at(part.first[0] + i, part.first[1] + j, part.first[2] + k) != 0;
        const Vec3 at{double(i) * spacing[0], double(j) * spacing[1], double(k) * spacing[2]};
        for (size_t axis = 0; axis < 3; ++axis) {
          sum[axis] += at[axis];
          squares[axis] += at[axis] * at[axis];
        }
      }
  const auto count = double(voxels);
  const double volume_ml = count * image.hu.geometry().voxel_volume_ml();
  double moment = 0;  // mm^2
  for (size_t axis = 0; axis < 3; ++axis)
    moment += squares[axis] / count - sum[axis] * sum[axis] / (count * count) + spacing[axis] * spacing[axis] / 12;
  const double ball = 0.6 * std::pow(0.75 * 1000 * volume_ml / M_PI, 2.0 / 3);
  return FluidBody{volume_ml,
                   double(inside) / count,
                   moment / ball,
                   height_in_liver(image.liver, double(part.first[2]) + sum[2] / (count * spacing[2])),
                   bright_share(image.hu, detection, *liver_hu)};
}

std::vector<std::string> leave_out_gallbladder(const PreprocessedStudy& study,
                                               const GallbladderOptions& options,
                                               std::vector<LesionWithRegions>& lesions) {
  std::vector<std::string> said;
  if (!options.leave_out) return said;
  std::erase_if(lesions, [&](const LesionWithRegions& found) {
    const Detection& best = surest(found.lesion.detections);
    const PhaseImage& image = study.images[best.image];
    if (image.liver.empty()) return false;
    const std::optional<FluidBody> body = fluid_body(image, best, options.most_hu);
    const bool gallbladder = body && body->in_liver < options.most_in_liver && body->height < options.highest &&
                             body->volume_ml >= options.least_ml && body->spread >= options.least_spread &&
                             body->bright <= options.most_bright;
    if (gallbladder)
      said.push_back(
          fmt::format("a finding of {:.0f} mm was taken for the gallbladder and left out: a body of {:.0f} ml of "
                      "fluid, longer than wide, {:.0f}% of it outside the liver's outline, at its lower side",
                      found.lesion.long_axis_mm,
                      body->volume_ml,
                      100 * (1 - body->in_liver)));
    return gallbladder;
  });
  for (size_t l = 0; l < lesions.size(); ++l) lesions[l].lesion.id = int(l + 1);
  return said;
}

}  // namespace hepatica
