#include <algorithm>
#include <array>
#include <cmath>

#include "image/components.h"
#include "stages/ingest/landmarks.h"

namespace hepatica {
namespace {

// Adult canals are 15 to 25 mm wide and 12 to 20 mm deep.
constexpr double kMinAreaMm2 = 60, kMaxAreaMm2 = 700;
/// Thin arches are dim where the pixels are large, marrow is bright where bones are dense: each is tried.
constexpr std::array<float, 3> kBoneHu{115, 150, 200};

struct Extent {
  double low = 1e9, high = -1e9;
  void add(double value) { low = std::min(low, value), high = std::max(high, value); }
  double middle() const { return 0.5 * (low + high); }
};

/// The box of the body on a slice, in pixels.
struct BodyBox {
  Extent x, y;
};

BodyBox body_box(const CoarseCt& ct, int64_t k) {
  BodyBox box;
  for (int64_t j = 0; j < ct.hu.ny(); ++j)
    for (int64_t i = 0; i < ct.hu.nx(); ++i)
      if (ct.body.at(i, j, k)) box.x.add(double(i)), box.y.add(double(j));
  return box;
}

/// Soft tissue enclosed by what is brighter than `bone_hu` on one slice, in the middle and the back half of the body.
std::vector<SlicePoint> enclosed_places(const CoarseCt& ct, int64_t k, float bone_hu) {
  const Volume<float>& hu = ct.hu;
  const BodyBox box = body_box(ct, k);
  Mask open(slice_geometry(hu.geometry(), k));
  for (int64_t j = 0; j < hu.ny(); ++j)
    for (int64_t i = 0; i < hu.nx(); ++i) open.at(i, j, 0) = hu.at(i, j, k) < bone_hu;
  const Components parts = find_components(open, Connectivity::faces);
  std::vector<SlicePoint> sums(parts.sizes.size());
  for (int64_t j = 0; j < hu.ny(); ++j)
    for (int64_t i = 0; i < hu.nx(); ++i) {
      SlicePoint& part = sums[size_t(parts.labels[open.offset(i, j, 0)])];
      part.x += double(i), part.y += double(j), part.hu += hu.at(i, j, k);
    }
  std::vector<SlicePoint> places;
  const double pixel_area = ct.pixel_mm() * ct.pixel_mm();
  for (size_t label = 1; label < sums.size(); ++label) {
    const double count = double(parts.sizes[label]), area = count * pixel_area;
    const SlicePoint& sum = sums[label];
    const SlicePoint place{k, sum.x / count, sum.y / count, std::sqrt(area / 3.14159), sum.hu / count};
    if (area < kMinAreaMm2 || area > kMaxAreaMm2 || place.hu < -30 || place.hu > 110) continue;
    const bool central = std::abs(place.x - box.x.middle()) < 0.2 * (box.x.high - box.x.low);
    if (central && place.y > box.y.middle()) places.push_back(place);
  }
  return places;
}

double middle_of(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// The places that agree with the median of those within 40 mm, after the line that most agree with was taken.
std::vector<SlicePoint> in_line(const std::vector<SlicePoint>& places, double pixel_mm, double slice_mm) {
  const auto apart = [&](const SlicePoint& a, const SlicePoint& b) {
    return double(std::abs(a.slice - b.slice)) * slice_mm;
  };
  std::vector<SlicePoint> best;
  for (const SlicePoint& centre : places) {
    std::vector<SlicePoint> support;
    for (const SlicePoint& other : places)
      // The spine bends by less than half a millimetre a millimetre, more from front to back than sideways.
      if (std::abs(other.x - centre.x) * pixel_mm < 8 + 0.25 * apart(centre, other) &&
          std::abs(other.y - centre.y) * pixel_mm < 8 + 0.5 * apart(centre, other))
        support.push_back(other);
    if (support.size() > best.size()) best = std::move(support);
  }
  std::vector<SlicePoint> line;
  for (const SlicePoint& place : best) {
    std::vector<double> xs, ys;
    for (const SlicePoint& other : best)
      if (apart(place, other) <= 40) xs.push_back(other.x), ys.push_back(other.y);
    if (std::abs(place.x - middle_of(xs)) * pixel_mm < 6 && std::abs(place.y - middle_of(ys)) * pixel_mm < 10)
      line.push_back(place);
  }
  return line;
}

/// One place a slice: the mean of what the thresholds gave there.
std::vector<SlicePoint> merged(const std::vector<SlicePoint>& line) {
  std::vector<SlicePoint> result;
  for (size_t first = 0; first < line.size();) {
    size_t last = first;
    SlicePoint mean{line[first].slice, 0, 0, 0, 0};
    while (last < line.size() && line[last].slice == mean.slice) mean.x += line[last].x, mean.y += line[last++].y;
    mean.x /= double(last - first), mean.y /= double(last - first);
    result.push_back(mean);
    first = last;
  }
  return result;
}

SlicePoint between(const SlicePoint& a, const SlicePoint& b, int64_t k) {
  const double t = a.slice == b.slice ? 0 : std::clamp(double(k - a.slice) / double(b.slice - a.slice), 0.0, 1.0);
  const auto mix = [t](double u, double v) { return (1 - t) * u + t * v; };
  return {k, mix(a.x, b.x), mix(a.y, b.y), mix(a.radius_mm, b.radius_mm), mix(a.hu, b.hu)};
}

}  // namespace

std::vector<SlicePoint> find_spinal_canal(const CoarseCt& ct) {
  std::vector<SlicePoint> places;
  for (int64_t k = 0; k < ct.hu.nz(); ++k)
    for (float bone_hu : kBoneHu)
      for (const SlicePoint& place : enclosed_places(ct, k, bone_hu)) places.push_back(place);
  const std::vector<SlicePoint> line = merged(in_line(places, ct.pixel_mm(), ct.hu.geometry().spacing[2]));
  if (line.size() < size_t(std::min<int64_t>(2, ct.hu.nz()))) return {};
  std::vector<SlicePoint> canal;
  for (int64_t k = 0; k < ct.hu.nz(); ++k) {
    auto above = std::find_if(line.begin(), line.end(), [&](const SlicePoint& p) { return p.slice >= k; });
    if (above == line.end()) above = line.end() - 1;
    const auto below = above == line.begin() ? above : above - (above->slice > k ? 1 : 0);
    canal.push_back(between(*below, *above, k));
  }
  return canal;
}

}  // namespace hepatica
