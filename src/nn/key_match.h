// How the tensors of a file fit a network.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nn/graph.h"

namespace hepatica::nn {

/// Shapes by key.
using TensorShapes = std::map<std::string, std::vector<int64_t>>;

/// A key without DataParallel's "module.", however often it stands there; DenseNet's layers as torchvision names them
/// since 0.2 ("denselayer1.norm1", which was "denselayer1.norm.1").
std::string without_module_prefix(std::string key);

struct KeyMatch {
  std::vector<std::string> missing;     ///< keys of the network that the file lacks
  std::vector<std::string> unexpected;  ///< keys of the file that the network does not have
  std::vector<std::string> misshapen;   ///< such as "fc.bias [3] for [2]"
  std::vector<std::string> aliases;     ///< keys under MONAI's "skip_layers.", which name tensors a second time

  bool fits() const { return missing.empty() && unexpected.empty() && misshapen.empty(); }
  /// " 3 missing (a, b, c); 1 unexpected (d);" with at most ten names each; empty where all fits.
  std::string text() const;
};

/// `shapes` with keys as in the file. A missing num_batches_tracked is passed over: it is of no use for inference.
KeyMatch match_keys(const Graph& graph, const TensorShapes& shapes);

}  // namespace hepatica::nn
