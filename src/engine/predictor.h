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

/// One number a sample made of a network's outputs, and what it depends on.
struct Differential {
  std::vector<double> values;  ///< one a sample
  Array at;                    ///< what the gradient was asked for, [N, ...]
  Array gradient;              ///< the derivative of each sample's number with respect to it, of its shape
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

  /// The number of sample n is the sum of outputs times `weights` over the rows of sample n; `weights` are by output
  /// and of its shape. Its gradient with respect to `at`, an output ("features4") or "input". In f32 whatever the
  /// precision of `run`. Error{unsupported} where the form has no gradients.
  virtual Differential differentiate(const Array& input,
                                     const std::map<std::string, Array>& weights,
                                     const std::string& at);
  /// Groups of layers with parameters, from the outputs to the input. Error{unsupported} likewise.
  virtual std::vector<std::string> layer_groups() const;
  /// The same network with the first `groups` of them untrained, for checks of explanations (Adebayo et al., NeurIPS
  /// 2018). Error{unsupported} likewise.
  virtual std::unique_ptr<Predictor> with_random_layers(size_t groups, uint64_t seed) const;
};

/// Reads a checkpoint and prepares it: batch norms folded, channels-last, bf16 where asked. The network is the file's
/// own, else that of its tensors, completed by `network` ({"family", "arguments"}); Error{wrong_checkpoint} otherwise.
std::unique_ptr<Predictor> make_predictor(const std::filesystem::path& checkpoint,
                                          const PredictorOptions& options,
                                          const nlohmann::json& network = nullptr);

}  // namespace hepatica
