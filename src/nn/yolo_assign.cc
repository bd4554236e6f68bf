#include <numbers>

#include "nn/yolo_loss.h"

namespace hepatica::nn {

using torch::Tensor;

namespace {

constexpr double kEpsilon = 1e-9;

/// [B, M, A]: the anchor's centre lies inside the target's box.
Tensor centres_inside(const Tensor& points, const Tensor& target_boxes) {
  const Tensor low = target_boxes.slice(2, 0, 2).unsqueeze(2), high = target_boxes.slice(2, 2, 4).unsqueeze(2);
  const Tensor p = points.reshape({1, 1, -1, 2});
  return torch::cat({p - low, high - p}, 3).amin(3) > kEpsilon;
}

/// [B, M, A]: among the k anchors with the largest metric of that target.
Tensor among_best(const Tensor& metric, int64_t k) {
  const auto best = metric.topk(std::min(k, metric.size(2)), 2);
  return torch::zeros_like(metric, torch::kBool).scatter(2, std::get<1>(best), true);
}

/// Leaves each anchor that several targets claim to the one with the largest IoU.
Tensor settled(const Tensor& claimed, const Tensor& iou) {
  const Tensor contested = (claimed.sum(1, true) > 1);
  const Tensor winner = torch::zeros_like(claimed).scatter(1, iou.argmax(1, true), true);
  return torch::where(contested, winner, claimed);
}

/// Scores of each target's own class at every anchor: [B, M, A].
Tensor scores_of_class(const Tensor& scores, const Tensor& classes) {
  const Tensor index = classes.unsqueeze(2).expand({-1, -1, scores.size(1)});
  return scores.transpose(1, 2).gather(1, index);
}

}  // namespace

Tensor complete_iou(const Tensor& a, const Tensor& b) {
  constexpr double kTiny = 1e-7;
  const auto part = [](const Tensor& box, int64_t i) { return box.select(-1, i); };
  const Tensor aw = part(a, 2) - part(a, 0), ah = part(a, 3) - part(a, 1);
  const Tensor bw = part(b, 2) - part(b, 0), bh = part(b, 3) - part(b, 1);
  const auto overlap = [&](int64_t low, int64_t high) {
    return (torch::minimum(part(a, high), part(b, high)) - torch::maximum(part(a, low), part(b, low))).clamp_min(0);
  };
  const auto hull = [&](int64_t low, int64_t high) {
    return torch::maximum(part(a, high), part(b, high)) - torch::minimum(part(a, low), part(b, low));
  };
  const Tensor inner = overlap(0, 2) * overlap(1, 3);
  const Tensor iou = inner / (aw * ah + bw * bh - inner + kTiny);
  const Tensor diagonal = hull(0, 2).square() + hull(1, 3).square() + kTiny;
  const Tensor dx = part(a, 0) + part(a, 2) - part(b, 0) - part(b, 2);
  const Tensor dy = part(a, 1) + part(a, 3) - part(b, 1) - part(b, 3);
  const Tensor distance = (dx.square() + dy.square()) / 4;
  const double scale = 4 / (std::numbers::pi * std::numbers::pi);
  const Tensor v = scale * (torch::atan(bw / (bh + kTiny)) - torch::atan(aw / (ah + kTiny))).square();
  const Tensor alpha = (v / (v - iou + (1 + kTiny))).detach();
  return iou - (distance / diagonal + v * alpha);
}

Assignment assign_targets(const Tensor& scores,
                          const Tensor& boxes,
                          const Tensor& points,
                          const Tensor& target_classes,
                          const Tensor& target_boxes,
                          const Tensor& valid,
                          const YoloLossOptions& options) {
  const torch::NoGradGuard no_grad;
  const int64_t targets = target_boxes.size(1);
  if (targets == 0) {
    return {torch::zeros(boxes.sizes().slice(0, 2), boxes.options().dtype(torch::kBool)),
            torch::zeros_like(boxes),
            torch::zeros_like(scores)};
  }
  const Tensor candidate = centres_inside(points, target_boxes).logical_and(valid.unsqueeze(2));
  const Tensor iou = complete_iou(target_boxes.unsqueeze(2), boxes.unsqueeze(1)).clamp_min(0) * candidate;
  const Tensor metric = scores_of_class(scores, target_classes).pow(options.alpha) * iou.pow(options.beta) * candidate;
  const Tensor claimed = among_best(metric, options.top_k).logical_and(candidate);
  const Tensor mine = settled(claimed, iou);
  const Tensor index = mine.to(torch::kLong).argmax(1);
  const Tensor foreground = mine.any(1);
  // Soft score: the metric, scaled so that each target's best anchor gets that target's best IoU.
  const Tensor kept = metric * mine;
  const Tensor scale = (iou * mine).amax(2, true) / (kept.amax(2, true) + kEpsilon);
  const Tensor strength = (kept * scale).amax(1).unsqueeze(2);
  const Tensor own_class = target_classes.gather(1, index).unsqueeze(2);
  const Tensor hot = torch::zeros_like(scores).scatter(2, own_class, 1.0);
  const Tensor own_boxes = target_boxes.gather(1, index.unsqueeze(2).expand({-1, -1, 4}));
  return {foreground, own_boxes, hot * strength * foreground.unsqueeze(2)};
}

}  // namespace hepatica::nn
