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
  /// made), "provenance". Of foreign files at most "classes".
  nlohmann::json metadata;
  std::string format;                               ///< "safetensors", "pytorch-zip", "pytorch-legacy"
  std::string kind;                                 ///< "state dictionary", "training checkpoint" or "model object"
  nlohmann::json found = nlohmann::json::object();  ///< what else a foreign file says: epoch, auc, version, ...
};

/// Reads safetensors (f32, f16, bf16, i64, ...), and what torch.save wrote (state dictionaries, training checkpoints,
/// whole models) without executing anything. Error{bad_format} where truncated or malformed, with the file's name.
Checkpoint read_checkpoint(const std::filesystem::path& path);
Checkpoint parse_checkpoint(std::string_view bytes, const std::string& source);

/// Writes safetensors; floating tensors as f16 where `half`, else as they are. Keys sorted, bytes reproducible.
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint, bool half);

/// The metadata name a network.
bool says_its_network(const Checkpoint& checkpoint);

/// {"family", "arguments"}: what the file says, else what its tensors tell, completed by `hint` of the same form (see
/// nn/guess.h). Null where nothing is known.
nlohmann::json named_network(const Checkpoint& checkpoint, const nlohmann::json& hint = nullptr);

/// The network of a checkpoint that names it (metadata "network") with its weights. Error{wrong_checkpoint} where the
/// file does not say its network, or where the tensors do not fit it.
Network network_from_checkpoint(const Checkpoint& checkpoint, const std::string& source);

}  // namespace hepatica::nn
