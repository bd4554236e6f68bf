#include "stages/detect/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace hepatica {
namespace {

constexpr int64_t kBoxChannels = 4 * kDistanceBins;

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

/// Expectation of the bin over softmax; values lie `stride` apart.
double expected_distance(const float* values, int64_t stride) {
  float largest = values[0];
  for (int64_t bin = 1; bin < kDistanceBins; ++bin) largest = std::max(largest, values[bin * stride]);
  double sum = 0, weighted = 0;
  for (int64_t bin = 0; bin < kDistanceBins; ++bin) {
    const double weight = std::exp(double(values[bin * stride] - largest));
    sum += weight;
    weighted += weight * double(bin);
  }
  return weighted / sum;
}

}  // namespace

DecodedHead decode_head(std::span<const Array* const> levels, int64_t n, int64_t image_size) {
  DecodedHead head;
  for (const Array* level : levels) {
    if (level->shape.size() != 4 || level->shape[1] <= kBoxChannels || level->shape[1] != levels[0]->shape[1])
      throw Error(ErrorCode::wrong_checkpoint,
                  "the network's outputs are not those of a YOLOv8 head with 16 bins a side");
    head.cells += level->shape[2] * level->shape[3];
  }
  head.classes = levels[0]->shape[1] - kBoxChannels;
  head.values.resize(size_t((4 + head.classes) * head.cells));
  int64_t column = 0;
  for (const Array* level : levels) {
    const int64_t h = level->shape[2], w = level->shape[3], area = h * w;
    const double stride = double(image_size) / double(h);
    const float* values = level->values.data() + n * level->shape[1] * area;
    for (int64_t cell = 0; cell < area; ++cell, ++column) {
      std::array<double, 4> side;
      for (size_t s = 0; s < 4; ++s)
        side[s] = expected_distance(values + int64_t(s) * kDistanceBins * area + cell, area);
      const double x = double(cell % w) + 0.5, y = double(cell / w) + 0.5;
      const std::array<double, 4> row{
          x + 0.5 * (side[2] - side[0]), y + 0.5 * (side[3] - side[1]), side[0] + side[2], side[1] + side[3]};
      for (size_t r = 0; r < 4; ++r) head.values[r * size_t(head.cells) + size_t(column)] = float(row[r] * stride);
      for (int64_t c = 0; c < head.classes; ++c)
        head.values[size_t((4 + c) * head.cells + column)] = float(sigmoid(values[(kBoxChannels + c) * area + cell]));
    }
  }
  return head;
}

std::vector<ScoredBox> boxes_above(const DecodedHead& head, double confidence) {
  std::vector<ScoredBox> boxes;
  const auto value = [&](int64_t row, int64_t cell) { return double(head.values[size_t(row * head.cells + cell)]); };
  for (int64_t cell = 0; cell < head.cells; ++cell) {
    ScoredBox found;
    for (int64_t c = 0; c < head.classes; ++c)
      if (value(4 + c, cell) > found.score) found = {{}, value(4 + c, cell), c};
    if (found.score <= confidence) continue;
    const double x = value(0, cell), y = value(1, cell), w = value(2, cell), h = value(3, cell);
    found.box = {x - 0.5 * w, y - 0.5 * h, x + 0.5 * w, y + 0.5 * h};
    boxes.push_back(found);
  }
  return boxes;
}

std::vector<ScoredBox> suppress_overlaps(std::vector<ScoredBox> boxes, double iou, size_t limit) {
  std::stable_sort(
      boxes.begin(), boxes.end(), [](const ScoredBox& a, const ScoredBox& b) { return a.score > b.score; });
  std::vector<ScoredBox> kept;
  for (const ScoredBox& box : boxes) {
    if (kept.size() == limit) break;
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const ScoredBox& other) {
      return other.type == box.type && intersection_over_union(other.box, box.box) > iou;
    });
    if (!covered) kept.push_back(box);
  }
  return kept;
}

}  // namespace hepatica
