// Training of the lesion classifiers on crops.
#pragma once

#include <memory>

#include "dataset/crop_augment.h"
#include "nn/losses.h"
#include "train/classify_examples.h"
#include "train/task.h"

namespace hepatica::train {

struct ClassifyTaskOptions {
  std::string role;                  ///< "benign_malignant", "benign", "malignant"
  std::vector<std::string> classes;  ///< in the order of the logits
  std::map<std::string, std::vector<std::string>>
      members;        ///< labels that a class takes in; its own name where it has none
  nn::Graph network;  ///< lilnet, or any with "logits"
  ClassifyExampleOptions examples;
  CropAugmentOptions
      crop_augment;  ///< of the crop's grey values, after `examples.augment`; LiLNet's whole augmentation
  /// What an epoch draws: "balanced": each label of a source equally often; "all": each item once; "oversample": small
  /// classes repeated to the size of the largest (LiLNet, dataset/oversample.h).
  std::string sampling = "balanced";
  nn::LilnetLossOptions loss;
  nn::ClassLossOptions class_loss;  ///< of networks with plain "logits"; `counts` are filled in
  double smoothing = 0.05;          ///< of labels, for networks with plain "logits"
};

/// LiLNet's loss (Nat Commun 2024), or one of nn/class_losses.h. The figures are the accuracy and the macro
/// one-against-rest AUC over patients, whose logits are the mean over their crops.
std::unique_ptr<Task> make_classify_task(Mixture data, ClassifyTaskOptions options);

}  // namespace hepatica::train
