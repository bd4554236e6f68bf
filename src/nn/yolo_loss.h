// YOLOv8's loss, target assignment and decoding.
#pragma once

#include <torch/torch.h>

#include "nn/network.h"

namespace hepatica::nn {

struct YoloLossOptions {
  double box_gain = 7.5, class_gain = .5, dfl_gain = 1.5;
  int64_t top_k = 10;           ///< anchors a target may claim
  double alpha = .5, beta = 6;  ///< assignment metric score^alpha * IoU^beta
  bool times_batch = true;      ///< total multiplied by the number of images, as the published training does
  /// Small targets hold few anchors, whose boxes overlap poorly: the published targets leave them with low scores and
  /// little weight. Not published, for small lesions: each target's best anchor has the score 1 instead of its IoU,
  bool full_scores = false;
  /// and a target whose scores sum to less than this is weighted up to it (by at most this factor); 0: none is.
  double least_weight = 0;
};

/// Loss values; `total` carries gradients, the parts are weighted by their gains and detached.
struct YoloLoss {
  torch::Tensor total, box, classification, dfl;
  int64_t positives = 0;  ///< anchors that were given a target
};

/// Task-aligned assignment (Feng et al., ICCV 2021), CIoU (Zheng et al., AAAI 2020), distribution focal loss (Li et
/// al., NeurIPS 2020) and binary cross entropy on the soft scores, as YOLOv8 combines them. Levels as the network gives
/// them, [B, 64+classes, h, w] at strides 8, 16, 32. `targets` [M, 6] f32: image index, class, x0, y0, x1, y1 in
/// pixels. `ignore` [K, 5] f32: image index, x0, y0, x1, y1: anchors there that no target claims get no classification
/// loss (lesions may be unlabelled there). Either may be empty.
YoloLoss yolo_loss(const torch::Tensor& p3,
                   const torch::Tensor& p4,
                   const torch::Tensor& p5,
                   const torch::Tensor& targets,
                   const YoloLossOptions& options = {},
                   const torch::Tensor& ignore = {});

/// Boxes and scores of every anchor: [B, 4+classes, A] as centre x, centre y, width, height in pixels, then sigmoid
/// scores; anchors of stride 8 first, row by row.
torch::Tensor yolo_decode(const torch::Tensor& p3, const torch::Tensor& p4, const torch::Tensor& p5);

/// Complete IoU of boxes [..., 4] as x0, y0, x1, y1: IoU - centre distance^2 / diagonal^2 - aspect term.
torch::Tensor complete_iou(const torch::Tensor& a, const torch::Tensor& b);

/// What the assigner decides for each anchor.
struct Assignment {
  torch::Tensor foreground;  ///< [B, A] bool
  torch::Tensor boxes;       ///< [B, A, 4] target boxes (arbitrary where not foreground)
  torch::Tensor scores;      ///< [B, A, classes] soft targets
  torch::Tensor weights;     ///< [B, A, 1] in the loss; 1 where `YoloLossOptions::least_weight` raises none
};

/// `scores` [B, A, C] after the sigmoid and `boxes` [B, A, 4] predicted, both detached; `points` [A, 2] anchor centres;
/// `target_classes` [B, M] int64, `target_boxes` [B, M, 4], `valid` [B, M] bool (padding is false). All in pixels.
Assignment assign_targets(const torch::Tensor& scores,
                          const torch::Tensor& boxes,
                          const torch::Tensor& points,
                          const torch::Tensor& target_classes,
                          const torch::Tensor& target_boxes,
                          const torch::Tensor& valid,
                          const YoloLossOptions& options);

}  // namespace hepatica::nn
