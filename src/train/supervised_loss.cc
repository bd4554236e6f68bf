#include "train/supervised_loss.h"

#include <fmt/format.h>

namespace hepatica::train {

torch::Tensor supervised_loss(const nn::TensorMap& outputs, const torch::Tensor& target, const nn::DiceOptions& loss) {
  torch::Tensor sum = nn::dice_bce_loss(outputs.at("logits"), target, {}, loss);
  double weight = 1, weights = 1;
  for (int level = 1; outputs.count(fmt::format("deep{}", level)); ++level) {
    const torch::Tensor& output = outputs.at(fmt::format("deep{}", level));
    const at::IntArrayRef size = output.sizes().slice(2);
    const torch::Tensor smaller =
        size.size() == 3 ? at::adaptive_avg_pool3d(target, size) : at::adaptive_avg_pool2d(target, size);
    weight /= 2;
    weights += weight;
    sum = sum + weight * nn::dice_bce_loss(output, smaller, {}, loss);
  }
  return sum / weights;
}

}  // namespace hepatica::train
