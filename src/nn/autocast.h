// LibTorch's automatic half precision by kind of device, whose functions LibTorch 2.4 renamed.
#pragma once

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace hepatica::nn {

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)

inline bool autocast_enabled(c10::DeviceType device) { return at::autocast::is_autocast_enabled(device); }
inline void enable_autocast(c10::DeviceType device, bool enabled) {
  at::autocast::set_autocast_enabled(device, enabled);
}
inline c10::ScalarType autocast_type(c10::DeviceType device) { return at::autocast::get_autocast_dtype(device); }
inline void set_autocast_type(c10::DeviceType device, c10::ScalarType type) {
  at::autocast::set_autocast_dtype(device, type);
}

#else

inline bool autocast_enabled(c10::DeviceType device) {
  return device == c10::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
}
inline void enable_autocast(c10::DeviceType device, bool enabled) {
  device == c10::kCPU ? at::autocast::set_cpu_enabled(enabled) : at::autocast::set_enabled(enabled);
}
inline c10::ScalarType autocast_type(c10::DeviceType device) {
  return device == c10::kCPU ? at::autocast::get_autocast_cpu_dtype() : at::autocast::get_autocast_gpu_dtype();
}
inline void set_autocast_type(c10::DeviceType device, c10::ScalarType type) {
  device == c10::kCPU ? at::autocast::set_autocast_cpu_dtype(type) : at::autocast::set_autocast_gpu_dtype(type);
}

#endif

}  // namespace hepatica::nn
