// The processes of one distributed training, over LibTorch's c10d with Gloo.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace hepatica::train {

/// Where this process stands among the workers.
struct WorkerPlace {
  int rank = 0, size = 1;
  int local_rank = 0;            ///< among those of this machine; chooses the GPU
  std::string address;           ///< host of rank 0
  int port = 29500;              ///< of the store at that host
  bool store_is_served = false;  ///< torchrun serves the store itself; else rank 0 does

  bool operator==(const WorkerPlace&) const = default;
};

/// Reads an environment variable; nullptr where it is not set.
using Environment = std::function<const char*(const char*)>;

/// What the launcher set: torchrun's RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT; of Open MPI
/// OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK; of MPICH and Intel MPI PMI_RANK, PMI_SIZE, MPI_LOCALRANKID; of Slurm
/// SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID where MASTER_ADDR is set. MASTER_ADDR and MASTER_PORT go with each of
/// them; without MASTER_ADDR all workers are on this machine. nullopt where there is one process alone. Error{usage}
/// where variables contradict one another or are no numbers.
std::optional<WorkerPlace> worker_place(const Environment& variable);

/// One of several workers, or one alone, for which every call does nothing. Calls must come in the same order from all.
/// A worker that is gone, or silent for longer than the limit, is Error{worker_lost} on the others, which find out by
/// signs of life at the store which one it is; `--resume` goes on from the last whole epoch.
class Workers {
 public:
  /// One process alone.
  Workers();
  /// Waits for all workers, at most `limit_s` seconds, which is the limit of every later call, too.
  Workers(const WorkerPlace& place, double limit_s);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int rank() const { return place_.rank; }
  int size() const { return place_.size; }
  const WorkerPlace& place() const { return place_; }
  bool alone() const { return place_.size == 1; }
  /// Writes files and logs.
  bool leads() const { return place_.rank == 0; }

  /// `values` becomes the sum over all workers, on every worker the same bytes.
  void sum(torch::Tensor& values) const;
  /// The same for several tensors in one message.
  void sum(const std::vector<torch::Tensor>& values) const;
  /// The sum with its gradient. A worker that is `idle` adds 0.
  torch::Tensor differentiable_sum(const torch::Tensor& values, bool idle) const;
  /// What the leader has, on every worker.
  void share(const std::vector<torch::Tensor>& values) const;
  std::string share(const std::string& bytes) const;
  /// Waits for all.
  void meet() const;

 private:
  struct Group;
  template <class Call>
  void guarded(Call call) const;
  std::string lost_workers() const;

  WorkerPlace place_;
  double limit_s_ = 0;
  std::unique_ptr<Group> group_;
};

}  // namespace hepatica::train
