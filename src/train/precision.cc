#include "train/precision.h"

#include <ATen/autocast_mode.h>

namespace hepatica::train {
namespace {

/// bf16 autocast on the processor while it lives.
class Autocast {
 public:
  explicit Autocast(bool enabled) : before_(at::autocast::is_cpu_enabled()) {
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_cpu_enabled(enabled);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_cpu_enabled(before_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool before_;
};

}  // namespace

bool use_bf16(const std::string& precision) {
  if (precision != "auto") return precision == "bf16";
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

nn::TensorMap forward(
    nn::Network& network, const torch::Tensor& input, bool training, const std::set<std::string>& wanted, bool half) {
  const Autocast autocast(half);
  nn::TensorMap outputs = network.forward(input.contiguous(torch::MemoryFormat::ChannelsLast), training, wanted);
  for (auto& [name, value] : outputs) value = value.to(torch::kFloat);
  return outputs;
}

}  // namespace hepatica::train
