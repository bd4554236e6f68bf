#include "nn/yolo_loss.h"

#include <array>

namespace hepatica::nn {

using torch::Tensor;

namespace {

constexpr int64_t kBins = 16;

/// All levels side by side: raw values [B, A, 64+classes], anchor centres [A, 2] and strides [A, 1] in pixels.
struct Anchors {
  Tensor raw, points, strides;
  int64_t classes() const { return raw.size(2) - 4 * kBins; }
  Tensor bins() const { return raw.slice(2, 0, 4 * kBins); }
  Tensor logits() const { return raw.slice(2, 4 * kBins); }
};

Anchors join_levels(const std::array<Tensor, 3>& levels) {
  std::vector<Tensor> raw, points, strides;
  for (size_t i = 0; i < levels.size(); ++i) {
    const Tensor x = levels[i].to(torch::kFloat);
    const auto options = x.options().requires_grad(false);
    const double stride = 8 << i;
    const auto grid =
        torch::meshgrid({torch::arange(x.size(2), options) + .5, torch::arange(x.size(3), options) + .5}, "ij");
    points.push_back(torch::stack({grid[1], grid[0]}, 2).reshape({-1, 2}) * stride);
    strides.push_back(torch::full({x.size(2) * x.size(3), 1}, stride, options));
    raw.push_back(x.flatten(2).transpose(1, 2));
  }
  return {torch::cat(raw, 1), torch::cat(points), torch::cat(strides)};
}

/// Boxes in pixels [B, A, 4] as corners, from the expectation over the 16 bins of each side.
Tensor boxes_of(const Anchors& a) {
  const Tensor bins = torch::arange(kBins, a.points.options());
  const Tensor sides = a.bins().unflatten(2, std::vector<int64_t>{4, kBins}).softmax(3).matmul(bins) * a.strides;
  return torch::cat({a.points - sides.slice(2, 0, 2), a.points + sides.slice(2, 2, 4)}, 2);
}

struct PaddedTargets {
  Tensor classes, boxes, valid;
};

/// Targets of each image in rows of equal length.
PaddedTargets pad_targets(const Tensor& targets, int64_t images) {
  const Tensor rows = targets.defined() ? targets.to(torch::kCPU, torch::kFloat) : torch::zeros({0, 6});
  std::vector<std::vector<int64_t>> of_image(static_cast<size_t>(images));
  for (int64_t i = 0; i < rows.size(0); ++i) of_image.at(size_t(rows[i][0].item<float>())).push_back(i);
  size_t most = 0;
  for (const auto& list : of_image) most = std::max(most, list.size());
  PaddedTargets padded{torch::zeros({images, int64_t(most)}, torch::kLong),
                       torch::zeros({images, int64_t(most), 4}),
                       torch::zeros({images, int64_t(most)}, torch::kBool)};
  for (int64_t image = 0; image < images; ++image) {
    const auto& list = of_image[size_t(image)];
    for (size_t m = 0; m < list.size(); ++m) {
      padded.classes[image][int64_t(m)] = rows[list[m]][1].to(torch::kLong);
      padded.boxes[image][int64_t(m)] = rows[list[m]].slice(0, 2, 6);
      padded.valid[image][int64_t(m)] = true;
    }
  }
  return padded;
}

/// [B, A, 1] of 1, and 0 where the classification of an anchor does not count.
Tensor counted_anchors(const Tensor& ignore, const Tensor& points, const Tensor& foreground) {
  Tensor counted = torch::ones_like(foreground, torch::kBool);
  for (int64_t i = 0; ignore.defined() && i < ignore.size(0); ++i) {
    const Tensor box = ignore[i].to(points.options());
    const Tensor inside = (points >= box.slice(0, 1, 3)).all(1).logical_and((points <= box.slice(0, 3, 5)).all(1));
    counted[int64_t(box[0].item<float>())].masked_fill_(inside, false);
  }
  return counted.logical_or(foreground).to(torch::kFloat).unsqueeze(2);
}

/// Cross entropy of the two bins around each target distance, mean of the four sides. `bins` [P, 64]; `distances` [P,
/// 4].
Tensor distribution_focal_loss(const Tensor& bins, const Tensor& distances) {
  const Tensor target = distances.clamp(0, kBins - 1 - .01);
  const Tensor low = target.floor();
  const Tensor high_share = target - low;
  const Tensor log_p = bins.reshape({-1, 4, kBins}).log_softmax(2);
  const auto at = [&](const Tensor& bin) { return log_p.gather(2, bin.to(torch::kLong).unsqueeze(2)).squeeze(2); };
  return -(at(low) * (1 - high_share) + at(low + 1) * high_share).mean(1);
}

}  // namespace

Tensor yolo_decode(const Tensor& p3, const Tensor& p4, const Tensor& p5) {
  const Anchors anchors = join_levels({p3, p4, p5});
  const Tensor boxes = boxes_of(anchors);
  const Tensor low = boxes.slice(2, 0, 2), high = boxes.slice(2, 2, 4);
  return torch::cat({(low + high) / 2, high - low, anchors.logits().sigmoid()}, 2).transpose(1, 2).contiguous();
}

YoloLoss yolo_loss(const Tensor& p3,
                   const Tensor& p4,
                   const Tensor& p5,
                   const Tensor& targets,
                   const YoloLossOptions& options,
                   const Tensor& ignore) {
  const Anchors anchors = join_levels({p3, p4, p5});
  const Tensor boxes = boxes_of(anchors), logits = anchors.logits();
  const PaddedTargets padded = pad_targets(targets, p3.size(0));
  const Assignment assigned = assign_targets(logits.detach().sigmoid(),
                                             boxes.detach(),
                                             anchors.points,
                                             padded.classes.to(boxes.device()),
                                             padded.boxes.to(boxes.device()),
                                             padded.valid.to(boxes.device()),
                                             options);
  const Tensor weighted = assigned.scores * assigned.weights;
  const Tensor sum_of_scores = weighted.sum().clamp_min(1);
  namespace F = torch::nn::functional;
  const auto each = F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kNone);
  const Tensor bce = F::binary_cross_entropy_with_logits(logits, assigned.scores, each);
  const Tensor counted = counted_anchors(ignore, anchors.points, assigned.foreground);
  Tensor classification = options.class_gain * (bce * counted * assigned.weights).sum() / sum_of_scores;
  // Zero through the predictions, so that a batch without targets still has gradients everywhere.
  Tensor box = anchors.bins().sum() * 0, dfl = box;
  const Tensor& foreground = assigned.foreground;
  const int64_t positives = foreground.sum().item<int64_t>();
  if (positives > 0) {
    const Tensor weight = weighted.sum(2).masked_select(foreground);
    const auto picked = [&](const Tensor& values) { return values.index({foreground}); };
    const Tensor target = picked(assigned.boxes);
    box = options.box_gain * ((1 - complete_iou(picked(boxes), target)) * weight).sum() / sum_of_scores;
    const Tensor points = picked(anchors.points.expand_as(boxes.slice(2, 0, 2)));
    const Tensor strides = picked(anchors.strides.expand_as(boxes.slice(2, 0, 1)));
    const Tensor distances = torch::cat({points - target.slice(1, 0, 2), target.slice(1, 2, 4) - points}, 1) / strides;
    dfl =
        options.dfl_gain * (distribution_focal_loss(picked(anchors.bins()), distances) * weight).sum() / sum_of_scores;
  }
  const double factor = options.times_batch ? double(p3.size(0)) : 1.0;
  return {(box + classification + dfl) * factor, box.detach(), classification.detach(), dfl.detach(), positives};
}

}  // namespace hepatica::nn
