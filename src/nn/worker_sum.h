// What the workers of distributed training share within one step: batch statistics, and sums that a loss divides by.
#pragma once

#include <torch/torch.h>

#include <functional>

namespace hepatica::nn {

/// Differentiable elementwise sum of a tensor over all workers; every worker calls it in the same order.
using WorkerSum = std::function<torch::Tensor(const torch::Tensor&)>;

/// While it lives, batch norms in training and the losses that divide by sums over a batch (YOLOv8, Dice) take these
/// sums over all workers, so that shares of a batch give the values of the whole batch. One at a time.
class WorkerSumScope {
 public:
  /// Without `batch_norms` each worker normalises by its own share.
  WorkerSumScope(WorkerSum sum, bool batch_norms);
  ~WorkerSumScope();
  WorkerSumScope(const WorkerSumScope&) = delete;
  WorkerSumScope& operator=(const WorkerSumScope&) = delete;
};

/// The sum over the workers; `local` itself outside of a scope.
torch::Tensor worker_sum(const torch::Tensor& local);

/// Batch norms are to take their statistics over all workers.
bool workers_share_batch_norms();

}  // namespace hepatica::nn
