#include <torch/torch.h>

#include <mutex>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "engine/network_threads.h"
#include "engine/predictor.h"
#include "nn/checkpoint.h"
#include "nn/fold.h"
#include "nn/layer_groups.h"

namespace hepatica {

namespace {

bool has_bf16_hardware() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

torch::ScalarType compute_type(const PredictorOptions& options) {
  const bool fast = options.device != "cpu" || has_bf16_hardware();
  const bool bf16 = options.precision == Precision::bf16 || (options.precision == Precision::automatic && fast);
  return bf16 ? torch::kBFloat16 : torch::kFloat;
}

/// Runs `work`, with LibTorch's errors and lack of memory as errors of this program.
template <class Work>
auto translated(const std::string& what, Work work) {
  try {
    return work();
  } catch (const c10::Error& e) {
    const std::string text = e.what_without_backtrace();
    const bool memory = text.find("memory") != std::string::npos;
    throw Error(memory ? ErrorCode::out_of_memory : ErrorCode::bad_values,
                what + ": " + (memory ? "not enough memory; close other programs or use fewer threads. " : "") + text);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, what + ": not enough memory; close other programs or use a smaller input.");
  }
}

Array to_array(const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.to(torch::kCPU, torch::kFloat).contiguous();
  const float* values = plain.data_ptr<float>();
  return {plain.sizes().vec(), {values, values + plain.numel()}};
}

torch::Tensor to_tensor(const Array& array) {
  int64_t count = 1;
  for (int64_t size : array.shape) count *= size;
  if (count < 0 || size_t(count) != array.values.size()) {
    throw Error(ErrorCode::bad_values, "A network's input has another number of values than its shape says.");
  }
  return torch::from_blob(const_cast<float*>(array.values.data()), array.shape, torch::kFloat);
}

torch::Tensor channels_last(const torch::Tensor& tensor) {
  if (tensor.dim() == 4) return tensor.contiguous(torch::MemoryFormat::ChannelsLast);
  if (tensor.dim() == 5) return tensor.contiguous(torch::MemoryFormat::ChannelsLast3d);
  return tensor;
}

class TorchPredictor : public Predictor {
 public:
  TorchPredictor(nn::Checkpoint checkpoint,
                 std::string sha256,
                 const PredictorOptions& options,
                 const std::string& source)
      : checkpoint_(std::move(checkpoint)),
        sha256_(std::move(sha256)),
        source_(source),
        options_(options),
        device_(options.device),
        type_(compute_type(options)),
        network_(nn::fold_batch_norms(nn::network_from_checkpoint(checkpoint_, source))) {
    network_.set_convolution_type(type_);
    network_.use_channels_last();
    network_.to(device_);
  }

  std::map<std::string, Array> run(const Array& input, const std::vector<std::string>& wanted) override {
    return translated(source_, [&] {
      const std::lock_guard lock(mutex_);
      const c10::InferenceMode inference;
      hold_networks_to_thread_count();
      const torch::Tensor x = channels_last(to_tensor(input).to(device_, type_));
      const auto outputs = network_.forward(x, false, {wanted.begin(), wanted.end()});
      std::map<std::string, Array> arrays;
      for (const auto& [name, value] : outputs) arrays.emplace(name, to_array(value));
      return arrays;
    });
  }

  const nlohmann::json& metadata() const override { return checkpoint_.metadata; }

  Array parameter(const std::string& key) const override {
    for (const std::string& name : {key, "module." + key}) {
      const auto found = checkpoint_.tensors.find(name);
      if (found != checkpoint_.tensors.end()) return to_array(found->second);
    }
    throw Error(ErrorCode::wrong_checkpoint, source_ + ": there is no parameter '" + key + "'.");
  }

  const std::string& checkpoint_sha256() const override { return sha256_; }

