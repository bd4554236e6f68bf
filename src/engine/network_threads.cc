#include "engine/network_threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <atomic>

#include "base/threads.h"

namespace hepatica {
namespace {

using SetThreads = void (*)(int);

/// Null where LibTorch's BLAS is another one.
SetThreads openblas_setter() {
  static const auto setter = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  return setter;
}

}  // namespace

void hold_networks_to_thread_count() {
  static std::atomic<int> held{0};
  const int count = thread_count();
  if (at::get_num_threads() != count) at::set_num_threads(count);
  if (held.exchange(count) != count && openblas_setter()) openblas_setter()(count);
}

}  // namespace hepatica
