// Training of the lesion classifiers on crops.
#pragma once

#include <memory>

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
  double invert = 0;       ///< probability of grey values turned round (LiLNet: 0.5, benign_malignant)
  double salt_pepper = 0;  ///< probability of a tenth of the pixels black and a tenth white (LiLNet: 0.2)
  nn::LilnetLossOptions loss;
  nn::ClassLossOptions class_loss;  ///< of networks with plain "logits"; `counts` are filled in
  double smoothing = 0.05;          ///< of labels, for networks with plain "logits"
};

/// LiLNet's loss (Nat Commun 2024), or one of nn/class_losses.h; each class is drawn equally often. The figures are the
/// accuracy and the macro one-against-rest AUC over patients, whose logits are the mean over their crops.
std::unique_ptr<Task> make_classify_task(Mixture data, ClassifyTaskOptions options);

}  // namespace hepatica::train
