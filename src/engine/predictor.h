// Inference behind one interface, free of the library that does it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace hepatica {

/// Dense row-major array, last axis fastest, such as [N, C, H, W].
struct Array {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

enum class Precision { automatic, f32, bf16 };

struct PredictorOptions {
  Precision precision = Precision::automatic;  ///< automatic: bf16 where the processor has it in hardware, else f32
  std::string device = "cpu";                  ///< "cpu" or "cuda"
};

/// A network ready to run. Thread-safe: one call at a time runs, others wait.
class Predictor {
 public:
  virtual ~Predictor() = default;
  /// Outputs by name, for the names wanted. Error{out_of_memory} where memory does not suffice.
  virtual std::map<std::string, Array> run(const Array& input, const std::vector<std::string>& wanted) = 0;
  /// Metadata of the checkpoint: "network", "task", "classes", "input", "provenance".
  virtual const nlohmann::json& metadata() const = 0;
  /// A parameter of the network by key, before any folding (for class activation maps).
  virtual Array parameter(const std::string& key) const = 0;
  virtual const std::string& checkpoint_sha256() const = 0;
};

/// Reads a checkpoint and prepares it: batch norms folded, channels-last, bf16 where asked. The network is the file's
/// own, else that of its tensors, completed by `network` ({"family", "arguments"}); Error{wrong_checkpoint} otherwise.
std::unique_ptr<Predictor> make_predictor(const std::filesystem::path& checkpoint,
                                          const PredictorOptions& options,
                                          const nlohmann::json& network = nullptr);

}  // namespace hepatica
