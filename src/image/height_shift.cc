#include "image/height_shift.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "image/mask_area.h"

namespace hepatica {
namespace {

/// Area by height: value n holds mm2 at n mm above `lowest`.
struct Profile {
  int64_t lowest = 0;
  std::vector<double> mm2;

  bool known() const {
    return std::any_of(mm2.begin(), mm2.end(), [](double area) { return area > 0; });
  }
  double at(int64_t z) const {
    const int64_t n = z - lowest;
    return n >= 0 && n < int64_t(mm2.size()) ? mm2[size_t(n)] : 0;
  }
};

double area_mm2(const Mask& mask, int64_t k) {
  const Geometry& grid = mask.geometry();
  return double(labelled_pixels(mask, k)) * grid.spacing[0] * grid.spacing[1];
}

Profile profile_of(const Mask& mask) {
  if (mask.empty()) return {};
  const Geometry& grid = mask.geometry();
  std::vector<double> areas;
  for (int64_t k = 0; k < grid.size[2]; ++k) areas.push_back(area_mm2(mask, k));
  const double first = grid.origin[2], step = grid.spacing[2];
  Profile profile{int64_t(std::ceil(first)), {}};
  for (auto z = double(profile.lowest); z <= first + step * double(areas.size() - 1); ++z) {
    const double k = (z - first) / step;
    const auto below = size_t(k);
    const double share = k - double(below);
    profile.mm2.push_back((1 - share) * areas[below] + share * areas[std::min(below + 1, areas.size() - 1)]);
  }
  return profile;
}

double mean_difference(const Profile& from, const Profile& to, int64_t shift) {
  const int64_t first = std::max(from.lowest, to.lowest - shift);
  const int64_t last = std::min(from.lowest + int64_t(from.mm2.size()), to.lowest - shift + int64_t(to.mm2.size()));
  double sum = 0;
  for (int64_t z = first; z < last; ++z) sum += std::abs(from.at(z) - to.at(z + shift));
  return last > first ? sum / double(last - first) : std::numeric_limits<double>::infinity();
}

double shift_between(const Profile& from, const Profile& to, int64_t most) {
  int64_t best = 0;
  double least = mean_difference(from, to, 0);
  for (int64_t shift = -most; shift <= most; ++shift) {
    const double difference = mean_difference(from, to, shift);
    if (difference >= least) continue;
    least = difference;
    best = shift;
  }
  return double(best);
}

}  // namespace

std::vector<std::vector<double>> height_shifts_mm(const std::vector<const Mask*>& masks, int64_t most_mm) {
  std::vector<Profile> profiles;
  for (const Mask* mask : masks) profiles.push_back(profile_of(*mask));
  std::vector<std::vector<double>> shifts(masks.size(), std::vector<double>(masks.size(), 0));
  for (size_t from = 0; from < masks.size(); ++from)
    for (size_t to = from + 1; to < masks.size(); ++to) {
      if (!profiles[from].known() || !profiles[to].known()) continue;
      shifts[from][to] = shift_between(profiles[from], profiles[to], most_mm);
      shifts[to][from] = -shifts[from][to];
    }
  return shifts;
}

}  // namespace hepatica
