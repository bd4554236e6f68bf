#include "train/task.h"

namespace hepatica::train {

Batch Task::training_share(const std::vector<MixtureItem>& items, const Share& share, const Rng& rng) const {
  Batch batch = training_batch(items, rng);
  if (share.count == items.size()) return batch;
  const auto cut = [&](const torch::Tensor& rows) {
    return rows.narrow(0, int64_t(share.first), int64_t(share.count));
  };
  batch.input = cut(batch.input);
  for (auto& [name, rows] : batch.targets) rows = cut(rows);
  return batch;
}

}  // namespace hepatica::train
