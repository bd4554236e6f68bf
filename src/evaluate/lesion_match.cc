#include "evaluate/lesion_match.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "image/components.h"

namespace hepatica {
namespace {

/// First and last column of each row of a slice that a label covers: enough to find its longest distance.
using Edges = std::vector<std::array<double, 2>>;

double longest_mm(const Edges& points) {
  double longest = 0;
  for (size_t a = 0; a < points.size(); ++a)
    for (size_t b = a + 1; b < points.size(); ++b)
      longest = std::max(longest, std::hypot(points[a][0] - points[b][0], points[a][1] - points[b][1]));
  return longest;
}

void add_slice(const Mask& labels, int64_t k, std::map<int, Edges>& edges, std::map<int, size_t>& voxels) {
  const Vec3& spacing = labels.geometry().spacing;
  for (int64_t j = 0; j < labels.ny(); ++j) {
    std::map<int, std::array<int64_t, 2>> ends;
    for (int64_t i = 0; i < labels.nx(); ++i) {
      const int label = labels.at(i, j, k);
      if (label == 0) continue;
      ++voxels[label];
      ends.emplace(label, std::array<int64_t, 2>{i, i}).first->second[1] = i;
    }
    for (const auto& [label, end] : ends)
      for (int64_t i : end) edges[label].push_back({double(i) * spacing[0], double(j) * spacing[1]});
  }
}

/// Pixels of a box, cut to the slice: first and one past the last.
std::array<int64_t, 2> pixels(double low, double high, int64_t size) {
  return {std::clamp<int64_t>(int64_t(std::floor(low)), 0, size),
          std::clamp<int64_t>(int64_t(std::ceil(high)), 0, size)};
}

std::set<int> labels_in(const Mask& mask, const Detection& detection) {
  std::set<int> labels;
  if (detection.slice < 0 || detection.slice >= mask.nz()) return labels;
  const auto columns = pixels(detection.box.x0, detection.box.x1, mask.nx());
  const auto rows = pixels(detection.box.y0, detection.box.y1, mask.ny());
  for (int64_t j = rows[0]; j < rows[1]; ++j)
    for (int64_t i = columns[0]; i < columns[1]; ++i)
      if (const int label = mask.at(i, j, detection.slice)) labels.insert(label);
  return labels;
}

}  // namespace

Mask separate_lesions(const Mask& mask) {
  const auto values = mask.values();
  if (std::any_of(values.begin(), values.end(), [](uint8_t v) { return v > 1; })) return mask;
  const Components components = find_components(mask, Connectivity::all);
  std::vector<size_t> order;
  for (size_t label = 1; label < components.sizes.size(); ++label) order.push_back(label);
  std::stable_sort(
      order.begin(), order.end(), [&](size_t a, size_t b) { return components.sizes[a] > components.sizes[b]; });
  std::vector<uint8_t> name(components.sizes.size(), 0);
  for (size_t rank = 0; rank < order.size() && rank < 255; ++rank) name[order[rank]] = uint8_t(rank + 1);
  Mask labels(mask.geometry());
  for (size_t v = 0; v < values.size(); ++v) labels.values()[v] = name[size_t(components.labels[v])];
  return labels;
}

std::vector<ReferenceLesion> measure_lesions(const Mask& labels) {
  std::map<int, double> longest;
  std::map<int, size_t> voxels;
  for (int64_t k = 0; k < labels.nz(); ++k) {
    std::map<int, Edges> edges;
    add_slice(labels, k, edges, voxels);
    for (const auto& [label, points] : edges) longest[label] = std::max(longest[label], longest_mm(points));
  }
  const Geometry& grid = labels.geometry();
  std::vector<ReferenceLesion> lesions;
  for (const auto& [label, length] : longest)
    lesions.push_back(
        {label, length + 0.5 * (grid.spacing[0] + grid.spacing[1]), double(voxels[label]) * grid.voxel_volume_ml()});
  return lesions;
}

stats::OverlapCounts overlap(const Mask& predicted, const Mask& reference) {
  if (!same_grid(predicted.geometry(), reference.geometry(), 1e-2))
    throw Error(ErrorCode::bad_geometry,
                "the predicted and the reference mask lie on different grids; resample one to the other first");
  stats::OverlapCounts counts;
  const auto a = predicted.values(), b = reference.values();
  for (size_t v = 0; v < a.size(); ++v) {
    counts.both += a[v] && b[v];
    counts.predicted_only += a[v] && !b[v];
    counts.reference_only += !a[v] && b[v];
  }
  return counts;
}

LesionMatch match_lesions(const std::vector<Lesion>& predicted, const std::vector<const Mask*>& references) {
  LesionMatch match;
  match.touched.resize(predicted.size());
  match.judged.assign(predicted.size(), 0);
  for (size_t lesion = 0; lesion < predicted.size(); ++lesion)
    for (const Detection& detection : predicted[lesion].detections) {
      if (detection.image >= references.size() || !references[detection.image]) continue;
      match.judged[lesion] = 1;
      const std::set<int> labels = labels_in(*references[detection.image], detection);
      match.touched[lesion].insert(labels.begin(), labels.end());
      match.found.insert(labels.begin(), labels.end());
    }
  return match;
}

}  // namespace hepatica
