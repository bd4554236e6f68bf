#include "nn/checkpoint.h"

#include "base/error.h"
#include "base/files.h"
#include "nn/guess.h"
#include "nn/pytorch_archive.h"
#include "nn/pytorch_file.h"
#include "nn/safetensors.h"

namespace hepatica::nn {

namespace {

/// 8 bytes of length, then JSON.
bool is_safetensors(std::string_view bytes) { return bytes.size() > 8 && bytes[8] == '{'; }

}  // namespace

Checkpoint parse_checkpoint(std::string_view bytes, const std::string& source) {
  if (is_pytorch_zip(bytes) || is_pytorch_legacy(bytes)) return parse_pytorch(bytes, source);
  if (is_safetensors(bytes)) return parse_safetensors(bytes, source);
  throw Error(ErrorCode::bad_format,
              source + ": neither a safetensors file nor one that torch.save wrote; obtain the file again.");
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  return parse_checkpoint(read_file(path), path.string());
}

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint, bool half) {
  write_file(path, format_safetensors(checkpoint, half));
}

bool says_its_network(const Checkpoint& checkpoint) {
  const auto& metadata = checkpoint.metadata;
  return metadata.is_object() && metadata.contains("network") && metadata["network"].is_object() &&
         metadata["network"].contains("family") && metadata["network"]["family"].is_string();
}

nlohmann::json named_network(const Checkpoint& checkpoint, const nlohmann::json& hint) {
  if (!says_its_network(checkpoint)) return guess_network(shapes_of(checkpoint.tensors), hint);
  nlohmann::json network = checkpoint.metadata["network"];
  if (!network.contains("arguments")) network["arguments"] = nlohmann::json::object();
  return network;
}

Network network_from_checkpoint(const Checkpoint& checkpoint, const std::string& source) {
  if (!says_its_network(checkpoint)) {
    throw Error(ErrorCode::wrong_checkpoint,
                source +
                    ": does not say which network it is of, and its tensors are those of none that is known here; "
                    "`hepatica model inspect` shows them.");
  }
  const auto& network = checkpoint.metadata["network"];
  Network result(build_graph(network["family"], network.value("arguments", nlohmann::json::object())));
  result.load(checkpoint.tensors, source);
  return result;
}

}  // namespace hepatica::nn
