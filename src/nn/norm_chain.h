// Batch norms of a graph together with the nodes behind them that one operation can do with them.
#pragma once

#include <torch/torch.h>

#include "nn/network.h"

namespace hepatica::nn {

/// batch_norm, batch_norm -> activation, or batch_norm -> add -> relu, where nothing else uses what lies between.
struct NormChain {
  const Node* norm = nullptr;
  const Node* activation = nullptr;  ///< relu, leaky_relu or silu; null: none
  std::vector<std::string> inputs;   ///< of the norm, then of the residual where there is one
  std::set<std::string> absorbed;    ///< names of the nodes before the last
};

/// Chains of the `needed` nodes by the name of their last one. Nodes among `targets` are never absorbed.
std::map<std::string, NormChain> norm_chains(const Graph& graph,
                                             const std::set<std::string>& needed,
                                             const std::set<std::string>& targets);

/// Runs a chain in training; counts the batch. `inputs` as the chain names them.
torch::Tensor apply_norm_chain(const NormChain& chain,
                               const std::vector<torch::Tensor>& inputs,
                               const TensorMap& state);

}  // namespace hepatica::nn
