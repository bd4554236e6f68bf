#include "stages/classify/phases.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace hepatica {
namespace {

struct Place {
  Box2 box;  ///< mm in the axial plane
  double z = 0;
};

/// Box edges lie half a pixel off the pixel centres that indices speak of.
Place place_of(const PreprocessedStudy& study, const Detection& d) {
  const Geometry& grid = study.images[d.image].hu.geometry();
  const Vec3 low = world_from_index(grid, {d.box.x0 - 0.5, d.box.y0 - 0.5, double(d.slice)});
  const Vec3 high = world_from_index(grid, {d.box.x1 - 0.5, d.box.y1 - 0.5, double(d.slice)});
  return {{low[0], low[1], high[0], high[1]}, low[2]};
}

std::optional<Detection> nearest_detection(const PreprocessedStudy& study,
                                           const std::vector<Detection>& detections,
                                           const Place& place,
                                           size_t image) {
  std::optional<Detection> nearest;
  auto distance = double(kLargestBreathing_mm);
  for (const Detection& d : detections) {
    if (d.image != image) continue;
    const Place there = place_of(study, d);
    if (intersection_over_union(there.box, place.box) <= 0 || std::abs(there.z - place.z) > distance) continue;
    if (nearest && std::abs(there.z - place.z) == distance) continue;
    distance = std::abs(there.z - place.z);
    nearest = d;
  }
  return nearest;
}

std::optional<Detection> carried_over(const PreprocessedStudy& study, const Place& place, size_t image, double score) {
  const Volume<int16_t>& hu = study.images[image].hu;
  const Vec3 low = index_from_world(hu.geometry(), {place.box.x0, place.box.y0, place.z});
  const Vec3 high = index_from_world(hu.geometry(), {place.box.x1, place.box.y1, place.z});
  const int64_t slice = std::llround(low[2]);
  const Box2 box{low[0] + 0.5, low[1] + 0.5, high[0] + 0.5, high[1] + 0.5};
  const auto i = int64_t(std::floor(box.center_x())), j = int64_t(std::floor(box.center_y()));
  if (!hu.contains(i, j, slice)) return std::nullopt;
  return Detection{image, slice, box, score};
}

/// Boxes of one lesion in one image.
struct Boxed {
  std::vector<Detection> detections;
  double height_mm = 0;
};

std::vector<Boxed> boxed_by_image(const PreprocessedStudy& study, const std::vector<Detection>& lesion) {
  std::vector<Boxed> boxed(study.images.size());
  for (const Detection& d : lesion) boxed[d.image].detections.push_back(d);
  for (size_t image = 0; image < boxed.size(); ++image) {
    const auto& own = boxed[image].detections;
    if (own.empty()) continue;
    const auto [low, high] = std::minmax_element(
        own.begin(), own.end(), [](const Detection& a, const Detection& b) { return a.slice < b.slice; });
    boxed[image].height_mm = double(high->slice - low->slice + 1) * study.images[image].hu.geometry().spacing[2];
  }
  return boxed;
}

/// The places of `detections`, moved up by `higher_mm`, on those slices of `image` on which `own` has no box.
void add_places(const PreprocessedStudy& study,
                const std::vector<Detection>& detections,
                double higher_mm,
                size_t image,
                std::vector<Detection>& own) {
  for (const Detection& d : detections) {
    Place place = place_of(study, d);
    place.z += higher_mm;
    const auto there = carried_over(study, place, image, d.score);
    if (!there) continue;
    const auto same_slice = [&](const Detection& other) { return other.slice == there->slice; };
    if (std::none_of(own.begin(), own.end(), same_slice)) own.push_back(*there);
  }
}

}  // namespace

std::vector<Detection> same_plane(const PreprocessedStudy& study, const std::vector<Detection>& detections, size_t n) {
  const Place place = place_of(study, detections[n]);
  std::vector<Detection> planes;
  for (size_t image = 0; image < study.images.size(); ++image) {
    if (image == detections[n].image) {
      planes.push_back(detections[n]);
      continue;
    }
    auto there = nearest_detection(study, detections, place, image);
    if (!there) there = carried_over(study, place, image, detections[n].score);
    if (there) planes.push_back(*there);
  }
  return planes;
}

std::vector<Detection> in_all_phases(const PreprocessedStudy& study,
                                     const std::vector<std::vector<double>>& breathing_mm,
                                     const std::vector<Detection>& lesion) {
  std::vector<Boxed> boxed = boxed_by_image(study, lesion);
  const auto tallest = std::max_element(
      boxed.begin(), boxed.end(), [](const Boxed& a, const Boxed& b) { return a.height_mm < b.height_mm; });
  const Boxed source = *tallest;
  const auto from = size_t(tallest - boxed.begin());
  std::vector<Detection> all;
  for (size_t image = 0; image < boxed.size(); ++image) {
    std::vector<Detection>& own = boxed[image].detections;
    if (boxed[image].height_mm < source.height_mm / 2)
      add_places(study, source.detections, breathing_mm[from][image], image, own);
    std::sort(own.begin(), own.end(), [](const Detection& a, const Detection& b) { return a.slice < b.slice; });
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

PlaneImage network_crop(const PreprocessedStudy& study,
                        const std::vector<Detection>& detections,
                        size_t n,
                        const ClassifyInput& input) {
  const auto plane_of = [&](const Detection& detection) {
    const Volume<int16_t>& hu = study.images[detection.image].hu;
    return classify_plane(LesionView<int16_t>{hu.slice(detection.slice), hu.nx(), hu.ny(), detection.box, {}}, input);
  };
  if (!input.fused()) return late_input(plane_of(detections[n]));
  std::map<Phase, PlaneImage> planes;
  for (const Detection& plane : same_plane(study, detections, n))
    planes.emplace(study.images[plane.image].phase, plane_of(plane));
  return fused_input(planes, input);
}

}  // namespace hepatica
