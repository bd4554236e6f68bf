// Weights on disk.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "nn/network.h"

namespace hepatica::nn {

/// Tensors with what is known about them.
struct Checkpoint {
  TensorMap tensors;
  /// Hepatica's own files: "network": {"family", "arguments"}, "task", "classes", "input" (how the network's input is
  /// made), "provenance". Empty for foreign files.
  nlohmann::json metadata;
  std::string format;  ///< "safetensors", "pytorch-zip", ...
};

/// Reads safetensors (f32, f16, bf16, i64, ...), and what torch.save wrote (state dictionaries, training checkpoints,
/// whole models) without executing anything. Error{bad_format} where truncated or malformed, with the file's name.
Checkpoint read_checkpoint(const std::filesystem::path& path);

/// Writes safetensors; floating tensors as f16 where `half`, else as they are. Keys sorted, bytes reproducible.
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint, bool half);

/// The network of a Hepatica checkpoint with its weights. Error{wrong_checkpoint} where the file does not say its
/// network.
Network network_from_checkpoint(const Checkpoint& checkpoint, const std::string& source);

}  // namespace hepatica::nn
