#include "image/components.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/threads.h"

namespace hepatica {
namespace {

/// Union-find over provisional labels.
class Sets {
 public:
  int32_t add() {
    parent_.push_back(int32_t(parent_.size()));
    return parent_.back();
  }
  int32_t root(int32_t x) {
    while (parent_[size_t(x)] != x) x = parent_[size_t(x)] = parent_[size_t(parent_[size_t(x)])];
    return x;
  }
  void join(int32_t a, int32_t b) {
    a = root(a);
    b = root(b);
    if (a != b) parent_[size_t(std::max(a, b))] = std::min(a, b);
  }
  size_t size() const { return parent_.size(); }

 private:
  std::vector<int32_t> parent_;
};

/// Neighbours that come before a voxel in memory.
std::vector<std::array<int, 3>> earlier_neighbours(Connectivity connectivity) {
  if (connectivity == Connectivity::faces) return {{-1, 0, 0}, {0, -1, 0}, {0, 0, -1}};
  std::vector<std::array<int, 3>> offsets;
  for (int k = -1; k <= 0; ++k)
    for (int j = -1; j <= 1; ++j)
      for (int i = -1; i <= 1; ++i)
        if (k < 0 || j < 0 || (j == 0 && i < 0)) offsets.push_back({i, j, k});
  return offsets;
}

/// Voxels of a slice's background that are reached from its border, by faces.
std::vector<uint8_t> outside_of(std::span<const uint8_t> slice, int64_t nx, int64_t ny) {
  std::vector<uint8_t> outside(slice.size(), 0);
  std::vector<int64_t> open;
  const auto visit = [&](int64_t i, int64_t j) {
    if (i < 0 || j < 0 || i >= nx || j >= ny) return;
    const int64_t at = j * nx + i;
    if (slice[size_t(at)] || outside[size_t(at)]) return;
    outside[size_t(at)] = 1;
    open.push_back(at);
  };
  for (int64_t i = 0; i < nx; ++i) {
    visit(i, 0);
    visit(i, ny - 1);
  }
  for (int64_t j = 0; j < ny; ++j) {
    visit(0, j);
    visit(nx - 1, j);
  }
  while (!open.empty()) {
    const int64_t at = open.back(), i = at % nx, j = at / nx;
    open.pop_back();
    visit(i - 1, j);
    visit(i + 1, j);
    visit(i, j - 1);
    visit(i, j + 1);
  }
  return outside;
}

}  // namespace

Components find_components(const Mask& mask, Connectivity connectivity) {
  const auto neighbours = earlier_neighbours(connectivity);
  std::vector<int32_t> labels(mask.values().size(), 0);
  Sets sets;
  sets.add();
  for (int64_t k = 0; k < mask.nz(); ++k)
    for (int64_t j = 0; j < mask.ny(); ++j)
      for (int64_t i = 0; i < mask.nx(); ++i) {
        const size_t here = mask.offset(i, j, k);
        if (!mask.values()[here]) continue;
        for (const auto& [di, dj, dk] : neighbours) {
          if (!mask.contains(i + di, j + dj, k + dk)) continue;
          const int32_t other = labels[mask.offset(i + di, j + dj, k + dk)];
          if (other == 0) continue;
          if (labels[here] == 0)
            labels[here] = other;
          else if (labels[here] != other)
            sets.join(labels[here], other);
        }
        if (labels[here] == 0) labels[here] = sets.add();
      }
  std::vector<int32_t> final_label(sets.size(), 0);
  Components components{std::move(labels), {0}};
  for (int32_t& label : components.labels) {
    if (label == 0) {
      ++components.sizes[0];
      continue;
    }
    int32_t& named = final_label[size_t(sets.root(label))];
    if (named == 0) {
      named = int32_t(components.sizes.size());
      components.sizes.push_back(0);
    }
    label = named;
    ++components.sizes[size_t(label)];
  }
  return components;
}

void keep_largest_components(Mask& mask, double fraction, Connectivity connectivity) {
  const Components components = find_components(mask, connectivity);
  if (components.sizes.size() < 2) return;
  const auto largest = std::max_element(components.sizes.begin() + 1, components.sizes.end());
  const auto first = int32_t(largest - components.sizes.begin());
  for (size_t v = 0; v < components.labels.size(); ++v) {
    const int32_t label = components.labels[v];
    const bool keep =
        label == first || (fraction < 1 && double(components.sizes[size_t(label)]) >= fraction * double(*largest));
    if (label != 0 && !keep) mask.values()[v] = 0;
  }
}

void fill_holes_on_slices(Mask& mask) {
  parallel_for(size_t(mask.nz()), [&](size_t k) {
    const std::span<uint8_t> slice = mask.slice(int64_t(k));
    if (std::all_of(slice.begin(), slice.end(), [](uint8_t v) { return v == 0; })) return;
    const std::vector<uint8_t> outside = outside_of(slice, mask.nx(), mask.ny());
    for (size_t v = 0; v < slice.size(); ++v)
      if (!outside[v] && !slice[v]) slice[v] = 1;
  });
}

void fill_holes_in_space(Mask& mask) {
  Mask background(mask.geometry());
  for (size_t v = 0; v < mask.values().size(); ++v) background.values()[v] = mask.values()[v] == 0;
  const Components components = find_components(background, Connectivity::faces);
  std::vector<bool> open(components.sizes.size(), false);
  const int64_t nx = mask.nx(), ny = mask.ny();
  const auto reaches = [&](int64_t i, int64_t j, int64_t k) {
    open[size_t(components.labels[size_t((k * ny + j) * nx + i)])] = true;
  };
  for (int64_t k = 0; k < mask.nz(); ++k) {
    for (int64_t i = 0; i < nx; ++i) {
      reaches(i, 0, k);
      reaches(i, ny - 1, k);
    }
    for (int64_t j = 0; j < ny; ++j) {
      reaches(0, j, k);
      reaches(nx - 1, j, k);
    }
  }
  for (size_t v = 0; v < mask.values().size(); ++v)
    if (background.values()[v] && !open[size_t(components.labels[v])]) mask.values()[v] = 1;
}

}  // namespace hepatica