  Differential differentiate(const Array& input,
                             const std::map<std::string, Array>& weights,
                             const std::string& at) override {
    return translated(source_, [&] {
      const std::lock_guard lock(mutex_);
      const torch::AutoGradMode with_gradients(true);
      hold_networks_to_thread_count();
      torch::Tensor x = channels_last(to_tensor(input).to(device_, torch::kFloat)).detach();
      x.set_requires_grad(true);
      std::set<std::string> wanted;
      for (const auto& [name, weight] : weights) wanted.insert(name);
      if (at != "input") wanted.insert(at);
      const auto outputs = exact_network().forward(x, false, wanted);
      torch::Tensor values = torch::zeros({x.size(0)}, x.options().requires_grad(false));
      for (const auto& [name, weight] : weights)
        values = values + (outputs.at(name) * to_tensor(weight).to(device_)).reshape({x.size(0), -1}).sum(1);
      const torch::Tensor target = at == "input" ? x : outputs.at(at);
      const torch::Tensor gradient = torch::autograd::grad({values.sum()}, {target}).front();
      return Differential{doubles(values), to_array(target.detach()), to_array(gradient)};
    });
  }

  std::vector<std::string> layer_groups() const override {
    std::vector<std::string> names;
    for (const nn::LayerGroup& group : nn::layer_groups(unfolded().graph())) names.push_back(group.name);
    return names;
  }

  std::unique_ptr<Predictor> with_random_layers(size_t groups, uint64_t seed) const override {
    nn::Checkpoint changed = checkpoint_;
    changed.tensors = nn::with_random_layers(unfolded(), groups, seed).state();
    return std::make_unique<TorchPredictor>(std::move(changed), sha256_, options_, source_ + ", with untrained layers");
  }

 private:
  static std::vector<double> doubles(const torch::Tensor& tensor) {
    const Array array = to_array(tensor.detach());
    return {array.values.begin(), array.values.end()};
  }

  nn::Network unfolded() const { return nn::network_from_checkpoint(checkpoint_, source_); }

  /// The network in f32: the one that runs, or one made when first needed.
  nn::Network& exact_network() {
    if (type_ == torch::kFloat) return network_;
    if (!exact_) {
      exact_.emplace(nn::fold_batch_norms(unfolded()));
      exact_->use_channels_last();
      exact_->to(device_);
    }
    return *exact_;
  }

  nn::Checkpoint checkpoint_;  ///< as in the file, before folding
  std::string sha256_, source_;
  PredictorOptions options_;
  torch::Device device_;
  torch::ScalarType type_;
  nn::Network network_;
  std::optional<nn::Network> exact_;
  std::mutex mutex_;
};

void check_device(const std::string& device) {
  if (device != "cpu" && device != "cuda") {
    throw Error(ErrorCode::usage, "No device '" + device + "'; the devices are cpu and cuda.");
  }
  if (device == "cuda" && !torch::cuda::is_available()) {
    throw Error(ErrorCode::unsupported,
                "This machine, or this build of LibTorch, has no CUDA device; use the device cpu.");
  }
}

[[noreturn]] void refuse_gradients() {
  throw Error(ErrorCode::unsupported,
              "this form of the network has no gradients; use the map method cam, or a checkpoint that LibTorch runs");
}

}  // namespace

Differential Predictor::differentiate(const Array&, const std::map<std::string, Array>&, const std::string&) {
  refuse_gradients();
}

std::vector<std::string> Predictor::layer_groups() const { refuse_gradients(); }

std::unique_ptr<Predictor> Predictor::with_random_layers(size_t, uint64_t) const { refuse_gradients(); }

std::unique_ptr<Predictor> make_predictor(const std::filesystem::path& checkpoint,
                                          const PredictorOptions& options,
                                          const nlohmann::json& network) {
  check_device(options.device);
  const std::string source = checkpoint.string();
  return translated(source, [&]() -> std::unique_ptr<Predictor> {
    nn::Checkpoint read = nn::read_checkpoint(checkpoint);
    const nlohmann::json named = nn::named_network(read, network);
    if (!named.is_null()) read.metadata["network"] = named;
    return std::make_unique<TorchPredictor>(std::move(read), sha256_of_file(checkpoint), options, source);
  });
}

}  // namespace hepatica
