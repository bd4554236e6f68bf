#include <algorithm>
#include <array>
#include <cmath>

#include "base/threads.h"
#include "stages/ingest/landmarks.h"

namespace hepatica {
namespace {

constexpr int kDirections = 16;
constexpr size_t kKeptPerSlice = 24;
/// A disc must score better than this for the chain to grow.
constexpr double kWorthwhile = 0.55;

struct Disc {
  SlicePoint place;
  double score = 0;
};

std::optional<float> value_at(const Volume<float>& hu, double x, double y, int64_t k) {
  const int64_t i = std::lround(x), j = std::lround(y);
  if (!hu.contains(i, j, k)) return std::nullopt;
  return hu.at(i, j, k);
}

struct Spread {
  double mean = 0, deviation = 0;
  int count = 0;
};

Spread inside(const Volume<float>& hu, const SlicePoint& place, double radius) {
  double sum = 0, squares = 0;
  int count = 0;
  const auto reach = int64_t(std::ceil(radius));
  for (int64_t dy = -reach; dy <= reach; ++dy)
    for (int64_t dx = -reach; dx <= reach; ++dx) {
      if (double(dx * dx + dy * dy) > radius * radius) continue;
      if (const auto value = value_at(hu, place.x + double(dx), place.y + double(dy), place.slice))
        sum += *value, squares += double(*value) * *value, ++count;
    }
  if (count == 0) return {};
  const double mean = sum / count;
  return {mean, std::sqrt(std::max(0.0, squares / count - mean * mean)), count};
}

/// How much a disc looks like a vessel: even within, another tissue around it, not set in bone.
double roundness(const Volume<float>& hu, const SlicePoint& place, const Spread& within, double pixel_mm) {
  const double ring = (place.radius_mm + 4) / pixel_mm;
  int edges = 0, bright = 0;
  for (int d = 0; d < kDirections; ++d) {
    const double angle = 2 * 3.14159265 * d / kDirections;
    const auto value = value_at(hu, place.x + ring * std::cos(angle), place.y + ring * std::sin(angle), place.slice);
    if (!value) continue;
    const double step = *value - within.mean;
    edges += std::abs(step) > std::max(22.0, 1.5 * within.deviation);
    bright += step > 22;
  }
  // The vertebra touches the aorta on one side only.
  if (bright > kDirections * 3 / 8) return 0;
  return double(edges) / kDirections - within.deviation / 60;
}

std::vector<Disc> discs_on(const CoarseCt& ct, const SlicePoint& canal) {
  const double pixel = ct.pixel_mm();
  std::vector<Disc> discs;
  for (double dy = -78; dy <= -22; dy += pixel)
    for (double dx = -18; dx <= 46; dx += pixel) {
      // The vertebral body itself lies there.
      if (std::abs(dx) < 14 && dy > -36) continue;
      Disc best;
      for (double radius : {6.0, 8.0, 10.0, 12.0, 14.0, 17.0}) {
        SlicePoint place{canal.slice, canal.x + dx / pixel, canal.y + dy / pixel, radius, 0};
        const Spread within = inside(ct.hu, place, radius / pixel);
        // A larger disc around an uneven small one is no more even.
        if (within.count < 9 || within.mean < 10 || within.mean > 700 || within.deviation > 35) break;
        place.hu = within.mean;
        const double off = (dx - 12) / 30;
        const double score = roundness(ct.hu, place, within, pixel) + 0.008 * (radius - 6) - 0.12 * off * off;
        if (score > best.score) best = {place, score};
      }
      if (best.score > 0.3) discs.push_back(best);
    }
  std::sort(discs.begin(), discs.end(), [](const Disc& a, const Disc& b) { return a.score > b.score; });
  std::vector<Disc> kept;
  for (const Disc& disc : discs) {
    const bool near = std::any_of(kept.begin(), kept.end(), [&](const Disc& other) {
      return std::hypot(other.place.x - disc.place.x, other.place.y - disc.place.y) * pixel < 3.5;
    });
    if (!near) kept.push_back(disc);
    if (kept.size() == kKeptPerSlice) break;
  }
  return kept;
}

double step_cost(const Disc& from, const Disc& to, double pixel_mm, double slice_mm) {
  const double moved = std::hypot(from.place.x - to.place.x, from.place.y - to.place.y) * pixel_mm;
  const double shift = moved / (3 + 0.5 * slice_mm);
  const double brightness = (from.place.hu - to.place.hu) / 30;
  const double size = (from.place.radius_mm - to.place.radius_mm) / 8;
  return 0.15 * (shift * shift + std::min(4.0, brightness * brightness) + size * size);
}

struct Link {
  double total = 0;
  int previous = -1;
};

}  // namespace

std::vector<SlicePoint> find_aorta(const CoarseCt& ct, const std::vector<SlicePoint>& canal) {
  if (canal.empty()) return {};
  const double slice_mm = ct.hu.geometry().spacing[2];
  std::vector<std::vector<Disc>> discs(canal.size());
  parallel_for(canal.size(), [&](size_t k) { discs[k] = discs_on(ct, canal[k]); });
  std::vector<std::vector<Link>> links;
  std::pair<size_t, size_t> end{0, 0};
  double best = 0;
  for (size_t k = 0; k < canal.size(); ++k) {
    links.emplace_back(discs[k].size());
    for (size_t d = 0; d < discs[k].size(); ++d) {
      Link& link = links[k][d];
      for (size_t p = 0; k > 0 && p < discs[k - 1].size(); ++p) {
        const double through = links[k - 1][p].total - step_cost(discs[k - 1][p], discs[k][d], ct.pixel_mm(), slice_mm);
        if (through > link.total) link = {through, int(p)};
      }
      link.total += discs[k][d].score - kWorthwhile;
      if (link.total > best) best = link.total, end = {k, d};
    }
  }
  std::vector<SlicePoint> chain;
  if (best <= 0) return chain;
  for (int d = int(end.second), k = int(end.first); d >= 0; --k) {
    chain.push_back(discs[size_t(k)][size_t(d)].place);
    d = links[size_t(k)][size_t(d)].previous;
  }
  std::reverse(chain.begin(), chain.end());
  const double length = double(chain.size()) * slice_mm, whole = double(canal.size()) * slice_mm;
  return length >= std::min(35.0, 0.5 * whole) ? chain : std::vector<SlicePoint>{};
}

}  // namespace hepatica
