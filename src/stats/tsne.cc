#include "stats/tsne.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"
#include "base/threads.h"

namespace hepatica::stats {
namespace {

using Place = std::array<double, 2>;
constexpr int kExaggerated = 250;
constexpr double kExaggeration = 12;
constexpr int kDeepest = 40;  // of the tree: places closer than that are one

/// A neighbour with its share of the joint probability.
struct Neighbour {
  uint32_t index = 0;
  double p = 0;
};
using Neighbours = std::vector<std::vector<Neighbour>>;

double squared_distance(const double* a, const double* b, size_t dimensions) {
  double sum = 0;
  for (size_t d = 0; d < dimensions; ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
  return sum;
}

/// Shares of the neighbours at those squared distances so that their entropy is log(perplexity).
void set_shares(std::vector<Neighbour>& row, const std::vector<double>& distances, double perplexity) {
  double precision = 1, low = 0, high = std::numeric_limits<double>::infinity();
  const double nearest = *std::min_element(distances.begin(), distances.end());
  for (int step = 0; step < 200; ++step) {
    double sum = 0, weighted = 0;
    for (size_t j = 0; j < row.size(); ++j) {
      row[j].p = std::exp(-precision * (distances[j] - nearest));
      sum += row[j].p;
      weighted += (distances[j] - nearest) * row[j].p;
    }
    for (Neighbour& neighbour : row) neighbour.p /= sum;
    const double excess = std::log(sum) + precision * weighted / sum - std::log(perplexity);
    if (std::abs(excess) < 1e-6) return;
    (excess > 0 ? low : high) = precision;
    precision = std::isinf(high) ? 2 * precision : 0.5 * (low + high);
    if (!std::isfinite(precision)) return;  // equal distances: the shares are equal already
  }
}

Neighbours nearest_neighbours(const std::vector<double>& x, size_t dimensions, size_t count, double perplexity) {
  const size_t n = x.size() / dimensions;
  Neighbours neighbours(n);
  parallel_for(n, [&](size_t i) {
    std::vector<std::pair<double, uint32_t>> all;
    for (size_t j = 0; j < n; ++j)
      if (j != i) all.emplace_back(squared_distance(&x[i * dimensions], &x[j * dimensions], dimensions), uint32_t(j));
    std::partial_sort(all.begin(), all.begin() + long(count), all.end());
    std::vector<double> distances;
    for (size_t j = 0; j < count; ++j) {
      neighbours[i].push_back({all[j].second, 0});
      distances.push_back(all[j].first);
    }
    set_shares(neighbours[i], distances, perplexity);
  });
  return neighbours;
}

/// p_ij = (p_j|i + p_i|j) / 2n, for the pairs that are neighbours either way.
Neighbours joint(const Neighbours& conditional) {
  const size_t n = conditional.size();
  Neighbours both = conditional;
  for (size_t i = 0; i < n; ++i)
    for (const Neighbour& neighbour : conditional[i]) {
      auto& back = both[neighbour.index];
      const auto found =
          std::find_if(back.begin(), back.end(), [&](const Neighbour& other) { return other.index == i; });
      if (found != back.end())
        found->p += neighbour.p;
      else
        back.push_back({uint32_t(i), neighbour.p});
    }
  for (auto& row : both)
    for (Neighbour& neighbour : row) neighbour.p /= 2.0 * double(n);
  return both;
}

/// A quadtree with the mass and the centre of each cell.
class Tree {
 public:
  explicit Tree(const std::vector<Place>& places) : places_(places) {
    double low[2] = {1e300, 1e300}, high[2] = {-1e300, -1e300};
    for (const Place& place : places)
      for (int d = 0; d < 2; ++d) low[d] = std::min(low[d], place[d]), high[d] = std::max(high[d], place[d]);
    const double half = 0.5 * std::max(high[0] - low[0], high[1] - low[1]) + 1e-9;
    cells_.push_back({{0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])}, half, {0, 0}, 0, {-1, -1, -1, -1}});
    for (size_t i = 0; i < places.size(); ++i) insert(i);
  }

  /// Adds the repulsion on place i: sum of q^2 (y_i - y_j), and returns the sum of q = 1 / (1 + |y_i - y_j|^2).
  double repulsion(size_t i, double theta, Place& force) const {
    double sum = 0;
    std::vector<int> open{0};
    while (!open.empty()) {
      const Cell& cell = cells_[size_t(open.back())];
      open.pop_back();
      const double dx = places_[i][0] - cell.centre[0], dy = places_[i][1] - cell.centre[1];
      const double squared = dx * dx + dy * dy;
      const bool leaf = cell.children[0] < 0;
      if (leaf || 4 * cell.half * cell.half < theta * theta * squared) {
        const double mass = cell.mass - (leaf && squared == 0 ? 1 : 0), q = 1 / (1 + squared);
        sum += mass * q;
        force[0] += mass * q * q * dx;
        force[1] += mass * q * q * dy;
        continue;
      }
      for (const int child : cell.children)
        if (cells_[size_t(child)].mass > 0) open.push_back(child);
    }
    return sum;
  }

