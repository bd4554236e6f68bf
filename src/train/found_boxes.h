// Boxes that a detector finds on single slices, and how they are judged.
#pragma once

#include <torch/torch.h>

#include "base/files.h"
#include "nn/network.h"
#include "stages/detect/decode.h"
#include "train/task.h"

namespace hepatica::train {

/// Which of a slice's boxes are looked at: a score of at least `least_score`, suppression at `suppress_iou`, at most
/// `most_boxes`. The values are those of YOLOv8's own validation.
struct BoxChoice {
  double least_score = 0.001, suppress_iou = 0.7;
  size_t most_boxes = 300;
};

/// The boxes of one image of a batch, by descending score. `decoded`: [5, cells], rows center x, center y, width,
/// height (pixels of the network's image), score.
std::vector<ScoredBox> found_boxes(const torch::Tensor& decoded, const BoxChoice& choice);

/// The boxes of image `n` in a batch's table, whose columns are image, then, from `first`, x0, y0, x1, y1.
std::vector<Box2> boxes_of_image(const torch::Tensor& table, int64_t n, int64_t first);

/// Whether half of the box lies in one of the regions that count neither way.
bool is_ignored(const Box2& box, const std::vector<Box2>& regions);

/// Two tables for `hepatica evaluate --detections FOUND --references REFERENCES`: found boxes (image, patient, x0, y0,
/// x1, y1, score) and reference boxes (without score), in pixels of the network's image. `image` is the patient and the
/// item's number. Found boxes that lie in an ignored region and overlap no reference by half are left out.
struct BoxTables {
  std::string found, references;
};
BoxTables box_tables(const Task& task, nn::Network& network, const std::vector<MixtureItem>& items);

/// Writes `folder`/found_<part>.csv and boxes_<part>.csv of the parts "validation" and, where patients were kept for
/// it, "test", with the network in `checkpoint`.
void write_found_boxes(const Task& task, const fs::path& checkpoint, const fs::path& folder);

}  // namespace hepatica::train
