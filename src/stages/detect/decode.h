// From the raw outputs of a YOLOv8 head to boxes (Ultralytics YOLOv8: anchor-free, distribution focal loss of Li et
// al., NeurIPS 2020), in plain C++.
#pragma once

#include <span>
#include <vector>

#include "engine/predictor.h"
#include "image/box.h"

namespace hepatica {

/// Bins of each side's distance in the head's output.
inline constexpr int64_t kDistanceBins = 16;

struct ScoredBox {
  Box2 box;  ///< pixels of the network's image
  double score = 0;
  int64_t type = 0;  ///< class of the highest score
};

/// Decoded output before suppression: rows center x, center y, width, height (pixels), then one score a class;
/// columns are the cells of the levels in turn, rows of cells first.
struct DecodedHead {
  int64_t classes = 0, cells = 0;
  std::vector<float> values;  ///< [4 + classes, cells]
};

/// `levels` are the raw outputs [N, 64 + classes, h, w] in order of stride; `sizes` of the image give the strides.
/// Distances l, t, r, b are expectations over the softmax of 16 bins, in strides from the cell's centre; scores are
/// sigmoids. Error{wrong_checkpoint} where channels do not fit.
DecodedHead decode_head(std::span<const Array* const> levels, int64_t n, int64_t image_size);

/// The cells whose best score is above `confidence`.
std::vector<ScoredBox> boxes_above(const DecodedHead& head, double confidence);

/// Greedy suppression by descending score: a box goes where its IoU with a kept one of its class is above `iou`.
/// At most `limit` are kept. Ties keep their order.
std::vector<ScoredBox> suppress_overlaps(std::vector<ScoredBox> boxes, double iou, size_t limit = 300);

}  // namespace hepatica
