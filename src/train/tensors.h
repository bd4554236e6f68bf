// Small bridges between slices and tensors.
#pragma once

#include <torch/torch.h>

#include "image/plane.h"
#include "train/task.h"

namespace hepatica::train {

/// [channels, height, width], f32, copied.
inline torch::Tensor tensor_of(const PlaneImage& image) {
  return torch::tensor(at::ArrayRef<float>(image.values)).reshape({image.channels, image.height, image.width});
}

/// [N, 2] int64: source and index, so that a validation knows what it sees. Under "items" in a batch's targets.
inline torch::Tensor tensor_of(const std::vector<MixtureItem>& items) {
  torch::Tensor all = torch::empty({int64_t(items.size()), 2}, torch::kLong);
  auto access = all.accessor<int64_t, 2>();
  for (size_t n = 0; n < items.size(); ++n) {
    access[int64_t(n)][0] = int64_t(items[n].source);
    access[int64_t(n)][1] = int64_t(items[n].index);
  }
  return all;
}

/// Item `n` of a batch.
inline MixtureItem item_of(const Batch& batch, int64_t n) {
  const torch::Tensor row = batch.targets.at("items")[n];
  return {size_t(row[0].item<int64_t>()), size_t(row[1].item<int64_t>())};
}

}  // namespace hepatica::train
