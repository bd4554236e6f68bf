// Losses of the classifiers and the segmenters.
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

namespace hepatica::nn {

/// LiLNet's prediction: mean over the five masks of the logit "class c under the mask really applied" of both heads,
/// AG[b,c] = 1/10 sum_j (out4[5b+j, 5c+j] + out3[5b+j, 5c+j]). Heads [5B, 5N] -> [B, N].
/// (Nat Commun 2024, github.com/yangmeiyi/Liver process.py; after Lee, Hwang, Shin, ICML 2020.)
torch::Tensor lilnet_aggregate(const torch::Tensor& out4, const torch::Tensor& out3, int64_t classes);

struct LilnetLossOptions {
  double beta = 1;                ///< weight of the layer3 head
  double temperature = 3;         ///< of the self-distillation
  bool self_distillation = true;  ///< the detached aggregate teaches `sd`
};

/// CE(out4, t) + beta CE(out3, t) + T^2 KL(softmax(AG/T) || softmax(sd/T)) + CE(sd, y) with joint targets
/// t = 5 y_b + j of row 5b+j; KL averaged over samples. Heads [5B, 5N], `sd` [B, N], labels [B] int64, or probabilities
/// [B, N] (mixed labels), whose shares stand on the columns 5c+j.
/// Without self-distillation the KL term is left out.
torch::Tensor lilnet_loss(const torch::Tensor& out4,
                          const torch::Tensor& out3,
                          const torch::Tensor& sd,
                          const torch::Tensor& labels,
                          const LilnetLossOptions& options = {});

/// Mean cross entropy of logits [B, N] with labels [B] int64, or with probabilities [B, N] (mixed labels).
/// `smoothing` in [0, 1) spreads that share evenly over the classes.
torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels, double smoothing = 0);

/// `smoothing` in [0, 1) of each row spread evenly over the classes.
torch::Tensor smoothed(const torch::Tensor& targets, double smoothing);

struct ClassLossOptions {
  /// With targets y, p = softmax(logits) and n_c samples of class c in the training data:
  ///  cross_entropy     mean over samples of -sum_c y_c log p_c
  ///  focal             -sum_c y_c (1 - p_c)^gamma log p_c (Lin et al., ICCV 2017, without alpha; on soft labels each
  ///  class
  ///                    by itself, our reading)
  ///  class_balanced    -sum_c w_c y_c log p_c, w_c = (1 - beta) / (1 - beta^n_c), scaled to sum to the number of
  ///  classes
  ///                    (Cui et al., CVPR 2019)
  ///  balanced_softmax  cross entropy with p = softmax(logits + log n_c) (Ren et al., NeurIPS 2020); in training only
  std::string name = "cross_entropy";
  double gamma = 2;
  double beta = 0.999;
  std::vector<double> counts;  ///< n_c; of class_balanced and balanced_softmax, more than 0
};

/// Logits [B, classes], targets [B, classes] probabilities.
torch::Tensor class_loss(const torch::Tensor& logits, const torch::Tensor& targets, const ClassLossOptions& options);

struct DiceOptions {
  /// Sums over the whole batch as one object (steadier where slices hold little or none), else one Dice a sample.
  bool batch = true;
  double smooth = 1e-5;  ///< added to numerator and denominator
  double bce = 1;        ///< weight of the binary cross entropy; 0 leaves Dice alone
};

/// 1 - (2 sum w p t + s) / (sum w p + sum w t + s) with p = sigmoid(logits) (Milletari et al., 3DV 2016).
/// Logits and targets [B, 1, ...]; `weights` of the same shape or broadcastable, such as [B, 1, 1, 1] of 0 and 1 for
/// samples without a reference; undefined means 1 everywhere. Without any weight left the loss is 0.
torch::Tensor dice_loss(const torch::Tensor& logits,
                        const torch::Tensor& targets,
                        const torch::Tensor& weights = {},
                        const DiceOptions& options = {});

/// Dice loss + `bce` times the weighted mean binary cross entropy.
torch::Tensor dice_bce_loss(const torch::Tensor& logits,
                            const torch::Tensor& targets,
                            const torch::Tensor& weights = {},
                            const DiceOptions& options = {});

}  // namespace hepatica::nn