 private:
  struct Cell {
    Place middle{};
    double half = 0;
    Place centre{};  // of mass
    double mass = 0;
    std::array<int, 4> children{-1, -1, -1, -1};
  };

  static int quarter(const Cell& cell, const Place& place) {
    return (place[0] > cell.middle[0] ? 1 : 0) + (place[1] > cell.middle[1] ? 2 : 0);
  }

  static void add(Cell& cell, const Place& place, double mass) {
    for (int d = 0; d < 2; ++d) cell.centre[d] += (place[d] - cell.centre[d]) * mass / (cell.mass + mass);
    cell.mass += mass;
  }

  void split(int index) {
    const Cell parent = cells_[size_t(index)];
    for (int q = 0; q < 4; ++q) {
      cells_[size_t(index)].children[size_t(q)] = int(cells_.size());
      const double half = parent.half / 2;
      cells_.push_back({{parent.middle[0] + (q & 1 ? half : -half), parent.middle[1] + (q & 2 ? half : -half)},
                        half,
                        {0, 0},
                        0,
                        {-1, -1, -1, -1}});
    }
    add(cells_[size_t(cells_[size_t(index)].children[size_t(quarter(parent, parent.centre))])],
        parent.centre,
        parent.mass);
  }

  void insert(size_t i) {
    int at = 0;
    for (int depth = 0;; ++depth) {
      Cell& cell = cells_[size_t(at)];
      const bool leaf = cell.children[0] < 0;
      const bool same = cell.mass == 0 || cell.centre == places_[i] || depth >= kDeepest;
      if (leaf && !same) split(at);
      add(cells_[size_t(at)], places_[i], 1);
      if (leaf && same) return;
      at = cells_[size_t(at)].children[size_t(quarter(cells_[size_t(at)], places_[i]))];
    }
  }

  const std::vector<Place>& places_;
  std::vector<Cell> cells_;
};

std::vector<Place> gradient(const Neighbours& p, const std::vector<Place>& y, double exaggeration, double theta) {
  const size_t n = y.size();
  const Tree tree(y);
  std::vector<Place> attraction(n, {0, 0}), repulsion(n, {0, 0});
  std::vector<double> sums(n);
  parallel_for(n, [&](size_t i) {
    sums[i] = tree.repulsion(i, theta, repulsion[i]);
    for (const Neighbour& neighbour : p[i]) {
      const double dx = y[i][0] - y[neighbour.index][0], dy = y[i][1] - y[neighbour.index][1];
      const double pull = exaggeration * neighbour.p / (1 + dx * dx + dy * dy);
      attraction[i][0] += pull * dx;
      attraction[i][1] += pull * dy;
    }
  });
  const double total = std::accumulate(sums.begin(), sums.end(), 0.0);
  for (size_t i = 0; i < n; ++i)
    for (int d = 0; d < 2; ++d) attraction[i][d] = 4 * (attraction[i][d] - repulsion[i][d] / total);
  return attraction;
}

void centre(std::vector<Place>& y) {
  for (int d = 0; d < 2; ++d) {
    double mean = 0;
    for (const Place& place : y) mean += place[d];
    for (Place& place : y) place[d] -= mean / double(y.size());
  }
}

}  // namespace

std::vector<std::array<double, 2>> tsne(const std::vector<double>& features,
                                        size_t dimensions,
                                        const TsneOptions& options) {
  const size_t n = dimensions ? features.size() / dimensions : 0;
  if (n < 4) throw Error(ErrorCode::bad_values, fmt::format("t-SNE needs at least 4 cases, not {}", n));
  for (size_t i = 0; i < features.size(); ++i)
    if (!std::isfinite(features[i]))
      throw Error(ErrorCode::bad_values,
                  fmt::format("feature {} of case {} is not finite", i % dimensions, i / dimensions + 1));
  const double perplexity = std::min(options.perplexity, double(n - 1) / 3);
  const size_t count = std::min(n - 1, size_t(3 * perplexity) + 1);
  const Neighbours p = joint(nearest_neighbours(features, dimensions, count, perplexity));
  Rng rng(options.seed);
  std::vector<Place> y(n), velocity(n, {0, 0}), gains(n, {1, 1});
  for (Place& place : y) place = {rng.normal(0, 1e-4), rng.normal(0, 1e-4)};
  const double rate =
      options.learning_rate > 0 ? options.learning_rate : std::max(double(n) / (4 * kExaggeration), 50.0);
  for (int step = 0; step < options.iterations; ++step) {
    check_interrupted();
    const std::vector<Place> slope = gradient(p, y, step < kExaggerated ? kExaggeration : 1, options.theta);
    const double momentum = step < kExaggerated ? 0.5 : 0.8;
    for (size_t i = 0; i < n; ++i)
      for (int d = 0; d < 2; ++d) {
        const bool same = (slope[i][d] > 0) == (velocity[i][d] > 0);
        gains[i][d] = std::max(0.01, same ? gains[i][d] * 0.8 : gains[i][d] + 0.2);
        velocity[i][d] = momentum * velocity[i][d] - rate * gains[i][d] * slope[i][d];
        y[i][d] += velocity[i][d];
      }
    centre(y);
  }
  return y;
}

}  // namespace hepatica::stats
