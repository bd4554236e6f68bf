#include "train/precision.h"

#include "base/error.h"
#include "nn/autocast.h"

namespace hepatica::train {
namespace {

/// bf16 autocast on one kind of device while it lives.
class Autocast {
 public:
  Autocast(c10::DeviceType device, bool enabled) : device_(device), before_(nn::autocast_enabled(device)) {
    nn::set_autocast_type(device, at::kBFloat16);
    nn::enable_autocast(device, enabled);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    nn::enable_autocast(device_, before_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  c10::DeviceType device_;
  bool before_;
};

}  // namespace

bool use_bf16(const std::string& precision, const torch::Device& device) {
  if (precision != "auto") return precision == "bf16";
  if (device.is_cuda()) return true;
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

torch::Device training_device(const std::string& name, int local_rank) {
  const bool available = torch::cuda::is_available();
  if (name == "cpu" || (name == "auto" && !available)) return torch::Device(torch::kCPU);
  if (!available)
    throw Error(ErrorCode::unsupported,
                "--device cuda: LibTorch finds no GPU here; give --device cpu, or leave it out");
  return torch::Device(torch::kCUDA, torch::DeviceIndex(size_t(local_rank) % torch::cuda::device_count()));
}

nn::TensorMap forward(
    nn::Network& network, const torch::Tensor& input, bool training, const std::set<std::string>& wanted, bool half) {
  const Autocast autocast(input.device().type(), half);
  const auto format = input.dim() == 5 ? torch::MemoryFormat::ChannelsLast3d : torch::MemoryFormat::ChannelsLast;
  nn::TensorMap outputs = network.forward(input.contiguous(format), training, wanted);
  for (auto& [name, value] : outputs) value = value.to(torch::kFloat);
  return outputs;
}

}  // namespace hepatica::train
