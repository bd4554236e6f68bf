#include "stages/detect/lesions.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/threads.h"
#include "image/components.h"
#include "stages/detect/axes.h"

namespace hepatica {
namespace {

constexpr double kCorePart = 0.5;                   // of the box's axes: certainly lesion
constexpr double kReachPart = 1.1;                  // of the box's axes: beyond it is certainly not
constexpr double kRingFrom = 1.3, kRingPart = 2.0;  // of the box's axes: the surroundings
constexpr double kLeastContrast_hu = 8;             // below this a core does not stand out
constexpr size_t kLeastRing = 30;                   // voxels of surrounding liver that a median needs
constexpr double kLeastFilled = 0.3;                // of the ellipse, else the threshold has failed
constexpr double kMadToSigma = 1.4826;

/// The box of a track on slice k, interpolated between its detections.
Box2 box_at(const Track& track, int64_t k) {
  const auto after =
      std::find_if(track.detections.begin(), track.detections.end(), [&](const Detection& d) { return d.slice >= k; });
  if (after == track.detections.end()) return track.detections.back().box;
  if (after->slice == k || after == track.detections.begin()) return after->box;
  const auto before = after - 1;
  const double t = double(k - before->slice) / double(after->slice - before->slice);
  const auto mix = [&](double a, double b) { return a + t * (b - a); };
  return {mix(before->box.x0, after->box.x0),
          mix(before->box.y0, after->box.y0),
          mix(before->box.x1, after->box.x1),
          mix(before->box.y1, after->box.y1)};
}

/// Mean over 3x3 pixels of a slice, which tames noise without moving edges.
double smoothed(const Volume<int16_t>& hu, int64_t i, int64_t j, int64_t k) {
  int64_t sum = 0, count = 0;
  for (int64_t v = std::max<int64_t>(0, j - 1); v <= std::min(hu.ny() - 1, j + 1); ++v)
    for (int64_t u = std::max<int64_t>(0, i - 1); u <= std::min(hu.nx() - 1, i + 1); ++u) {
      sum += hu.at(u, v, k);
      ++count;
    }
  return double(sum) / double(count);
}

double median_of(std::vector<double>& values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// What tells lesion from liver: values further than `difference` from `liver` are lesion.
struct Contrast {
  double liver = 0, difference = 0;
};

std::optional<Contrast> contrast_of(const Track& track, const PhaseImage& image) {
  std::vector<double> core, ring;
  const int64_t first = track.detections.front().slice, last = track.detections.back().slice;
  for (int64_t k = first; k <= last; ++k) {
    const Box2 box = box_at(track, k);
    const double reach_x = 0.5 * kRingPart * box.width(), reach_y = 0.5 * kRingPart * box.height();
    const auto i0 = std::max<int64_t>(0, int64_t(box.center_x() - reach_x)),
               j0 = std::max<int64_t>(0, int64_t(box.center_y() - reach_y));
    const auto i1 = std::min(image.hu.nx() - 1, int64_t(box.center_x() + reach_x)),
               j1 = std::min(image.hu.ny() - 1, int64_t(box.center_y() + reach_y));
    for (int64_t j = j0; j <= j1; ++j)
      for (int64_t i = i0; i <= i1; ++i) {
        const double r = squared_ellipse_distance(box, double(i) + 0.5, double(j) + 0.5);
        if (r <= kCorePart * kCorePart)
          core.push_back(smoothed(image.hu, i, j, k));
        else if (r > kRingFrom * kRingFrom && r <= kRingPart * kRingPart && !image.liver.empty() &&
                 image.liver.at(i, j, k))
          ring.push_back(smoothed(image.hu, i, j, k));
      }
  }
  if (core.empty() || ring.size() < kLeastRing) return std::nullopt;
  Contrast contrast;
  contrast.liver = median_of(ring);
  for (double& value : ring) value = std::abs(value - contrast.liver);
  const double noise = kMadToSigma * median_of(ring);
  const double core_off = std::abs(median_of(core) - contrast.liver);
  if (core_off < std::max(kLeastContrast_hu, noise)) return std::nullopt;
  contrast.difference = std::max(0.5 * core_off, noise);
  return contrast;
}

Mask region_mask(const LesionRegion& region) {
  Geometry geometry;
  geometry.size = region.size;
  return Mask(geometry, region.inside);
}

/// Adds the lesion's pixels on slice k to the region.
void fill_slice(const Track& track,
                const PhaseImage& image,
                const std::optional<Contrast>& contrast,
                int64_t k,
                LesionRegion& region) {
  const Box2 box = box_at(track, k);
  size_t in_ellipse = 0, found = 0;
  const size_t start = size_t((k - region.first[2]) * region.size[1] * region.size[0]);
  const auto for_each = [&](const auto& action) {
    for (int64_t j = 0; j < region.size[1]; ++j)
      for (int64_t i = 0; i < region.size[0]; ++i)
        action(region.first[0] + i, region.first[1] + j, region.inside[start + size_t(j * region.size[0] + i)]);
  };
  for_each([&](int64_t i, int64_t j, uint8_t& inside) {
    const double r = squared_ellipse_distance(box, double(i) + 0.5, double(j) + 0.5);
    if (r > kReachPart * kReachPart) return;
    in_ellipse += r <= 1;
    const bool stands_out = contrast && std::abs(smoothed(image.hu, i, j, k) - contrast->liver) > contrast->difference;
    inside = r <= kCorePart * kCorePart || stands_out;
    found += inside;
  });
  if (!contrast || double(found) < kLeastFilled * double(in_ellipse))
    for_each([&](int64_t i, int64_t j, uint8_t& inside) {
      inside = squared_ellipse_distance(box, double(i) + 0.5, double(j) + 0.5) <= 1;
    });
}

struct Measured {
  Axes axes;
  double volume_ml = 0;
  int64_t largest_slice = 0;  ///< by area
};

Measured measure(const LesionRegion& region, const Geometry& geometry) {
  Measured measured;
  measured.largest_slice = region.first[2];
  const size_t area = size_t(region.size[0] * region.size[1]);
  size_t voxels = 0, largest = 0;
  for (int64_t k = 0; k < region.size[2]; ++k) {
    const std::span<const uint8_t> slice(region.inside.data() + size_t(k) * area, area);
    const auto count = size_t(std::count(slice.begin(), slice.end(), 1));
    voxels += count;
    if (count > largest) {
      largest = count;
      measured.largest_slice = region.first[2] + k;
    }
    const Axes axes = axes_of(slice, region.size[0], region.size[1], geometry.spacing[0], geometry.spacing[1]);
    if (axes.long_mm > measured.axes.long_mm) measured.axes = axes;
  }
  measured.volume_ml = double(voxels) * geometry.voxel_volume_ml();
  return measured;
}

Detection nearest_detection(const Track& track, int64_t slice) {
  return *std::min_element(
      track.detections.begin(), track.detections.end(), [&](const Detection& a, const Detection& b) {
        return std::abs(a.slice - slice) < std::abs(b.slice - slice);
      });
}

LesionWithRegions lesion_of(const std::vector<Track>& tracks, const PreprocessedStudy& study) {
  LesionWithRegions found;
  const size_t reference = reference_image(study);
  bool has_reference_box = false;
  for (const Track& track : tracks) {
    const PhaseImage& image = study.images[track.image];
    found.regions.push_back(region_of(track, image));
    const Measured measured = measure(found.regions.back(), image.hu.geometry());
    Lesion& lesion = found.lesion;
    const bool longest = measured.axes.long_mm > lesion.long_axis_mm;
    if (longest) {
      lesion.long_axis_mm = measured.axes.long_mm;
      lesion.short_axis_mm = measured.axes.short_mm;
      lesion.volume_ml = measured.volume_ml;
    }
    if (track.image == reference || (longest && !has_reference_box)) lesion.box = world_box(track, image.hu.geometry());
    has_reference_box = has_reference_box || track.image == reference;
    lesion.detections.insert(lesion.detections.end(), track.detections.begin(), track.detections.end());
    lesion.best_slices.push_back(nearest_detection(track, measured.largest_slice));
  }
  return found;
}

/// Calls `voxel(i, j, k)` for the voxels of `geometry` whose centre lies in the region's world box.
template <class Voxel>
void for_each_voxel_in(const LesionRegion& region, const Geometry& from, const Geometry& geometry, const Voxel& voxel) {
  std::array<double, 3> low{1e9, 1e9, 1e9}, high{-1e9, -1e9, -1e9};
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 index;
    for (size_t axis = 0; axis < 3; ++axis)
      index[axis] = double(region.first[axis]) - 0.5 + ((corner >> axis) & 1 ? double(region.size[axis]) : 0.0);
    const Vec3 at = index_from_world(geometry, world_from_index(from, index));
    for (size_t axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], at[axis]);
      high[axis] = std::max(high[axis], at[axis]);
    }
  }
  const auto start = [&](size_t axis) { return std::max<int64_t>(0, int64_t(std::ceil(low[axis]))); };
  const auto stop = [&](size_t axis) { return std::min(geometry.size[axis] - 1, int64_t(std::floor(high[axis]))); };
  for (int64_t k = start(2); k <= stop(2); ++k)
    for (int64_t j = start(1); j <= stop(1); ++j)
      for (int64_t i = start(0); i <= stop(0); ++i) voxel(i, j, k);
}

