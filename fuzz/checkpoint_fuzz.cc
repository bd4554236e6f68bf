// Files of weights: any bytes give tensors or an Error.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "nn/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hepatica;
  try {
    const nn::Checkpoint checkpoint = nn::parse_checkpoint({reinterpret_cast<const char*>(data), size}, "fuzz");
    const nlohmann::json network = nn::named_network(checkpoint);
    checkpoint.found.dump();
    if (!network.is_null())
      nn::match_keys(nn::build_graph(network["family"], network["arguments"]), nn::shapes_of(checkpoint.tensors))
          .text();
  } catch (const Error&) {
  }
  return 0;
}
