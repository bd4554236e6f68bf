#include "nn/losses.h"

#include <cmath>

#include "nn/worker_sum.h"

namespace hepatica::nn {

namespace {

using torch::Tensor;
namespace F = torch::nn::functional;

/// [5B, 5N] -> [B, N]: mean over j of row 5b+j, column 5c+j.
Tensor own_mask_mean(const Tensor& head, int64_t classes) {
  // [B, row mask, class, column mask]: the diagonal over both masks is what was applied.
  return head.to(torch::kFloat).reshape({-1, 5, classes, 5}).diagonal(0, 1, 3).mean(-1);
}

/// First by second, which is at least `least`.
Tensor quotient(const Tensor& two, double least) { return two[0] / two[1].clamp_min(least); }
/// Targets of row 5b + j: class 5 y_b + j; of soft labels [B, N], their shares on columns 5c + j.
Tensor joint_targets(const Tensor& labels) {
  if (labels.dim() == 1) {
    const Tensor masks = torch::arange(5, labels.options());
    return (5 * labels.unsqueeze(1) + masks).flatten();
  }
  const Tensor own_mask = torch::eye(5, labels.options()).reshape({1, 5, 1, 5});
  return (labels.reshape({-1, 1, labels.size(1), 1}) * own_mask).reshape({-1, 5 * labels.size(1)});
}

/// Cui's weights, which sum to the number of classes.
Tensor balanced_weights(const ClassLossOptions& options, const Tensor& like) {
  std::vector<float> weights;
  for (const double n : options.counts) weights.push_back(float((1 - options.beta) / (1 - std::pow(options.beta, n))));
  const Tensor all = torch::tensor(at::ArrayRef<float>(weights)).to(like.device());
  return all * (double(weights.size()) / all.sum());
}

Tensor log_counts(const ClassLossOptions& options, const Tensor& like) {
  std::vector<float> logs;
  for (const double n : options.counts) logs.push_back(float(std::log(n)));
  return torch::tensor(at::ArrayRef<float>(logs)).to(like.device());
}

/// Weights spread to the logits' shape.
Tensor full_weights(const Tensor& weights, const Tensor& logits) {
  return weights.defined() ? weights.to(torch::kFloat).expand_as(logits) : torch::ones_like(logits);
}

}  // namespace

Tensor lilnet_aggregate(const Tensor& out4, const Tensor& out3, int64_t classes) {
  return (own_mask_mean(out4, classes) + own_mask_mean(out3, classes)) / 2;
}

Tensor lilnet_loss(
    const Tensor& out4, const Tensor& out3, const Tensor& sd, const Tensor& labels, const LilnetLossOptions& options) {
  const Tensor joint = joint_targets(labels);
  const Tensor student = sd.to(torch::kFloat);
  Tensor loss = cross_entropy(out4, joint) + options.beta * cross_entropy(out3, joint) + cross_entropy(student, labels);
  if (options.self_distillation) {
    const double t = options.temperature;
    const Tensor teacher = lilnet_aggregate(out4, out3, sd.size(1)).detach();
    const auto kl = F::KLDivFuncOptions().reduction(torch::kBatchMean);
    loss = loss + t * t * F::kl_div((student / t).log_softmax(1), (teacher / t).softmax(1), kl);
  }
  return loss;
}

Tensor cross_entropy(const Tensor& logits, const Tensor& labels, double smoothing) {
  return F::cross_entropy(logits.to(torch::kFloat), labels, F::CrossEntropyFuncOptions().label_smoothing(smoothing));
}

Tensor smoothed(const Tensor& targets, double smoothing) {
  return targets * (1 - smoothing) + smoothing / double(targets.size(1));
}

Tensor class_loss(const Tensor& logits, const Tensor& targets, const ClassLossOptions& options) {
  Tensor x = logits.to(torch::kFloat);
  if (options.name == "balanced_softmax") x = x + log_counts(options, x);
  const Tensor log_p = x.log_softmax(1);
  Tensor weights = targets;
  if (options.name == "focal") weights = weights * (1 - log_p.exp()).pow(options.gamma);
  if (options.name == "class_balanced") weights = weights * balanced_weights(options, x);
  return -(weights * log_p).sum(1).mean();
}

Tensor dice_loss(const Tensor& logits, const Tensor& targets, const Tensor& weights, const DiceOptions& options) {
  const Tensor x = logits.to(torch::kFloat), t = targets.to(torch::kFloat), w = full_weights(weights, x);
  const Tensor p = torch::sigmoid(x);
  const auto sum = [&](const Tensor& values) {
    return options.batch ? values.sum().unsqueeze(0) : values.flatten(1).sum(1);
  };
  Tensor sums = torch::stack({sum(w * p * t), sum(w * p) + sum(w * t), sum(w)});
  if (options.batch) sums = worker_sum(sums);
  const Tensor dice = (2 * sums[0] + options.smooth) / (sums[1] + options.smooth).clamp_min(1e-12);
  const Tensor valid = (sums[2] > 0).to(torch::kFloat);
  const Tensor mean = torch::stack({((1 - dice) * valid).sum(), valid.sum()});
  return quotient(options.batch ? mean : worker_sum(mean), 1);
}

Tensor dice_bce_loss(const Tensor& logits, const Tensor& targets, const Tensor& weights, const DiceOptions& options) {
  const Tensor dice = dice_loss(logits, targets, weights, options);
  if (options.bce == 0) return dice;
  const Tensor x = logits.to(torch::kFloat), w = full_weights(weights, x);
  const auto each = F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kNone);
  const Tensor bce = F::binary_cross_entropy_with_logits(x, targets.to(torch::kFloat), each);
  return dice + options.bce * quotient(worker_sum(torch::stack({(bce * w).sum(), w.sum()})), 1e-6);
}

}  // namespace hepatica::nn
