#include "nn/checkpoint.h"

#include "base/error.h"
#include "base/files.h"
#include "nn/pytorch_file.h"
#include "nn/safetensors.h"

namespace hepatica::nn {

namespace {

bool starts_with(std::string_view bytes, std::string_view start) { return bytes.substr(0, start.size()) == start; }

}  // namespace

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  if (starts_with(bytes, "PK\x03\x04")) return parse_pytorch(bytes, path.string());
  if (starts_with(bytes, "\x80\x02")) {
    throw Error(
        ErrorCode::unsupported,
        path.string() + ": written by PyTorch before 1.6; load it in PyTorch and save it again with torch.save.");
  }
  return parse_safetensors(bytes, path.string());
}

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint, bool half) {
  write_file(path, format_safetensors(checkpoint, half));
}

Network network_from_checkpoint(const Checkpoint& checkpoint, const std::string& source) {
  const auto& metadata = checkpoint.metadata;
  const bool named = metadata.is_object() && metadata.contains("network") && metadata["network"].is_object() &&
                     metadata["network"].contains("family") && metadata["network"]["family"].is_string();
  if (!named) {
    throw Error(ErrorCode::wrong_checkpoint,
                source + ": does not say which network it is of; name the network with it.");
  }
  const auto& network = metadata["network"];
  Network result(build_graph(network["family"], network.value("arguments", nlohmann::json::object())));
  result.load(checkpoint.tensors, source);
  return result;
}

}  // namespace hepatica::nn
