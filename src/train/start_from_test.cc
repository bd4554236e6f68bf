// A training that starts from another one's checkpoint.
#include <gtest/gtest.h>

#include "nn/checkpoint.h"
#include "train/train.h"

namespace hepatica::train {
namespace {

constexpr char kRecipe[] = R"(
train:
  classify:
    types:
      classes: [cyst, fnh, hcc]
      networks: {small: {family: resnet, arguments: {depth: 18, classes: 3, width: 0.125, in_channels: 3}}}
      input: {size: 32}
      data: &data
        phantoms: {patients: 12, slices: 1, view: lesion, matrix: 48, field_mm: [120, 160], types: [cyst, hcc, fnh],
                   phases: [arterial], validation: 0.2}
      fit: &fit {epochs: 1, steps: 1, batch: 4, warmup_steps: 0, precision: f32, learning_rate: 0, weight_decay: 0}
    benign_malignant:
      classes: [benign, malignant]
      members: {benign: [cyst, fnh], malignant: [hcc]}
      networks: {small: {family: resnet, arguments: {depth: 18, classes: 2, width: 0.125, in_channels: 3}}}
      input: {size: 32}
      data: *data
      fit: {epochs: 1, steps: 1, batch: 4, warmup_steps: 0, precision: f32, learning_rate: 0, weight_decay: 0,
            start_from: "types_{network}/types_{network}.safetensors", start_with: classes}
)";

// Nothing is learned at a rate of 0, so that the last layer is what it started as: means of rows, by hand.
TEST(StartFrom, TheNetworkOfTheSameNameWithRowsByClass) {
  const TemporaryFolder folder;
  write_file(folder.path() / "r.yaml", kRecipe);
  TrainRequest request;
  request.out = folder.path() / "out";
  const auto trained = train(load_recipe((folder.path() / "r.yaml").string(), {}), request);
  ASSERT_EQ(trained.size(), 2u);
  EXPECT_EQ(trained[1].first, "benign_malignant_small");
  const torch::Tensor types = nn::read_checkpoint(trained[0].second.best).tensors.at("fc.weight").to(torch::kFloat);
  const torch::Tensor sides = nn::read_checkpoint(trained[1].second.best).tensors.at("fc.weight").to(torch::kFloat);
  EXPECT_TRUE(torch::allclose(sides[0], 0.5 * (types[0] + types[1]), 1e-3, 1e-3));
  EXPECT_TRUE(torch::allclose(sides[1], types[2], 1e-3, 1e-3));
}

}  // namespace
}  // namespace hepatica::train
