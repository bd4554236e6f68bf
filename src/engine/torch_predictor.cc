#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <mutex>

#include "base/error.h"
#include "base/files.h"
#include "base/threads.h"
#include "engine/predictor.h"
#include "nn/checkpoint.h"
#include "nn/fold.h"

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
      if (at::get_num_threads() != thread_count()) at::set_num_threads(thread_count());
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

 private:
  nn::Checkpoint checkpoint_;  ///< as in the file, before folding
  std::string sha256_, source_;
  torch::Device device_;
  torch::ScalarType type_;
  nn::Network network_;
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

}  // namespace

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
