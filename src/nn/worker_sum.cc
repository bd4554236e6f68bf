#include "nn/worker_sum.h"

namespace hepatica::nn {

namespace {

struct Shared {
  WorkerSum sum;
  bool batch_norms = false;
};

Shared& shared() {
  static Shared one;
  return one;
}

}  // namespace

WorkerSumScope::WorkerSumScope(WorkerSum sum, bool batch_norms) { shared() = {std::move(sum), batch_norms}; }

WorkerSumScope::~WorkerSumScope() { shared() = {}; }

torch::Tensor worker_sum(const torch::Tensor& local) { return shared().sum ? shared().sum(local) : local; }

bool workers_share_batch_norms() { return shared().sum && shared().batch_norms; }

}  // namespace hepatica::nn
