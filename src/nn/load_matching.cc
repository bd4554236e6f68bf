#include "nn/load_matching.h"

#include <fmt/format.h>

#include "base/error.h"

namespace hepatica::nn {

KeyMatch load_matching(Network& network, const TensorMap& values, const std::string& source) {
  TensorMap given;
  for (const auto& [key, value] : values) given[without_module_prefix(key)] = value;
  const torch::NoGradGuard no_grad;
  size_t copied = 0;
  for (const auto& [key, value] : network.state()) {
    const auto found = given.find(key);
    if (found == given.end() || found->second.sizes() != value.sizes()) continue;
    torch::Tensor mine = value;  // a handle on the network's own memory
    mine.copy_(found->second);
    ++copied;
  }
  const KeyMatch match = match_keys(network.graph(), shapes_of(values));
  if (copied == 0) {
    throw Error(
        ErrorCode::wrong_checkpoint,
        fmt::format("{}: no tensor has a key and a shape of the network '{}' {}:{} give weights of the same trunk.",
                    source,
                    network.graph().family,
                    network.graph().arguments.dump(),
                    match.text()));
  }
  return match;
}

}  // namespace hepatica::nn