bool region_holds(const LesionRegion& region, const Vec3& index) {
  std::array<int64_t, 3> at;
  for (size_t axis = 0; axis < 3; ++axis) {
    at[axis] = std::llround(index[axis]) - region.first[axis];
    if (at[axis] < 0 || at[axis] >= region.size[axis]) return false;
  }
  return region.inside[size_t((at[2] * region.size[1] + at[1]) * region.size[0] + at[0])] != 0;
}

}  // namespace

LesionRegion region_of(const Track& track, const PhaseImage& image) {
  LesionRegion region;
  region.image = track.image;
  const int64_t last = track.detections.back().slice;
  double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
  for (const Detection& detection : track.detections) {
    x0 = std::min(x0, detection.box.x0);
    y0 = std::min(y0, detection.box.y0);
    x1 = std::max(x1, detection.box.x1);
    y1 = std::max(y1, detection.box.y1);
  }
  const double more_x = 0.5 * (kReachPart - 1) * (x1 - x0), more_y = 0.5 * (kReachPart - 1) * (y1 - y0);
  region.first = {std::max<int64_t>(0, int64_t(std::floor(x0 - more_x))),
                  std::max<int64_t>(0, int64_t(std::floor(y0 - more_y))),
                  track.detections.front().slice};
  region.size = {std::min(image.hu.nx(), int64_t(std::ceil(x1 + more_x))) - region.first[0],
                 std::min(image.hu.ny(), int64_t(std::ceil(y1 + more_y))) - region.first[1],
                 last - region.first[2] + 1};
  region.inside.assign(size_t(region.size[0] * region.size[1] * region.size[2]), 0);
  const std::optional<Contrast> contrast = contrast_of(track, image);
  for (int64_t k = region.first[2]; k <= last; ++k) fill_slice(track, image, contrast, k, region);
  Mask mask = region_mask(region);
  keep_largest_components(mask, 1);
  fill_holes_on_slices(mask);
  region.inside.assign(mask.values().begin(), mask.values().end());
  return region;
}

