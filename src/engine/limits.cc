#include "engine/limits.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>

#include "base/threads.h"
#include "engine/network_threads.h"

namespace hepatica {
namespace {

template <class Work>
double median_seconds(int repeats, Work work) {
  work();
  std::vector<double> seconds;
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + repeats / 2, seconds.end());
  return seconds[size_t(repeats / 2)];
}

}  // namespace

double convolution_rate(Precision precision, int repeats) {
  torch::InferenceMode guard;
  hold_networks_to_thread_count();
  const auto type = precision == Precision::f32 ? torch::kFloat : torch::kBFloat16;
  const torch::Tensor x = torch::rand({8, 256, 56, 56}).to(type).contiguous(torch::MemoryFormat::ChannelsLast);
  const torch::Tensor w = torch::rand({256, 256, 3, 3}).to(type).contiguous(torch::MemoryFormat::ChannelsLast);
  const double seconds = median_seconds(repeats, [&] { torch::conv2d(x, w, {}, 1, 1); });
  return 8.0 * 56 * 56 * 256 * 256 * 9 / seconds / 1e9;
}

double memory_rate(int repeats) {
  const size_t length = size_t(1) << 23, parts = size_t(thread_count());
  std::vector<std::vector<double>> a(parts), b(parts), c(parts);
  parallel_for(parts, [&](size_t p) {
    a[p].assign(length, 0);
    b[p].assign(length, 1);
    c[p].assign(length, 2);
  });
  const double seconds = median_seconds(repeats, [&] {
    parallel_for(parts, [&](size_t p) {
      for (size_t i = 0; i < length; ++i) a[p][i] = b[p][i] + 3.0 * c[p][i];
    });
  });
  return 3.0 * 8 * double(length * parts) / seconds / 1e9;
}

}  // namespace hepatica
