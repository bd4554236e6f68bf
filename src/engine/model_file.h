// What a file of weights holds, and the same weights as safetensors or ONNX.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace hepatica {

struct TensorEntry {
  std::string key;
  std::vector<int64_t> shape;
  std::string type;  ///< "f32", "f16", "i64", ...
};

/// A file of weights. What is not known is empty or null.
struct ModelFile {
  std::string format;  ///< "safetensors", "pytorch-zip", "pytorch-legacy"
  std::string kind;    ///< "state dictionary", "training checkpoint", "model object"
  std::string sha256;
  uint64_t bytes = 0;
  nlohmann::json network;      ///< {"family", "arguments"}
  std::string network_source;  ///< "file" where it says so, "tensors" where it was guessed
  int64_t parameters = 0;      ///< of the network; 0 where it is not known
  std::vector<TensorEntry> tensors;
  nlohmann::json metadata;  ///< of Hepatica's own files
  nlohmann::json found;     ///< of foreign ones: epoch, auc, acc, class names, version, ...
  std::vector<std::string> missing, unexpected, misshapen, aliases;  ///< against the network, see nn/key_match.h
  std::string problem;                                               ///< why the network's form is impossible

  /// A network is known, and the tensors are just its own.
  bool fits() const;
};

/// Reads a file and sets it beside the network that it names, or that its keys and shapes are those of. A file that
/// fits no network is a result, too. Errors of reading as nn/checkpoint.h.
ModelFile inspect_model(const std::filesystem::path& file);

/// Everything above, with "fits": whether a network is known and all its tensors are there.
nlohmann::json json_from_model_file(const ModelFile& model);

/// Writes safetensors with the network's own keys (no "module.", no aliases) and the file's metadata; floating tensors
/// as f16 where `half`. Tensors of no known network are written as they are. Error{wrong_checkpoint} lists the keys
/// where the network is known and they do not fit. Gives the written file's description.
ModelFile convert_model(const std::filesystem::path& file, const std::filesystem::path& out, bool half);

struct ExportedModel {
  nlohmann::json network;
  std::vector<int64_t> input;                           ///< with a batch of one
  std::map<std::string, std::vector<int64_t>> outputs;  ///< with a batch of one
  size_t nodes = 0;
  int opset = 13;
};

/// Writes ONNX, see nn/onnx.h. `sides` are the input's (one value: all alike); empty: those of the file's own input,
/// else 224 for classifiers, 512 for detectors (LiLNet's), 256 and 128 for 2D and 3D segmenters.
/// Error{wrong_checkpoint} where the network is not known or does not fit.
ExportedModel export_onnx(const std::filesystem::path& file,
                          const std::filesystem::path& out,
                          const std::vector<int64_t>& sides);

}  // namespace hepatica