std::vector<LesionWithRegions> find_lesions(const PreprocessedStudy& study, const std::vector<LinkedLesion>& linked) {
  std::vector<LesionWithRegions> lesions(linked.size());
  parallel_for(linked.size(), [&](size_t n) {
    lesions[n] = lesion_of(linked[n].tracks, study);
    lesions[n].lesion.score = linked[n].score;
  });
  std::stable_sort(lesions.begin(), lesions.end(), [](const LesionWithRegions& a, const LesionWithRegions& b) {
    return a.lesion.long_axis_mm > b.lesion.long_axis_mm;
  });
  for (size_t l = 0; l < lesions.size(); ++l) lesions[l].lesion.id = int(l + 1);
  return lesions;
}

size_t reference_image(const PreprocessedStudy& study) {
  for (size_t i = 0; i < study.images.size(); ++i)
    if (study.images[i].phase == Phase::portal_venous) return i;
  return 0;
}

Mask paint_lesions(const PreprocessedStudy& study, const std::vector<LesionWithRegions>& lesions, size_t image) {
  const Geometry& geometry = study.images[image].hu.geometry();
  Mask labels(geometry);
  for (const LesionWithRegions& lesion : lesions) {
    if (lesion.lesion.id > 255) break;
    auto region = std::find_if(
        lesion.regions.begin(), lesion.regions.end(), [&](const LesionRegion& r) { return r.image == image; });
    if (region == lesion.regions.end()) region = lesion.regions.begin();
    const Geometry& from = study.images[region->image].hu.geometry();
    for_each_voxel_in(*region, from, geometry, [&](int64_t i, int64_t j, int64_t k) {
      const Vec3 index = region->image == image
                             ? Vec3{double(i), double(j), double(k)}
                             : index_from_world(from, world_from_index(geometry, {double(i), double(j), double(k)}));
      if (region_holds(*region, index)) labels.at(i, j, k) = uint8_t(lesion.lesion.id);
    });
  }
  return labels;
}

void add_to_livers(PreprocessedStudy& study, const std::vector<LesionWithRegions>& lesions) {
  for (size_t i = 0; i < study.images.size(); ++i) {
    PhaseImage& image = study.images[i];
    if (image.liver.empty()) continue;
    const Mask painted = paint_lesions(study, lesions, i);
    size_t added = 0;
    for (size_t v = 0; v < painted.values().size(); ++v) {
      if (!painted.values()[v] || image.liver.values()[v]) continue;
      image.liver.values()[v] = 1;
      ++added;
    }
    image.liver_volume_ml += double(added) * image.liver.geometry().voxel_volume_ml();
  }
}

}  // namespace hepatica
