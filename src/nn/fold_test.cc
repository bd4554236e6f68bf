#include "nn/fold.h"

#include <gtest/gtest.h>

namespace hepatica::nn {
namespace {

/// Statistics and affine values as after training.
void randomise_norms(Network& network) {
  const torch::NoGradGuard no_grad;
  for (const auto& [key, value] : network.state()) {
    if (key.find("running_var") != std::string::npos) value.uniform_(.5, 2);
    if (key.find("running_mean") != std::string::npos) value.normal_(0, .2);
  }
}

TEST(Fold, KeepsTheFunctionAndLeavesNoBatchNorm) {
  torch::manual_seed(5);
  DynUNetOptions options;
  options.dims = 2;
  options.filters = {8, 16, 24};
  options.norm = "batch";
  for (const Graph& graph : {resnet(50, 2, .25, 1), yolov8("n", 1), dynunet(options)}) {
    Network network(graph, 5);
    randomise_norms(network);
    Network folded = fold_batch_norms(network);
    for (const Node& node : folded.graph().nodes) EXPECT_NE(node.op, "batch_norm") << node.name;
    const torch::NoGradGuard no_grad;
    const auto input = torch::randn({2, graph.family == "yolov8" ? 3 : 1, 64, 64});
    const auto expected = network.forward(input, false);
    for (const auto& [name, value] : folded.forward(input, false)) {
      const double scale = expected.at(name).abs().max().item<double>();
      EXPECT_LT((value - expected.at(name)).abs().max().item<double>(), 1e-4 * scale) << graph.family << " " << name;
    }
  }
}

}  // namespace
}  // namespace hepatica::nn
